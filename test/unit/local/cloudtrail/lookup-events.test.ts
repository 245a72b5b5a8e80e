import {
  CreateAliasCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  ListKeysCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { ACCOUNT, identityPolicy, localKms, type TestKms } from '../kms/local-kms.ts';

const TARGET = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents';

const answerSchema = z.object({
  Events: z.array(
    z.object({
      EventId: z.string(),
      EventName: z.string(),
      EventTime: z.number(),
      CloudTrailEvent: z.string(),
    }),
  ),
  NextToken: z.string().optional(),
});

async function call(
  kms: TestKms,
  input: object,
  { accessKeyId = 'test', target = TARGET, region = 'us-east-1' } = {},
) {
  const response = await fetch(kms.url, {
    method: 'POST',
    headers: {
      'x-amz-target': target,
      'content-type': 'application/x-amz-json-1.1',
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261128/${region}/cloudtrail/aws4_request`,
    },
    body: JSON.stringify(input),
  });
  const body: unknown = await response.json();
  return { status: response.status, body };
}

async function lookup(kms: TestKms, input: object = {}) {
  const { status, body } = await call(kms, input);
  expect(status).toBe(200);
  return answerSchema.parse(body);
}

const by = (AttributeKey: string, AttributeValue: string) => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
});

const names = ({ Events }: z.infer<typeof answerSchema>) => Events.map(({ EventName }) => EventName);

test('an event is told with its record, the newest first', async () => {
  const kms = await localKms();
  const { arn } = await kms.createKey();
  await kms.root.send(new DisableKeyCommand({ KeyId: arn }));
  const { status, body } = await call(kms, {});
  const [disabled, created] = [kms.recorded.at(-1), kms.recorded.at(-2)];
  expect(status).toBe(200);
  expect(body).toEqual({
    Events: [
      {
        EventId: disabled?.eventID,
        EventName: 'DisableKey',
        ReadOnly: 'false',
        AccessKeyId: 'test',
        EventTime: Date.parse(disabled?.eventTime ?? '') / 1000,
        EventSource: 'kms.amazonaws.com',
        Username: 'root',
        Resources: [{ ResourceType: 'AWS::KMS::Key', ResourceName: arn }],
        CloudTrailEvent: JSON.stringify(disabled),
      },
      expect.objectContaining({ EventId: created?.eventID, EventName: 'CreateKey' }),
    ],
  });
});

test('the service is known by its short name too, as the SDK for JavaScript has it', async () => {
  const kms = await localKms();
  const { status, body } = await call(kms, {}, { target: 'CloudTrail_20131101.LookupEvents' });
  expect([status, body]).toEqual([200, { Events: [] }]);
});

describe('by an attribute', () => {
  test.each([
    ['EventName', 'DisableKey', ['DisableKey']],
    ['ReadOnly', 'true', ['ListKeys']],
    [
      'EventSource',
      'kms.amazonaws.com',
      ['RotateKey', 'RotateKeyOnDemand', 'ListKeys', 'EnableKey', 'DisableKey', 'CreateAlias', 'CreateKey'],
    ],
    ['EventSource', 's3.amazonaws.com', []],
    ['Username', 'alice', ['DisableKey']],
    ['Username', 'run-1', ['EnableKey']],
    ['Username', 'root', ['RotateKeyOnDemand', 'ListKeys', 'CreateAlias', 'CreateKey']],
    [
      'ResourceType',
      'AWS::KMS::Key',
      ['RotateKey', 'RotateKeyOnDemand', 'EnableKey', 'DisableKey', 'CreateAlias', 'CreateKey'],
    ],
    ['ResourceName', `arn:aws:kms:us-east-1:${ACCOUNT}:alias/pay`, ['CreateAlias']],
  ])('%s %s', async (key, value, expected) => {
    const kms = await localKms();
    const { id: KeyId } = await kms.createKey();
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: KeyId }));
    const alice = await kms.as(`arn:aws:iam::${ACCOUNT}:user/staff/alice`);
    await alice.send(new DisableKeyCommand({ KeyId }));
    const role = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/Rotator/run-1`);
    await role.send(new EnableKeyCommand({ KeyId }));
    await kms.root.send(new ListKeysCommand({}));
    await kms.root.send(new RotateKeyOnDemandCommand({ KeyId }));
    expect(names(await lookup(kms, by(key, value)))).toEqual(expected);
  });

  test('EventId and AccessKeyId', async () => {
    const kms = await localKms();
    await kms.createKey();
    await kms.root.send(new ListKeysCommand({}));
    const user = await kms.as(`arn:aws:iam::${ACCOUNT}:user/alice`);
    await user.send(new ListKeysCommand({}));
    const [created, , listed] = kms.recorded;
    expect(names(await lookup(kms, by('EventId', created?.eventID ?? '')))).toEqual(['CreateKey']);
    const found = await lookup(kms, by('AccessKeyId', listed?.userIdentity.accessKeyId ?? ''));
    expect(found.Events.map(({ EventId }) => EventId)).toEqual([listed?.eventID]);
  });
});

describe('by time', () => {
  test('between two times, and both belong to it', async () => {
    let now = Date.parse('2026-11-01T00:00:00Z');
    const kms = await localKms({ clock: new VirtualClock({ realNow: () => now }) });
    const times: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      times.push(now / 1000);
      await kms.root.send(new ListKeysCommand({}));
      now += 60_000;
    }
    const found = await lookup(kms, { StartTime: times[1], EndTime: times[2] });
    expect(found.Events.map(({ EventTime }) => EventTime)).toEqual([times[2], times[1]]);
  });

  test('of the last 90 days, no longer', async () => {
    const kms = await localKms({
      clock: new VirtualClock({ realNow: () => Date.parse('2026-11-01T00:00:00Z') }),
    });
    await kms.createKey();
    kms.clock.advance('P1D');
    await kms.root.send(new ListKeysCommand({}));
    kms.clock.advance('P89D');
    expect(names(await lookup(kms))).toEqual(['ListKeys', 'CreateKey']);
    kms.clock.advance(1);
    expect(names(await lookup(kms, { StartTime: 0 }))).toEqual(['ListKeys']);
  });
});

describe('by the page', () => {
  test('every event once, also when more come in between', async () => {
    const kms = await localKms();
    for (let count = 0; count < 120; count += 1) await kms.root.send(new ListKeysCommand({}));
    const query = by('EventName', 'ListKeys');
    const seen: string[] = [];
    const sizes: number[] = [];
    let NextToken: string | undefined;
    do {
      const page = await lookup(kms, { ...query, ...(NextToken === undefined ? {} : { NextToken }) });
      seen.push(...page.Events.map(({ EventId }) => EventId));
      sizes.push(page.Events.length);
      ({ NextToken } = page);
      await kms.root.send(new ListKeysCommand({}));
    } while (NextToken !== undefined);
    expect(sizes).toEqual([50, 50, 20]);
    expect(seen).toEqual(
      kms.recorded
        .slice(0, 120)
        .map(({ eventID }) => eventID)
        .toReversed(),
    );
  });

  test('a page that holds them all has no token', async () => {
    const kms = await localKms();
    for (let count = 0; count < 2; count += 1) await kms.root.send(new ListKeysCommand({}));
    expect((await lookup(kms, { MaxResults: 2 })).NextToken).toBeUndefined();
    expect((await lookup(kms, { MaxResults: 1 })).NextToken).toBeDefined();
  });

  test('a token is for the request that it was given for', async () => {
    const kms = await localKms();
    for (let count = 0; count < 2; count += 1) await kms.root.send(new ListKeysCommand({}));
    const { NextToken } = await lookup(kms, { MaxResults: 1 });
    for (const other of [{ NextToken, ...by('EventName', 'ListKeys') }, { NextToken: 'none' }]) {
      expect(await call(kms, other)).toMatchObject({
        status: 400,
        body: { __type: 'InvalidNextTokenException' },
      });
    }
  });
});

test.each([
  [{ MaxResults: 51 }, 'InvalidMaxResultsException'],
  [{ MaxResults: 0 }, 'InvalidMaxResultsException'],
  [by('Colour', 'red'), 'InvalidLookupAttributesException'],
  [by('EventName', 'x'.repeat(2001)), 'InvalidLookupAttributesException'],
  [
    {
      LookupAttributes: [...by('EventName', 'a').LookupAttributes, ...by('EventName', 'b').LookupAttributes],
    },
    'InvalidLookupAttributesException',
  ],
  [{ StartTime: 2, EndTime: 1 }, 'InvalidTimeRangeException'],
  [{ EventCategory: 'data' }, 'InvalidEventCategoryException'],
])('%j is refused with %s', async (input, code) => {
  const kms = await localKms();
  expect(await call(kms, input)).toMatchObject({ status: 400, body: { __type: code } });
});

test('there are no Insights events', async () => {
  const kms = await localKms();
  await kms.createKey();
  expect(await lookup(kms, { EventCategory: 'insight' })).toEqual({ Events: [] });
});

test('another operation of CloudTrail is told as such', async () => {
  const kms = await localKms();
  expect(await call(kms, {}, { target: 'CloudTrail_20131101.GetTrail' })).toMatchObject({
    status: 400,
    body: { __type: 'UnsupportedOperationException' },
  });
});

test('IAM decides who may look', async () => {
  const kms = await localKms();
  const ask = async (accessKeyId: string, action: string) => {
    const policies = [identityPolicy({ Effect: 'Allow', Action: action, Resource: '*' })];
    await kms.post('/_local/principals', { accessKeyId, arn: `arn:aws:iam::${ACCOUNT}:user/a`, policies });
    return (await call(kms, {}, { accessKeyId })).status;
  };
  expect(await ask('AKIALOOKS', 'cloudtrail:LookupEvents')).toBe(200);
  expect(await ask('AKIABLIND', 'kms:*')).toBe(400);
});

test('where quotas hold, it takes two calls a second', async () => {
  const clock = new VirtualClock({ realNow: () => Date.parse('2026-11-01T00:00:00Z') });
  const kms = await localKms({ clock });
  await kms.post('/_local/quotas', {});
  expect((await call(kms, {})).status).toBe(200);
  expect((await call(kms, {})).status).toBe(200);
  expect(await call(kms, {})).toEqual({
    status: 400,
    body: { __type: 'ThrottlingException', message: 'Rate exceeded' },
  });
  clock.advance(500);
  expect((await call(kms, {})).status).toBe(200);
});

test('an account sees its own events, of the Region that it asks', async () => {
  const kms = await localKms();
  await kms.createKey();
  await kms.client('test', { region: 'eu-west-1' }).send(new ListKeysCommand({}));
  await kms.post('/_local/principals', { accessKeyId: 'AKIAOTHER', arn: 'arn:aws:iam::111122223333:root' });
  await kms.client('AKIAOTHER').send(new ListKeysCommand({}));
  const seen = async (options: { accessKeyId?: string; region?: string }) => {
    const { Events } = answerSchema.parse((await call(kms, {}, options)).body);
    return Events.map(({ EventId }) => kms.recorded.findIndex(({ eventID }) => eventID === EventId));
  };
  expect(await seen({})).toEqual([0]);
  expect(await seen({ region: 'eu-west-1' })).toEqual([1]);
  expect(await seen({ accessKeyId: 'AKIAOTHER' })).toEqual([2]);
});
