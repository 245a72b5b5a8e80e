import type { PublishCommand } from '@aws-sdk/client-sns';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { alertMessage, alertPublisher, emergencyRinger } from '../../../lambdas/adapters/alert-topic.ts';
import type { TamperingFinding } from '../../../lambdas/domain/tampering.ts';
import { aKey, REQUEST_ID } from '../domain/examples.ts';
import { EVE, KMS_KEY_ARN } from './records.ts';

const finding: TamperingFinding = {
  id: `fnd_${'a'.repeat(64)}`,
  severity: 'critical',
  event: 'ScheduleKeyDeletion',
  attempt: false,
  summary: `${EVE} scheduled the deletion of a KMS key of payments/orders.`,
  key: {
    keyId: 'key_01KAWXCYJ7P8M2Q4R6S8T0V2W4',
    name: 'orders',
    owner: 'payments',
    alias: 'alias/keyward/payments/orders',
  },
  kmsKeyArn: KMS_KEY_ARN,
  principal: EVE,
  sourceIp: '192.0.2.10',
  at: '2026-11-25T10:00:00.000Z',
  eventId: 'c9b5b6c2-7a44-4f51-8d1e-0a4b3f2e1d00',
  channel: 'bus',
  next: 'Cancel the deletion of the KMS key.',
  runbook: 'docs/runbook/tampering.md#deletion-scheduled',
};

const message = z.strictObject({ default: z.string(), email: z.string(), sms: z.string() });

function textsOf(alert: TamperingFinding): z.infer<typeof message> {
  return message.parse(JSON.parse(alertMessage(alert).Message ?? ''));
}

test('it goes to the topic', async () => {
  const sent: PublishCommand[] = [];
  const client = { send: async (command: PublishCommand) => void sent.push(command) };
  await alertPublisher({ client, topicArn: 'arn:aws:sns:eu-west-1:111122223333:alerts' })(finding);
  expect(sent.map(({ input }) => input)).toEqual([
    { TopicArn: 'arn:aws:sns:eu-west-1:111122223333:alerts', ...alertMessage(finding) },
  ]);
});

test('a refusal of the topic is named', async () => {
  const denied = Object.assign(new Error('no'), { name: 'KMSAccessDenied' });
  const client = { send: () => Promise.reject(denied) };
  await expect(alertPublisher({ client, topicArn: 'arn' })(finding)).rejects.toMatchObject({
    code: 'BackendRefused',
    details: { awsCode: 'KMSAccessDenied' },
  });
});

test('machines get the whole finding as JSON', () => {
  expect(alertMessage(finding).MessageStructure).toBe('json');
  expect(JSON.parse(textsOf(finding).default)).toEqual(finding);
});

test('people get it as text', () => {
  expect(textsOf(finding).email).toBe(`CRITICAL: ${finding.summary}

Next: Cancel the deletion of the KMS key.
Runbook: docs/runbook/tampering.md#deletion-scheduled

Event       ScheduleKeyDeletion
Key         payments/orders
Key id      key_01KAWXCYJ7P8M2Q4R6S8T0V2W4
Alias       alias/keyward/payments/orders
KMS key     ${KMS_KEY_ARN}
Caller      ${EVE}
Source IP   192.0.2.10
Time        2026-11-25T10:00:00.000Z
Event id    c9b5b6c2-7a44-4f51-8d1e-0a4b3f2e1d00
Seen in     CloudTrail over EventBridge
Finding     ${finding.id}
`);
});

test('an undone destruction is told with what it means', () => {
  expect(textsOf({ ...finding, destruction: 'interrupted' }).email).toContain(
    'Destruction interrupted; it needs a new approval to go on\n',
  );
  expect(textsOf({ ...finding, destruction: 'not-recorded', channel: 'trail' }).email).toMatch(
    /Seen in {5}a log file of the trail\nDestruction undone in KMS, but/,
  );
});

test('subscriptions can filter', () => {
  expect(alertMessage(finding).MessageAttributes).toEqual({
    severity: { DataType: 'String', StringValue: 'critical' },
    event: { DataType: 'String', StringValue: 'ScheduleKeyDeletion' },
    owner: { DataType: 'String', StringValue: 'payments' },
  });
  const ownerless = { ...finding, key: { alias: 'alias/keyward/x' } };
  expect(Object.keys(alertMessage(ownerless).MessageAttributes ?? {})).toEqual(['severity', 'event']);
});

describe('the subject', () => {
  test('says what and where', () => {
    expect(alertMessage(finding).Subject).toBe('CRITICAL: ScheduleKeyDeletion on payments/orders (Keyward)');
  });

  test('tells an attempt apart', () => {
    const attempt: TamperingFinding = {
      ...finding,
      severity: 'medium',
      attempt: true,
      errorCode: 'AccessDenied',
    };
    expect(alertMessage(attempt).Subject).toBe(
      'MEDIUM: ScheduleKeyDeletion attempted on payments/orders (Keyward)',
    );
    expect(textsOf(attempt).email).toContain('Answer      AccessDenied\n');
  });

  test('is no longer than SNS takes', () => {
    const long = { ...finding, key: { owner: 'o'.repeat(62), name: 'n'.repeat(62) } };
    expect(alertMessage(long).Subject).toHaveLength(100);
    const hostile = { ...finding, key: { alias: `alias/keyward/${'x'.repeat(280)}` } };
    expect(alertMessage(hostile).Subject).toMatch(/^[\x20-\x7e]{1,100}$/);
  });
});

describe('the alert of an emergency that is not ratified', () => {
  const emergency = {
    requestId: REQUEST_ID,
    by: { kind: 'person', id: 'person:cora', name: 'Cora' },
    stoppedAt: '2026-11-25T03:02:22.000Z',
    ringsAt: '2026-11-26T03:02:22.000Z',
  } as const;

  async function rung(status: 'unratified' | 'rejected') {
    const sent: PublishCommand[] = [];
    const client = { send: async (command: PublishCommand) => void sent.push(command) };
    await emergencyRinger({ client, topicArn: 'arn' })({ ...aKey, emergency: { ...emergency, status } });
    const [command] = sent;
    if (command === undefined) throw new Error('Nothing was sent.');
    return { input: command.input, texts: message.parse(JSON.parse(command.input.Message ?? '')) };
  }

  test('says who stopped which key and when, what to do, and where that is written', async () => {
    const { input, texts } = await rung('unratified');
    expect(input).toMatchObject({
      TopicArn: 'arn',
      Subject: 'HIGH: emergency of payments/orders is not ratified (Keyward)',
      MessageAttributes: {
        severity: { StringValue: 'high' },
        event: { StringValue: 'EmergencyUnratified' },
        owner: { StringValue: 'payments' },
      },
    });
    expect(JSON.parse(texts.default)).toMatchObject({ keyId: aKey.keyId, requestId: REQUEST_ID });
    for (const text of Object.values(texts)) expect(text).toContain('Cora stopped payments/orders');
    expect(texts.email).toContain('docs/runbook/emergency.md#ratify');
    expect(texts.email).toMatch(/Next: .*ratification/);
  });

  test('names the reinstatement when the quorum has said no', async () => {
    const { texts } = await rung('rejected');
    expect(texts.email).toContain('has not ratified');
    expect(texts.email).toMatch(/Next: .*reinstatement/);
  });
});
