import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import type { CloudTrailRecord } from '../cloudtrail/record.ts';
import { recordOfCall, recordOfServiceEvent } from './audit.ts';
import { authorizeCall } from './call-authorization.ts';
import type { Consistency } from './consistency.ts';
import { doDueWork } from './due-work.ts';
import { ServiceError, unsupported } from './errors.ts';
import { type Fault, type Faults, undergo } from './faults.ts';
import { checkState, type KeyOperationName, STATE_RULES } from './key-states.ts';
import type { Kms } from './kms.ts';
import type { Outcome, PreparedCall, Resolved, ServiceEvent, Touch } from './operation.ts';
import { OPERATIONS } from './operations/index.ts';
import type { Principal } from './principal.ts';
import type { Caller, Principals } from './principals.ts';
import type { Quotas } from './quotas.ts';
import { atomically } from './store/database.ts';

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
  readonly kms: Kms;
  readonly database: DatabaseSync;
  readonly principals: Principals;
  readonly faults: Faults;
  readonly quotas: Quotas;
  readonly consistency: Consistency;
  readonly onRecord: (record: CloudTrailRecord) => void;
}

/** Answers the calls of AWS KMS: each is authorised, checked, carried out at once or not at all, and recorded. */
export class KmsService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async answer(operationName: string, request: AwsRequest): Promise<AwsReply> {
    const ids = { requestId: randomUUID(), eventId: randomUUID() };
    const { requestId } = ids;
    let caller: Caller;
    try {
      caller = this.#parts.principals.identify(request.headers);
    } catch (error) {
      // CloudTrail has no record of a caller that AWS does not know.
      return { requestId, result: serviceError(error) };
    }
    const trace: Trace = { requestParameters: null, touches: [] };
    let fault: Fault | undefined;
    let result: Outcome | ServiceError;
    try {
      fault = this.#parts.faults.take(operationName, caller.principal);
      await undergo(fault);
      this.#parts.quotas.take(caller.principal, operationName);
      const call = await prepare(operationName, request);
      trace.requestParameters = call.requestParameters;
      result = this.#carryOut(operationName, call, caller, trace, ids);
    } catch (error) {
      result = serviceError(error);
    }
    this.#record(operationName, ids, caller, request, trace, result);
    return { requestId, result, loseConnection: fault?.afterEffect ?? false };
  }

  /** Does and records what has fallen due since the last call. */
  catchUp(): void {
    const { kms, database, consistency } = this.#parts;
    for (const { event, at } of doDueWork(kms, database, consistency)) this.#recordEvent(event, at);
  }

  #carryOut(name: string, call: PreparedCall, { principal }: Caller, trace: Trace, ids: Ids): Outcome {
    this.catchUp();
    const { kms, database, consistency } = this.#parts;
    return atomically(database, () => {
      const seen = consistency.seen(principal);
      const resolvedAsSeen = this.#judge(seen, name, call, principal, trace);
      const goesByWhatIsSeen = seen === kms || isRead(name);
      const resolved = goesByWhatIsSeen ? resolvedAsSeen : this.#judge(kms, name, call, principal, trace);
      const before = isRead(name) ? undefined : consistency.before(resolved.touches);
      const now = kms.clock.now().getTime();
      const outcome = resolved.effect({ kms: goesByWhatIsSeen ? seen : kms, principal, now });
      // The transaction undoes what a dry run has found to work.
      if (call.dryRun) {
        throw new ServiceError(
          'DryRunOperationException',
          'The request would have succeeded, but the DryRun parameter was set.',
          412,
        );
      }
      if (CRYPTOGRAPHIC_OPERATIONS.has(name)) {
        for (const touch of resolved.touches) {
          if (touch.kind === 'key') kms.lastUsage.put(touch.key.id, { operation: name, at: now, ...ids });
        }
      }
      consistency.changed(before, outcome.createdKey);
      return outcome;
    });
  }

  /** Finds what the call touches; throws unless it may be done to that, in the state in which that is. */
  #judge(kms: Kms, name: string, call: PreparedCall, principal: Principal, trace: Trace): Resolved {
    const resolved = call.resolve(kms);
    trace.touches = resolved.touches;
    for (const touch of resolved.touches) {
      if (touch.kind === 'key' && CRYPTOGRAPHIC_OPERATIONS.has(name)) {
        this.#parts.quotas.takeUse(principal, touch.key.spec);
      }
    }
    authorizeCall(kms, principal, name, call, resolved);
    for (const touch of resolved.touches) {
      if (touch.kind === 'key' && touch.formerTarget === undefined && hasStateRule(name)) {
        checkState(name, touch.key);
      }
    }
    return resolved;
  }

  #record(
    operationName: string,
    ids: Ids,
    caller: Caller,
    request: AwsRequest,
    trace: Trace,
    result: Outcome | ServiceError,
  ): void {
    const { kms, onRecord } = this.#parts;
    const time = kms.clock.now().getTime();
    onRecord(
      recordOfCall(kms.account, {
        operationName,
        readOnly: isRead(operationName),
        ...ids,
        caller,
        sourceIPAddress: request.sourceIPAddress,
        userAgent: request.headers['user-agent'] ?? '',
        time,
        ...trace,
        result,
      }),
    );
    if (result instanceof Error) return;
    for (const event of result.serviceEvents ?? []) this.#recordEvent(event, time);
  }

  #recordEvent(event: ServiceEvent, time: number): void {
    const { kms, onRecord } = this.#parts;
    onRecord(recordOfServiceEvent(kms.account, event, time));
  }
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

/** Name the call in its answer and in its record. */
interface Ids {
  readonly requestId: string;
  readonly eventId: string;
}

/** What the record says of a call, as far as the call came. */
interface Trace {
  requestParameters: PreparedCall['requestParameters'];
  touches: readonly Touch[];
}

function prepare(operationName: string, request: AwsRequest): PreparedCall | Promise<PreparedCall> {
  const operation = Object.hasOwn(OPERATIONS, operationName) ? OPERATIONS[operationName] : undefined;
  if (operation === undefined) throw unsupported(`The local KMS has no operation ${operationName}.`);
  return operation.prepare(request.body());
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
