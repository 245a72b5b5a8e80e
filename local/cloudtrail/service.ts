import { randomUUID } from 'node:crypto';
import type { VirtualClock } from '../clock/virtual-time.ts';
import { authorizeByIdentity } from '../kms/authorization/authorize.ts';
import { requestConditions } from '../kms/authorization/request-conditions.ts';
import { ServiceError, unsupported } from '../kms/errors.ts';
import type { Quotas } from '../kms/imperfections/quotas.ts';
import type { Principals } from '../kms/principals.ts';
import type { AwsReply, AwsRequest } from '../kms/service.ts';
import { lookupEvents } from './lookup-events.ts';
import type { RecordLog } from './record-log.ts';

interface Parts {
  readonly clock: VirtualClock;
  readonly records: RecordLog;
  readonly principals: Principals;
  readonly quotas: Quotas;
}

/** Answers the one call of CloudTrail that looks into the event history. It is not recorded itself. */
export function answerCloudTrail(
  operation: string,
  request: AwsRequest,
  { clock, records, principals, quotas }: Parts,
): AwsReply {
  const requestId = randomUUID();
  try {
    const caller = principals.identify(request);
    const { account, principal } = caller;
    if (operation !== 'LookupEvents') {
      throw unsupported(`The local CloudTrail has no operation ${operation}.`);
    }
    quotas.takeLookup(caller);
    authorizeByIdentity({
      principal,
      action: 'cloudtrail:LookupEvents',
      resource: '*',
      conditions: requestConditions(account, principal),
    });
    const now = clock.now().getTime();
    return { requestId, result: { output: lookupEvents(records, account, now, request.body()) } };
  } catch (error) {
    if (error instanceof ServiceError) return { requestId, result: error };
    throw error;
  }
}
