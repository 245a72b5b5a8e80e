import { PublishCommand, type PublishCommandInput } from '@aws-sdk/client-sns';
import type { TamperingFinding } from '../domain/tampering.ts';
import { awsCall } from './aws-call.ts';

export interface AlertTopic {
  readonly client: { send(command: PublishCommand): Promise<unknown> };
  readonly topicArn: string;
}

/** Tells a finding to everybody who subscribes to the topic. Throws BackendBusy or BackendRefused. */
export function alertPublisher({ client, topicArn }: AlertTopic) {
  return async (finding: TamperingFinding): Promise<void> => {
    const input = { TopicArn: topicArn, ...alertMessage(finding) };
    await awsCall('Publish', () => client.send(new PublishCommand(input)));
  };
}

/** The longest subject that SNS takes. */
const SUBJECT_LENGTH = 100;

/**
 * The finding as SNS sends it: the JSON of it to queues, functions and webhooks, readable text to people. Subscriptions
 * filter on the attributes `severity`, `event` and, where the owner is known, `owner`.
 */
export function alertMessage(
  finding: TamperingFinding,
): Pick<PublishCommandInput, 'Subject' | 'Message' | 'MessageStructure' | 'MessageAttributes'> {
  const { severity, event, attempt, key, summary } = finding;
  const concerned = key.owner === undefined ? key.alias : `${key.owner}/${key.name}`;
  const subject = `${severity.toUpperCase()}: ${event}${attempt ? ' attempted' : ''} on ${concerned} (Keyward)`;
  return {
    Subject: subject.slice(0, SUBJECT_LENGTH),
    MessageStructure: 'json',
    Message: JSON.stringify({
      default: JSON.stringify(finding),
      email: alertText(finding),
      sms: `${severity.toUpperCase()}: ${summary}`,
    }),
    MessageAttributes: {
      severity: { DataType: 'String', StringValue: severity },
      event: { DataType: 'String', StringValue: event },
      ...(key.owner === undefined ? {} : { owner: { DataType: 'String', StringValue: key.owner } }),
    },
  };
}

function alertText(finding: TamperingFinding): string {
  const { severity, summary, key, next, runbook } = finding;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Event', finding.event],
    ['Answer', finding.errorCode],
    ['Key', key.owner === undefined ? undefined : `${key.owner}/${key.name}`],
    ['Key id', key.keyId],
    ['Alias', key.alias],
    ['KMS key', finding.kmsKeyArn],
    ['Caller', finding.principal],
    ['Source IP', finding.sourceIp],
    ['Time', finding.at],
    ['Event id', finding.eventId],
    ['Seen in', finding.channel === 'bus' ? 'CloudTrail over EventBridge' : 'a log file of the trail'],
    ['Destruction', destructionText[finding.destruction ?? 'untouched']],
    ['Finding', finding.id],
  ];
  const lines = facts.flatMap(([name, value]) => (value === undefined ? [] : `${name.padEnd(12)}${value}`));
  return [
    `${severity.toUpperCase()}: ${summary}`,
    '',
    `Next: ${next}`,
    `Runbook: ${runbook}`,
    '',
    ...lines,
    '',
  ].join('\n');
}

const destructionText = {
  untouched: undefined,
  interrupted: 'interrupted; it needs a new approval to go on',
  'not-recorded': 'undone in KMS, but the registry still has it as scheduled',
} as const;
