import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { ServiceError, throttled } from '../errors.ts';
import { OPERATIONS } from '../operations/index.ts';
import type { Principal } from '../principal.ts';
import type { ControlRoutes } from '../protocol/control-routes.ts';
import { affectedCallers, isAffected } from './affected-callers.ts';
import { chance } from './chance.ts';

const operationName = z.string().refine((name) => Object.hasOwn(OPERATIONS, name), {
  error: 'This is not an operation of the local KMS.',
});

const faultSchema = z
  .strictObject({
    operation: operationName,
    times: z.int().min(1),
    error: z.strictObject({ code: z.string().min(1), status: z.int().min(400).max(599) }).optional(),
    delayMs: z.int().min(0).max(60_000).optional(),
    afterEffect: z.boolean().default(false),
  })
  .refine(({ error, afterEffect }) => error === undefined || !afterEffect, {
    error: 'Give error (the call fails before its effect) or afterEffect (its answer is lost), not both.',
  })
  .refine(({ error, delayMs, afterEffect }) => error !== undefined || delayMs !== undefined || afterEffect, {
    error: 'Give error, delayMs or afterEffect.',
  });

const kinds = ['throttled', 'failed', 'answer-lost'] as const;

const randomSchema = z.strictObject({
  seed: z.int(),
  /** How many of the calls meet a fault, from 0 to 1. */
  probability: z.number().min(0).max(1),
  /** Which calls may; every call, when left out. */
  operations: z.array(operationName).min(1).optional(),
  callers: affectedCallers,
  kinds: z
    .array(z.enum(kinds))
    .min(1)
    .default([...kinds]),
});

export interface Fault {
  readonly delayMs?: number;
  /** Before the effect. */
  readonly error?: ServiceError;
  /** The effect takes place, and the answer is lost. */
  readonly afterEffect: boolean;
}

/** Faults that tests ask for: some by their operation, used up in the order in which they came, others at random. */
export class Faults {
  #waiting: { readonly operation: string; readonly fault: Fault; left: number }[] = [];
  #random: z.infer<typeof randomSchema> | undefined;
  /** How many calls of each operation there were since faults are met at random. */
  readonly #calls = new Map<string, number>();

  /** The fault of the next call of the operation, if there is one. */
  take(operation: string, caller: Principal): Fault | undefined {
    const entry = this.#waiting.find((waiting) => waiting.operation === operation);
    if (entry === undefined) return this.#byChance(operation, caller);
    entry.left -= 1;
    this.#waiting = this.#waiting.filter(({ left }) => left > 0);
    return entry.fault;
  }

  /**
   * - `POST /_local/faults` `{operation, times, error?: {code, status}, delayMs?, afterEffect?}`: the next `times`
   *   calls wait `delayMs`, then fail with the error before their effect, or with afterEffect are carried out
   *   and lose their answer. `DELETE` forgets those that no call has met yet.
   * - `POST /_local/faults/random` `{seed, probability, operations?, callers?, kinds?}`: from now on so many calls are throttled or
   *   fail before their effect, or lose their answer after it. Which, depends on the seed, the operation, and how many of
   *   its calls came before. `DELETE` ends it.
   */
  routes(): ControlRoutes {
    return {
      'POST /_local/faults': ({ body }) => {
        const asked = faultSchema.parse(body);
        this.#waiting.push({ operation: asked.operation, fault: faultOf(asked), left: asked.times });
        return asked;
      },
      'DELETE /_local/faults': () => {
        this.#waiting = [];
        return {};
      },
      'POST /_local/faults/random': ({ body }) => {
        this.#random = randomSchema.parse(body);
        this.#calls.clear();
        return this.#random;
      },
      'DELETE /_local/faults/random': () => {
        this.#random = undefined;
        return {};
      },
    };
  }

  #byChance(operation: string, caller: Principal): Fault | undefined {
    if (this.#random === undefined) return undefined;
    const { seed, probability, operations, callers, kinds: possible } = this.#random;
    if (operations?.includes(operation) === false || !isAffected(caller, callers)) return undefined;
    const call = (this.#calls.get(operation) ?? 0) + 1;
    this.#calls.set(operation, call);
    if (chance(seed, 'fault', operation, call) >= probability) return undefined;
    const kind = possible[Math.floor(chance(seed, 'kind of fault', operation, call) * possible.length)];
    return kind === undefined ? undefined : RANDOM_FAULTS[kind]();
  }
}

const RANDOM_FAULTS: Readonly<Record<(typeof kinds)[number], () => Fault>> = {
  throttled: () => ({ error: throttled(), afterEffect: false }),
  failed: () => ({
    error: new ServiceError(
      'KMSInternalException',
      'A fault that was asked for at /_local/faults/random.',
      500,
    ),
    afterEffect: false,
  }),
  'answer-lost': () => ({ afterEffect: true }),
};

function faultOf({ delayMs, error, afterEffect }: z.infer<typeof faultSchema>): Fault {
  return {
    afterEffect,
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(error === undefined
      ? {}
      : {
          error: new ServiceError(error.code, 'A fault that was asked for at /_local/faults.', error.status),
        }),
  };
}

/** Waits as the fault says, and throws its error. */
export async function undergo(fault: Fault | undefined): Promise<void> {
  if (fault?.delayMs !== undefined) await wait(fault.delayMs);
  if (fault?.error !== undefined) throw fault.error;
}
