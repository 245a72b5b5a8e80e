import { randomUUID } from 'node:crypto';
import {
  type CloudTrailRecord,
  type RecordedResource,
  recordTime,
  type TlsDetails,
} from '../cloudtrail/record.ts';
import { userIdentity } from '../cloudtrail/user-identity.ts';
import type { Account } from './account.ts';
import type { ServiceError } from './errors.ts';
import type { LocatedKey } from './multi-region.ts';
import type { Outcome, ServiceEvent, Touch } from './operation.ts';
import { recordedMetadata } from './operations/key-metadata.ts';
import { serviceName } from './principal.ts';
import type { Caller } from './principals.ts';
import { type RecordFields, recordedFields } from './recorded-fields.ts';

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
export function recordOfCall(call: FinishedCall): CloudTrailRecord {
  const { account } = call.caller;
  const failure = call.result instanceof Error ? call.result : undefined;
  const outcome = call.result instanceof Error ? {} : call.result;
  const wasDenied = failure?.code === 'AccessDeniedException';
  const resources = wasDenied ? [] : recordedResources(call.touches, outcome);
  return {
    eventVersion: '1.11',
    userIdentity: userIdentity(call.caller),
    eventTime: recordTime(call.time),
    eventSource: EVENT_SOURCE,
    eventName: call.operationName,
    awsRegion: account.region,
    ...recordedOrigin(call),
    ...(failure === undefined
      ? {}
      : { errorCode: wasDenied ? 'AccessDenied' : failure.code, errorMessage: cut(failure.message) }),
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
    tlsDetails: tlsDetails(account),
  };
}

/** ReplicateKey is recorded once more in the Region of the replica: as the CreateKey that made it. */
export function recordOfReplicaCreation({ kms, key }: LocatedKey, call: FinishedCall): CloudTrailRecord {
  const { description, spec, usage, origin, policy } = key;
  return recordOfCall({
    ...call,
    operationName: 'CreateKey',
    eventId: randomUUID(),
    caller: { ...call.caller, account: kms.account },
    userAgent: 'AWS Internal',
    requestParameters: recordedFields({
      Policy: policy,
      Description: description,
      KeySpec: spec,
      CustomerMasterKeySpec: spec,
      KeyUsage: usage,
      Origin: origin,
      MultiRegion: true,
    }),
    touches: [],
    result: { responseElements: { keyMetadata: recordedMetadata(kms, key) }, createdKey: key },
  });
}

/** The record of what the service did by itself. */
export function recordOfServiceEvent(event: ServiceEvent, time: number): CloudTrailRecord {
  const { account } = event.key.kms;
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
    responseElements: event.name === 'DeleteKey' ? { keyId: event.key.key.arn } : null,
    eventID: randomUUID(),
    readOnly: false,
    resources: [resource(event.key.key.arn)],
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: account.accountId,
    ...(event.details === undefined ? {} : { serviceEventDetails: event.details }),
    eventCategory: 'Management',
  };
}

/** A service that calls, by itself or for somebody, is shown in place of the address and the client. */
function recordedOrigin({ caller: { principal }, sourceIPAddress, userAgent }: FinishedCall) {
  const { kind, arn, viaService } = principal;
  const service = kind === 'AWSService' ? arn : viaService && serviceName(viaService);
  return { sourceIPAddress: service ?? sourceIPAddress, userAgent: service ?? cut(userAgent) };
}

function responseElements({ operationName, touches }: FinishedCall, outcome: Outcome): RecordFields | null {
  if (outcome.responseElements !== undefined) return outcome.responseElements;
  const touched = touches.find((touch) => touch.kind === 'key');
  return touched !== undefined && SHOWING_THEIR_KEY.has(operationName) ? { keyId: touched.key.arn } : null;
}

function recordedResources(touches: readonly Touch[], { createdKey }: Outcome): RecordedResource[] {
  const arns = touches.flatMap((touch) => {
    if (touch.kind === 'alias') return [touch.arn];
    return touch.kind === 'key' && touch.formerTarget === undefined ? [touch.key.arn] : [];
  });
  return [...arns, ...(createdKey === undefined ? [] : [createdKey.arn])].map(resource);
}

/** An alias is recorded as a resource of the same type as a key, and each with the account that has it. */
function resource(arn: string): RecordedResource {
  return { accountId: arn.split(':')[4] ?? '', type: 'AWS::KMS::Key', ARN: arn };
}

/** This server speaks plain HTTP; the record tells of the connection that the same client has to AWS. */
function tlsDetails({ region }: Account): TlsDetails {
  return {
    tlsVersion: 'TLSv1.3',
    cipherSuite: 'TLS_AES_256_GCM_SHA384',
    clientProvidedHostHeader: `kms.${region}.amazonaws.com`,
  };
}

function cut(text: string): string {
  return Buffer.from(text).subarray(0, LONGEST_TEXT_BYTES).toString();
}
