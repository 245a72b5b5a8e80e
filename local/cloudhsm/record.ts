import { randomUUID } from 'node:crypto';
import { type CloudTrailRecord, type RecordedResource, recordTime } from '../cloudtrail/record.ts';
import { userIdentity } from '../cloudtrail/user-identity.ts';
import { type RecordFields, recordedFields } from '../kms/audit/recorded-fields.ts';
import { ServiceError } from '../kms/errors.ts';
import type { Caller } from '../kms/principals.ts';
import { backupArn, clusterArn } from './arns.ts';
import type { ServiceEvent } from './due-work.ts';
import type { Outcome } from './operation.ts';

const EVENT_SOURCE = 'cloudhsm.amazonaws.com';

/** What is known of a call when it ends, one way or the other. */
export interface FinishedCall {
  readonly operationName: string;
  readonly readOnly: boolean;
  readonly requestId: string;
  readonly caller: Caller;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly requestParameters: RecordFields | null;
  readonly result: Outcome | ServiceError;
}

/** The record of a call; a read shows no answer. */
export function recordOfCall({ result, ...call }: FinishedCall): CloudTrailRecord {
  const { account } = call.caller;
  const failure = result instanceof ServiceError ? result : undefined;
  const wasDenied = failure?.code === 'CloudHsmAccessDeniedException';
  return {
    eventVersion: '1.11',
    userIdentity: userIdentity(call.caller),
    eventTime: recordTime(call.time),
    eventSource: EVENT_SOURCE,
    eventName: call.operationName,
    awsRegion: account.region,
    sourceIPAddress: call.sourceIPAddress,
    userAgent: call.userAgent,
    ...(failure === undefined ? {} : { errorCode: failure.code, errorMessage: failure.message }),
    requestParameters: wasDenied ? null : call.requestParameters,
    responseElements: result instanceof ServiceError || call.readOnly ? null : recordedFields(result.output),
    requestID: call.requestId,
    eventID: randomUUID(),
    readOnly: call.readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account.accountId,
    eventCategory: 'Management',
    // This server speaks plain HTTP; the record tells of the connection that the same client has to AWS.
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_256_GCM_SHA384',
      clientProvidedHostHeader: `cloudhsmv2.${account.region}.amazonaws.com`,
    },
  };
}

/** The record of what CloudHSM did by itself. */
export function recordOfServiceEvent(event: ServiceEvent): CloudTrailRecord {
  const { account, clusterId, backupId } = event;
  const resource: RecordedResource =
    backupId === undefined
      ? { accountId: account.accountId, type: 'AWS::CloudHSM::Cluster', ARN: clusterArn(account, clusterId) }
      : { accountId: account.accountId, type: 'AWS::CloudHSM::Backup', ARN: backupArn(account, backupId) };
  return {
    eventVersion: '1.11',
    userIdentity: { accountId: account.accountId, invokedBy: 'AWS Internal' },
    eventTime: recordTime(event.at),
    eventSource: EVENT_SOURCE,
    eventName: event.name,
    awsRegion: account.region,
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    responseElements: null,
    eventID: randomUUID(),
    readOnly: false,
    resources: [resource],
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: account.accountId,
    serviceEventDetails: { clusterId, ...(backupId === undefined ? {} : { backupId }) },
    eventCategory: 'Management',
  };
}
