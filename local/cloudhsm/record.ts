import { randomUUID } from 'node:crypto';
import type { CloudTrailRecord, RecordedResource } from '../cloudtrail/record.ts';
import { frameOfCall, frameOfServiceEvent, tlsDetails } from '../cloudtrail/record-frames.ts';
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
    ...frameOfCall(call.caller, call.time),
    eventSource: EVENT_SOURCE,
    eventName: call.operationName,
    sourceIPAddress: call.sourceIPAddress,
    userAgent: call.userAgent,
    ...(failure === undefined ? {} : { errorCode: failure.code, errorMessage: failure.message }),
    requestParameters: wasDenied ? null : call.requestParameters,
    responseElements: result instanceof ServiceError || call.readOnly ? null : recordedFields(result.output),
    requestID: call.requestId,
    eventID: randomUUID(),
    readOnly: call.readOnly,
    tlsDetails: tlsDetails(`cloudhsmv2.${account.region}.amazonaws.com`),
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
    ...frameOfServiceEvent(account, event.at),
    eventSource: EVENT_SOURCE,
    eventName: event.name,
    responseElements: null,
    eventID: randomUUID(),
    resources: [resource],
    eventType: 'AwsServiceEvent',
    serviceEventDetails: { clusterId, ...(backupId === undefined ? {} : { backupId }) },
  };
}
