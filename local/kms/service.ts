import type { IncomingHttpHeaders } from 'node:http';
import type { VirtualClock } from '../clock/virtual-time.ts';
import type { CloudHsmService } from '../cloudhsm/service.ts';
import type { Journal } from '../cloudtrail/journal.ts';
import type { CloudTrailRecord } from '../cloudtrail/record.ts';
import { type FinishedCall, recordOfServiceEvent, recordsOfCall } from './audit/audit.ts';
import { recordOfNewPrimary, recordOfReplicaCreation } from './audit/audit-of-other-regions.ts';
import { CallIds } from './audit/call-ids.ts';
import { deniedToOtherAccount } from './authorization/authorize.ts';
import { authorizeCall } from './authorization/call-authorization.ts';
import { doDueWork } from './due-work.ts';
import { ServiceError } from './errors.ts';
import type { Consistency } from './imperfections/consistency.ts';
import { type Fault, type Faults, undergo } from './imperfections/faults.ts';
import type { Quotas } from './imperfections/quotas.ts';
import { HiddenKey, refuseOtherAccounts } from './key-reference.ts';
import { checkState, type KeyOperationName, STATE_RULES } from './key-states.ts';
import type { Kms, KmsOfAccount } from './kms.ts';
import type { Outcome, PreparedCall, Resolved, Touch } from './operation.ts';
import { OPERATIONS } from './operations/index.ts';
import type { Caller, Principals } from './principals.ts';
import type { Calendar } from './store/calendar.ts';

export interface AwsRequest {
  readonly headers: IncomingHttpHeaders;
  readonly sourceIPAddress: string;
  /** Reads the JSON body; throws SerializationException. */
  readonly body: () => unknown;
}

export interface AwsReply {
  readonly requestId: string;
  readonly result: ServiceError | { readonly output?: unknown };
  /** The effect took place, and the client shall not learn of it. */
  readonly loseConnection?: boolean;
}

interface Parts {
  readonly in: KmsOfAccount;
  readonly calendar: Calendar;
  readonly clock: VirtualClock;
  readonly principals: Principals;
  readonly faults: Faults;
  readonly quotas: Quotas;
  readonly consistency: Consistency;
  /** What the custom key stores rest on is brought on first. */
  readonly cloudHsm: Pick<CloudHsmService, 'catchUp'>;
  readonly journal: Journal;
}

/** Answers the calls of AWS KMS: each is authorised, checked, carried out at once or not at all, and recorded. */
export class KmsService {
  readonly #parts: Parts;
  /** Until then nothing falls due, in epoch milliseconds; undefined once a call has changed anything. */
  #quietUntil: number | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async answer(operationName: string, request: AwsRequest): Promise<AwsReply> {
    const ids = new CallIds();
    const { requestId } = ids;
    const operation = Object.hasOwn(OPERATIONS, operationName) ? OPERATIONS[operationName] : undefined;
    if (operation === undefined) {
      const message = `There is no operation ${operationName} of AWS KMS.`;
      return { requestId, result: new ServiceError('UnknownOperationException', message) };
    }
    let caller: Caller;
    try {
      caller = this.#parts.principals.identify(request);
    } catch (error) {
      // CloudTrail has no record of a caller that AWS does not know.
      return { requestId, result: serviceError(error) };
    }
    const trace: Trace = { requestParameters: null, touches: [] };
    const finished = (result: Outcome | ServiceError): FinishedCall => ({
      operationName,
      readOnly: operation.readOnly,
      usesKeys: CRYPTOGRAPHIC_OPERATIONS.has(operationName),
      requestId,
      eventIdIn: (accountId) => ids.eventIdIn(accountId),
      caller,
      sourceIPAddress: request.sourceIPAddress,
      userAgent: request.headers['user-agent'] ?? '',
      time: this.#now(),
      ...trace,
      result,
    });
    let fault: Fault | undefined;
    let result: Outcome | ServiceError;
    try {
      fault = this.#parts.faults.take(operationName, caller.principal);
      await undergo(fault);
      this.#parts.quotas.take(caller, operationName);
      const call = await operation.prepare(request.body());
      trace.requestParameters = call.requestParameters;
      for (const { region, operation, times } of call.countsElsewhere) {
        this.#parts.quotas.take({ ...caller, account: { ...caller.account, region } }, operation, times);
      }
      this.catchUp();
      if (!operation.readOnly) this.#quietUntil = undefined;
      result = this.#parts.journal.keep(() => {
        const outcome = this.#carryOut(operationName, call, caller, trace, ids);
        return { outcome, records: recordsOf(finished(outcome)) };
      });
    } catch (error) {
      const failure = serviceError(error);
      result = this.#parts.journal.keep(() => ({ outcome: failure, records: recordsOf(finished(failure)) }));
    }
    return { requestId, result, loseConnection: fault?.afterEffect ?? false };
  }

  /** Does and records what has fallen due since the last call. */
  catchUp(): void {
    this.#parts.cloudHsm.catchUp();
    const now = this.#now();
    this.#quietUntil ??= this.#parts.calendar.first();
    if (now < this.#quietUntil) return;
    this.#quietUntil = undefined;
    this.#parts.journal.keep(() => {
      const outcome = doDueWork(this.#parts, now);
      return { outcome, records: outcome.map(({ event, at }) => recordOfServiceEvent(event, at)) };
    });
  }

  #now(): number {
    return this.#parts.clock.now().getTime();
  }

  #carryOut(name: string, call: PreparedCall, caller: Caller, trace: Trace, ids: CallIds): Outcome {
    const { in: truth, consistency } = this.#parts;
    const { account, principal } = caller;
    const seen = consistency.seen(principal);
    const resolvedAsSeen = this.#judge(seen(account), name, call, caller, trace);
    const goesByWhatIsSeen = seen === truth || isRead(name);
    const resolved = goesByWhatIsSeen
      ? resolvedAsSeen
      : this.#judge(truth(account), name, call, caller, trace);
    const before = isRead(name) ? undefined : consistency.before(resolved.touches);
    const now = this.#now();
    const kms = (goesByWhatIsSeen ? seen : truth)(account);
    const outcome = resolved.effect({ kms, principal, now });
    // The transaction undoes what a dry run has found to work.
    if (call.dryRun) {
      throw new ServiceError(
        'DryRunOperationException',
        'The request would have succeeded, but the DryRun parameter was set.',
      );
    }
    if (CRYPTOGRAPHIC_OPERATIONS.has(name)) {
      for (const touch of resolved.touches) {
        if (touch.kind !== 'key') continue;
        const eventId = ids.eventIdIn(touch.kms.account.accountId);
        touch.kms.usageTracking.note(touch, {
          operation: name,
          at: now,
          requestId: ids.requestId,
          eventId,
        });
      }
    }
    consistency.changed(before, outcome.createdKey ?? outcome.replica?.key);
    return outcome;
  }

  /** Finds what the call touches; throws unless it may be done to that, in the state in which that is. */
  #judge(kms: Kms, name: string, call: PreparedCall, caller: Caller, trace: Trace): Resolved {
    const resolved = resolve(kms, name, call, caller);
    if (!CROSS_ACCOUNT_OPERATIONS.has(name)) {
      for (const touch of resolved.touches) {
        if (touch.kind === 'key') refuseOtherAccounts(caller.account, touch);
      }
    }
    trace.touches = resolved.touches;
    for (const touch of resolved.touches) {
      if (touch.kind === 'key' && CRYPTOGRAPHIC_OPERATIONS.has(name)) {
        if (call.pairSpec === undefined) {
          const store = touch.kms.backingKeys.find(touch.key)?.customKeyStoreId;
          this.#parts.quotas.takeUse(caller, touch.key.spec, store);
        } else {
          this.#parts.quotas.takePair(caller, call.pairSpec);
        }
      }
    }
    authorizeCall(caller, name, call, resolved);
    for (const touch of resolved.touches) {
      if (touch.kind !== 'key') continue;
      touch.refuseKind?.(touch.key);
      if (touch.isBeside === undefined && hasStateRule(name)) checkState(name, touch.key);
    }
    return resolved;
  }
}

function recordsOf(call: FinishedCall): CloudTrailRecord[] {
  const records = recordsOfCall(call);
  const { result } = call;
  if (result instanceof Error) return records;
  return [
    ...records,
    ...(result.replica === undefined ? [] : [recordOfReplicaCreation(result.replica, call)]),
    ...(result.newPrimary === undefined ? [] : [recordOfNewPrimary(result.newPrimary, call)]),
    ...(result.serviceEvents ?? []).map((event) => recordOfServiceEvent(event, call.time)),
  ];
}

/** What AWS KMS calls a use of a key. */
export const CRYPTOGRAPHIC_OPERATIONS: ReadonlySet<string> = new Set([
  'Decapsulate',
  'Decrypt',
  'DeriveSharedSecret',
  'Encapsulate',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'ReEncrypt',
  'Sign',
  'Verify',
  'VerifyMac',
]);

/** The operations that can be asked of a key of another account. */
const CROSS_ACCOUNT_OPERATIONS: ReadonlySet<string> = new Set([
  ...CRYPTOGRAPHIC_OPERATIONS,
  'CreateGrant',
  'DescribeKey',
  'GetKeyRotationStatus',
  'GetPublicKey',
  'ListGrants',
  'RetireGrant',
  'RevokeGrant',
]);

function resolve(kms: Kms, name: string, call: PreparedCall, { principal }: Caller): Resolved {
  try {
    return call.resolve(kms);
  } catch (error) {
    if (!(error instanceof HiddenKey) || !CROSS_ACCOUNT_OPERATIONS.has(name)) throw error;
    throw deniedToOtherAccount({ principal, action: `kms:${error.part ?? name}` }, error);
  }
}

/** What the record says of a call, as far as the call came. */
interface Trace {
  requestParameters: PreparedCall['requestParameters'];
  touches: readonly Touch[];
}

function isRead(name: string): boolean {
  return Object.hasOwn(OPERATIONS, name) && OPERATIONS[name]?.readOnly === true;
}

function hasStateRule(name: string): name is KeyOperationName {
  return Object.hasOwn(STATE_RULES, name);
}

/** A fault of this server becomes KMSInternalException, and is shown on stderr. */
function serviceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  console.error('Local KMS:', error);
  return new ServiceError('KMSInternalException', 'The local KMS failed; its stderr says why.', 500);
}
