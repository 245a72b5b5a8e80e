import { randomUUID } from 'node:crypto';
import type { Journal, Recorded } from '../cloudtrail/journal.ts';
import type { RecordFields } from '../kms/audit/recorded-fields.ts';
import { authorizeByIdentity } from '../kms/authorization/authorize.ts';
import { requestConditions } from '../kms/authorization/request-conditions.ts';
import { ServiceError } from '../kms/errors.ts';
import type { Caller, Principals } from '../kms/principals.ts';
import type { AwsReply, AwsRequest } from '../kms/service.ts';
import type { CloudHsm } from './cloudhsm.ts';
import { doDueWork, isAnythingDue } from './due-work.ts';
import { accessDenied } from './errors.ts';
import type { Operation, Outcome, PreparedCall } from './operation.ts';
import { recordOfCall, recordOfServiceEvent } from './record.ts';

interface Parts {
  readonly cloudHsm: CloudHsm;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly principals: Principals;
  readonly journal: Journal;
}

/** Answers the calls of the CloudHSM V2 API: each is authorised, carried out at once or not at all, and recorded. */
export class CloudHsmService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async answer(operationName: string, request: AwsRequest): Promise<AwsReply> {
    const { cloudHsm, operations, principals, journal } = this.#parts;
    const requestId = randomUUID();
    const operation = Object.hasOwn(operations, operationName) ? operations[operationName] : undefined;
    if (operation === undefined) {
      const message = `CloudHSM has no operation ${operationName}.`;
      return { requestId, result: new ServiceError('UnknownOperationException', message) };
    }
    let caller: Caller;
    try {
      caller = principals.identify(request);
    } catch (error) {
      return { requestId, result: serviceError(error) };
    }
    let requestParameters: RecordFields | null = null;
    const recorded = <R extends Outcome | ServiceError>(result: R): Recorded<R> => {
      const record = recordOfCall({
        operationName,
        readOnly: operation.readOnly,
        requestId,
        caller,
        sourceIPAddress: request.sourceIPAddress,
        userAgent: request.headers['user-agent'] ?? '',
        time: cloudHsm.clock.now().getTime(),
        requestParameters,
        result,
      });
      const events = result instanceof ServiceError ? [] : (result.serviceEvents ?? []);
      return { outcome: result, records: [record, ...events.map(recordOfServiceEvent)] };
    };
    try {
      const call = await operation.prepare(request.body());
      requestParameters = call.requestParameters;
      this.catchUp();
      const { output } = journal.keep(() => recorded(this.#carryOut(operationName, call, caller)));
      return { requestId, result: { output } };
    } catch (error) {
      return { requestId, result: journal.keep(() => recorded(serviceError(error))) };
    }
  }

  /** Brings on and records what has fallen due since the last call. */
  catchUp(): void {
    const { cloudHsm, journal } = this.#parts;
    if (!isAnythingDue(cloudHsm)) return;
    journal.keep(() => {
      const outcome = doDueWork(cloudHsm);
      return { outcome, records: outcome.map(recordOfServiceEvent) };
    });
  }

  #carryOut(name: string, call: PreparedCall, { account, principal }: Caller): Outcome {
    const { cloudHsm } = this.#parts;
    const now = cloudHsm.clock.now().getTime();
    const { permissions, effect } = call.resolve({ cloudHsm, account, principal, now });
    for (const { action = `cloudhsm:${name}`, resource, conditions } of permissions) {
      authorizeByIdentity({
        principal,
        action,
        resource,
        conditions: {
          ...requestConditions(account, principal),
          ...conditions,
        },
      });
    }
    return effect();
  }
}

/** CloudHSM has a name of its own for a denial. A fault of this server is shown on stderr. */
function serviceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) {
    return error.code === 'AccessDeniedException' ? accessDenied(error.message) : error;
  }
  console.error('Local CloudHSM:', error);
  return new ServiceError(
    'CloudHsmInternalFailureException',
    'The local CloudHSM failed; its stderr says why.',
    500,
  );
}
