import { randomUUID } from 'node:crypto';
import type { CloudTrailRecord, RecordedResource } from '../../cloudtrail/record.ts';
import { frameOfCall, frameOfServiceEvent, tlsDetails } from '../../cloudtrail/record-frames.ts';
import { strangerIdentity } from '../../cloudtrail/user-identity.ts';
import { recordedUse } from '../custom-key-stores/recorded.ts';
import type { ServiceError } from '../errors.ts';
import type { Outcome, ServiceEvent, Touch } from '../operation.ts';
import { type Principal, serviceName } from '../principal.ts';
import type { Caller } from '../principals.ts';
import type { RecordFields } from './recorded-fields.ts';

const EVENT_SOURCE = 'kms.amazonaws.com';

/** CloudTrail cuts the texts that others give it. */
const LONGEST_TEXT_BYTES = 1024;

/** The changes that show their key's ARN, though their API answers nothing: AWS names them, the rest shows null. */
const SHOWING_THEIR_KEY: ReadonlySet<string> = new Set([
  'CreateAlias',
  'CreateGrant',
  'DeleteAlias',
  'DisableKey',
  'EnableKey',
  'EnableKeyRotation',
  'ImportKeyMaterial',
  'TagResource',
  'UntagResource',
  'UpdateAlias',
  'UpdatePrimaryRegion',
]);

const SERVICE_EVENTS_SHOWING_THEIR_KEY: ReadonlySet<string> = new Set([
  'DeleteKey',
  'SynchronizeMultiRegionKey',
]);

/** What is known of a call when it ends, one way or the other. */
export interface FinishedCall {
  readonly operationName: string;
  readonly readOnly: boolean;
  /** It is a cryptographic operation. */
  readonly usesKeys: boolean;
  readonly requestId: string;
  /** That of its record in the account. */
  readonly eventIdIn: (accountId: string) => string;
  readonly caller: Caller;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly requestParameters: RecordFields | null;
  readonly touches: readonly Touch[];
  readonly result: Outcome | ServiceError;
}

/**
 * The records of a call: that of the caller's account, and where it was about a key of another account, one of that account
 * too. A call that was denied is recorded in the caller's account only: the owner of a key does not see who tries.
 */
export function recordsOfCall(call: FinishedCall): CloudTrailRecord[] {
  const record = recordOfCall(call);
  const owners = wasDenied(call) ? [] : otherOwners(call);
  if (owners.length === 0) return [record];
  const shared: CloudTrailRecord = { ...record, sharedEventID: randomUUID() };
  return [shared, ...owners.map((accountId) => recordOfOwner(accountId, shared, call))];
}

function recordOfOwner(accountId: string, shared: CloudTrailRecord, call: FinishedCall): CloudTrailRecord {
  return {
    ...shared,
    userIdentity: strangerIdentity(call.caller),
    eventID: call.eventIdIn(accountId),
    recipientAccountId: accountId,
  };
}

/** The record of a call in the caller's account. A denied call shows neither what was asked nor of which key. */
export function recordOfCall(call: FinishedCall): CloudTrailRecord {
  const { account } = call.caller;
  const failure = call.result instanceof Error ? call.result : undefined;
  const outcome = call.result instanceof Error ? {} : call.result;
  const denied = wasDenied(call);
  const resources = denied ? [] : recordedResources(call.touches, outcome);
  const service = callingService(call.caller.principal);
  return {
    ...frameOfCall(call.caller, call.time),
    eventSource: EVENT_SOURCE,
    eventName: call.operationName,
    sourceIPAddress: service ?? call.sourceIPAddress,
    userAgent: service ?? cut(call.userAgent),
    ...(failure === undefined
      ? {}
      : { errorCode: denied ? 'AccessDenied' : failure.code, ...errorMessage(failure) }),
    requestParameters: denied ? null : call.requestParameters,
    responseElements: failure === undefined ? responseElements(call, outcome) : null,
    ...(denied ? {} : additionalEventData(call, outcome)),
    requestID: call.requestId,
    eventID: call.eventIdIn(account.accountId),
    readOnly: call.readOnly,
    ...(resources.length === 0 ? {} : { resources }),
    ...(service === undefined ? { tlsDetails: tlsDetails(`kms.${account.region}.amazonaws.com`) } : {}),
  };
}

/** The record of what the service did by itself. */
export function recordOfServiceEvent(event: ServiceEvent, time: number): CloudTrailRecord {
  const { account } = event.key.kms;
  return {
    ...frameOfServiceEvent(account, time),
    eventSource: EVENT_SOURCE,
    eventName: event.name,
    responseElements: SERVICE_EVENTS_SHOWING_THEIR_KEY.has(event.name) ? { keyId: event.key.key.arn } : null,
    ...(event.name === 'SynchronizeMultiRegionKey' ? { requestID: randomUUID() } : {}),
    eventID: randomUUID(),
    resources: [resource(event.key.key.arn)],
    // AWS shows the synchronisation as a call, and what else it does by itself as events.
    eventType: event.name === 'SynchronizeMultiRegionKey' ? 'AwsApiCall' : 'AwsServiceEvent',
    ...(event.additionalEventData === undefined ? {} : { additionalEventData: event.additionalEventData }),
    ...(event.details === undefined ? {} : { serviceEventDetails: event.details }),
  };
}

function wasDenied({ result }: FinishedCall): boolean {
  return result instanceof Error && result.code === 'AccessDeniedException';
}

/** The accounts, besides the caller's, of the keys that the call was about. */
function otherOwners({ caller, touches }: FinishedCall): string[] {
  const owners = touches.flatMap((touch) => (touch.kind === 'key' ? [touch.kms.account.accountId] : []));
  return [...new Set(owners)].filter((accountId) => accountId !== caller.account.accountId);
}

/** The service that makes the call, for somebody or by itself. CloudTrail shows no address and no connection of it. */
function callingService({ kind, arn, viaService }: Principal): string | undefined {
  if (kind === 'AWSService') return arn;
  return viaService === undefined ? undefined : serviceName(viaService);
}

/** A use of a key in a custom key store shows that, also when it fails. */
function additionalEventData(
  { usesKeys, touches }: FinishedCall,
  outcome: Outcome,
): Pick<CloudTrailRecord, 'additionalEventData'> {
  const used = touches.find((touch) => touch.kind === 'key');
  const use = usesKeys && used !== undefined ? recordedUse(used.kms, used.key) : undefined;
  if (use === undefined && outcome.additionalEventData === undefined) return {};
  return { additionalEventData: { ...use, ...outcome.additionalEventData } };
}

function responseElements({ operationName, touches }: FinishedCall, outcome: Outcome): RecordFields | null {
  if (outcome.responseElements !== undefined) return outcome.responseElements;
  const touched = touches.find((touch) => touch.kind === 'key');
  return touched !== undefined && SHOWING_THEIR_KEY.has(operationName) ? { keyId: touched.key.arn } : null;
}

function recordedResources(touches: readonly Touch[], { createdKey }: Outcome): RecordedResource[] {
  const arns = touches.flatMap((touch) => {
    if (touch.kind === 'alias') return [touch.arn];
    return touch.kind === 'key' && touch.isBeside === undefined ? [touch.key.arn] : [];
  });
  return [...arns, ...(createdKey === undefined ? [] : [createdKey.arn])].map(resource);
}

/** An alias is recorded as a resource of the same type as a key, and each with the account that has it. */
function resource(arn: string): RecordedResource {
  return { accountId: arn.split(':')[4] ?? '', type: 'AWS::KMS::Key', ARN: arn };
}

function cut(text: string): string {
  return Buffer.from(text).subarray(0, LONGEST_TEXT_BYTES).toString();
}

/** Some errors of AWS KMS have a code alone. */
function errorMessage({ message }: ServiceError): { readonly errorMessage?: string } {
  return message === '' ? {} : { errorMessage: cut(message) };
}
