import type * as z from 'zod';
import type { Account } from '../kms/account.ts';
import { type RecordFields, recordedFields } from '../kms/audit/recorded-fields.ts';
import type { ConditionValues } from '../kms/authorization/conditions.ts';
import { ServiceError } from '../kms/errors.ts';
import type { JsonObject } from '../kms/operation.ts';
import type { Principal } from '../kms/principal.ts';
import { parseInput } from '../kms/protocol/input.ts';
import type { CloudHsm } from './cloudhsm.ts';
import type { ServiceEvent } from './due-work.ts';
import { invalidRequest } from './errors.ts';

export interface Call {
  readonly cloudHsm: CloudHsm;
  readonly account: Account;
  readonly principal: Principal;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What IAM is asked: whether the caller may take the action on the resource. */
export interface Permission {
  /** The operation's own, when left out. */
  readonly action?: string;
  /** An ARN, or `*`. */
  readonly resource: string;
  readonly conditions?: ConditionValues;
}

export interface Outcome {
  /** The body of the answer, with dates as epoch seconds. */
  readonly output: JsonObject;
  readonly serviceEvents?: readonly ServiceEvent[];
}

/** What a call does, once it is known to what: `effect` comes after the caller's permissions are checked. */
export interface Resolved {
  readonly permissions: readonly Permission[];
  readonly effect: () => Outcome;
}

export interface PreparedCall {
  readonly requestParameters: RecordFields;
  readonly resolve: (call: Call) => Resolved;
}

export interface Operation {
  /** Whether CloudTrail calls it a read. */
  readonly readOnly: boolean;
  /** Checks the input, and does what takes its time, outside of the atomic effect. */
  readonly prepare: (body: unknown) => PreparedCall | Promise<PreparedCall>;
}

export function operation<I extends JsonObject>(definition: {
  readonly schema: z.ZodType<I>;
  readonly readOnly: boolean;
  readonly resolve: (call: Call, input: I) => Resolved;
}): Operation {
  return {
    readOnly: definition.readOnly,
    prepare: (body) => {
      const input = validInput(definition.schema, body);
      return {
        requestParameters: recordedInput(input, body),
        resolve: (call) => definition.resolve(call, input),
      };
    },
  };
}

/** What CloudTrail records as the input: the members that were given. */
export function recordedInput(input: JsonObject, body: unknown): RecordFields {
  const given = typeof body === 'object' && body !== null ? body : {};
  return recordedFields(
    Object.fromEntries(Object.entries(input).filter(([name]) => Object.hasOwn(given, name))),
  );
}

/** Throws CloudHsmInvalidRequestException naming each member that is wrong, or SerializationException. */
export function validInput<I>(schema: z.ZodType<I>, body: unknown): I {
  try {
    return parseInput(schema, body);
  } catch (error) {
    const isBroken = error instanceof ServiceError && error.code === 'ValidationException';
    throw isBroken ? invalidRequest(error.message) : error;
  }
}
