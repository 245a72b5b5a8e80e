import { randomUUID } from 'node:crypto';
import { type CloudTrailRecord, type RecordedResource, recordTime } from '../cloudtrail/record.ts';
import { userIdentity } from '../cloudtrail/user-identity.ts';
import type { ServiceError } from './errors.ts';
import type { Account } from './kms.ts';
import type { Outcome, ServiceEvent, Touch } from './operation.ts';
import type { Caller } from './principals.ts';
import type { RecordFields } from './recorded-fields.ts';

const EVENT_SOURCE = 'kms.amazonaws.com';

/** What is known of a call when it ends, one way or the other. */
export interface FinishedCall {
  readonly operationName: string;
  readonly readOnly: boolean;
  readonly requestId: string;
  readonly eventId: string;
  readonly caller: Caller;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly requestParameters: RecordFields | null;
  readonly touches: readonly Touch[];
  readonly result: Outcome | ServiceError;
}

/** The record of a call. A denied call shows neither what was asked nor of which key. */
export function recordOfCall(account: Account, call: FinishedCall): CloudTrailRecord {
  const failure = call.result instanceof Error ? call.result : undefined;
  const outcome = call.result instanceof Error ? {} : call.result;
  const wasDenied = failure?.code === 'AccessDeniedException';
  const resources = wasDenied ? [] : recordedResources(account, call.touches, outcome);
  return {
    eventVersion: '1.11',
    userIdentity: userIdentity(call.caller),
    eventTime: recordTime(call.time),
    eventSource: EVENT_SOURCE,
    eventName: call.operationName,
    awsRegion: account.region,
    sourceIPAddress: call.sourceIPAddress,
    userAgent: call.userAgent,
    ...(failure === undefined
      ? {}
      : { errorCode: wasDenied ? 'AccessDenied' : failure.code, errorMessage: failure.message }),
    requestParameters: wasDenied ? null : call.requestParameters,
    responseElements: failure === undefined ? responseElements(call, outcome) : null,
    ...(outcome.additionalEventData === undefined
      ? {}
      : { additionalEventData: outcome.additionalEventData }),
    requestID: call.requestId,
    eventID: call.eventId,
    readOnly: call.readOnly,
    ...(resources.length === 0 ? {} : { resources }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account.accountId,
    eventCategory: 'Management',
  };
}

/** The record of what the service did by itself. */
export function recordOfServiceEvent(account: Account, event: ServiceEvent, time: number): CloudTrailRecord {
  return {
    eventVersion: '1.11',
    userIdentity: { accountId: account.accountId, invokedBy: 'AWS Internal' },
    eventTime: recordTime(time),
    eventSource: EVENT_SOURCE,
    eventName: event.name,
    awsRegion: account.region,
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    responseElements: null,
    eventID: randomUUID(),
    readOnly: false,
    resources: [resource(account, event.keyArn)],
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: account.accountId,
    ...(event.details === undefined ? {} : { serviceEventDetails: event.details }),
    eventCategory: 'Management',
  };
}

/** Since December 2022 a change shows its key's ARN, also where the API answers nothing. */
function responseElements({ readOnly, touches }: FinishedCall, outcome: Outcome): RecordFields | null {
  if (outcome.responseElements !== undefined) return outcome.responseElements;
  const touched = touches.find((touch) => touch.kind === 'key');
  return readOnly || touched === undefined ? null : { keyId: touched.key.arn };
}

function recordedResources(
  account: Account,
  touches: readonly Touch[],
  { createdKey }: Outcome,
): RecordedResource[] {
  const arns = touches.flatMap((touch) => {
    if (touch.kind === 'alias') return [touch.arn];
    return touch.kind === 'key' && touch.formerTarget === undefined ? [touch.key.arn] : [];
  });
  return [...arns, ...(createdKey === undefined ? [] : [createdKey.arn])].map((arn) =>
    resource(account, arn),
  );
}

const resource = (account: Account, arn: string): RecordedResource => ({
  accountId: account.accountId,
  type: 'AWS::KMS::Key',
  ARN: arn,
});
