import { PublishCommand, type PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import type { Emergency, KeyRecord } from '../domain/key.ts';
import type { Dying, TamperingFinding } from '../domain/tampering.ts';
import { awsCall } from './aws-call.ts';
import { environment } from './environment.ts';
import { timeouts } from './timeouts.ts';

export interface AlertTopic {
  readonly client: { send(command: PublishCommand): Promise<unknown> };
  readonly topicArn: string;
}

/** The topic that the function was deployed with. */
export function topicOfEnvironment(): AlertTopic {
  const client = new SNSClient({ maxAttempts: 3, requestHandler: timeouts });
  return { client, topicArn: environment('ALERT_TOPIC_ARN') };
}

/** Tells a finding to everybody who subscribes to the topic. Throws BackendBusy or BackendRefused. */
export function alertPublisher({ client, topicArn }: AlertTopic) {
  return async (finding: TamperingFinding): Promise<void> => {
    const input = { TopicArn: topicArn, ...alertMessage(finding) };
    await awsCall('Publish', () => client.send(new PublishCommand(input)));
  };
}

/** Tells, again and again, that a key stands stopped on one person's word. Throws BackendBusy or BackendRefused. */
export function emergencyRinger({ client, topicArn }: AlertTopic) {
  return async (key: KeyRecord & { readonly emergency: Emergency }): Promise<void> => {
    const { emergency, keyId, owner, name } = key;
    const { status, by, stoppedAt, requestId } = emergency;
    const summary =
      status === 'rejected'
        ? `The quorum has not ratified that ${by.name} stopped ${owner}/${name} on ${stoppedAt}: the key is still stopped.`
        : `Nobody has ratified in time that ${by.name} stopped ${owner}/${name} on ${stoppedAt}.`;
    const next =
      status === 'rejected'
        ? 'Ask for its reinstatement, or for a revocation.'
        : 'Decide the ratification on the page, or ask for a reinstatement.';
    const runbook = 'docs/runbook/emergency.md#ratify';
    const finding = {
      event: 'EmergencyUnratified',
      severity: 'high',
      summary,
      keyId,
      owner,
      requestId,
      next,
      runbook,
    };
    await awsCall('Publish', () =>
      client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: `HIGH: emergency of ${owner}/${name} is not ratified (Keyward)`.slice(0, SUBJECT_LENGTH),
          MessageStructure: 'json',
          Message: JSON.stringify({
            default: JSON.stringify(finding),
            email: [
              `HIGH: ${summary}`,
              '',
              `Next: ${next}`,
              `Runbook: ${runbook}`,
              '',
              `Key ${keyId}`,
              `Request ${requestId}`,
              '',
            ].join('\n'),
            sms: `HIGH: ${summary}`,
          }),
          MessageAttributes: {
            severity: { DataType: 'String', StringValue: 'high' },
            event: { DataType: 'String', StringValue: finding.event },
            owner: { DataType: 'String', StringValue: owner },
          },
        }),
      ),
    );
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
    ['Still dying', finding.dying === undefined ? undefined : dyingText(finding.dying)],
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

function dyingText({ kmsKeys, deletionDate }: Dying): string {
  const which = kmsKeys === 1 ? 'one other KMS key' : `${kmsKeys} other KMS keys`;
  return `${which} of the key until ${deletionDate}: request cancel-destruction to take back all of it`;
}

const destructionText = {
  untouched: undefined,
  interrupted: 'interrupted; it needs a new approval to go on',
  'not-recorded': 'undone in KMS, but the registry still has it as scheduled',
} as const;
