import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import type { ControlRoutes } from './control-routes.ts';
import { ServiceError } from './errors.ts';
import { OPERATIONS } from './operations/index.ts';

const faultSchema = z
  .strictObject({
    operation: z.string().refine((name) => Object.hasOwn(OPERATIONS, name), {
      error: 'This is not an operation of the local KMS.',
    }),
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

export type Fault = z.infer<typeof faultSchema>;

/** Faults that tests ask for, used up in the order in which they came. */
export class Faults {
  #waiting: { readonly fault: Fault; left: number }[] = [];

  /** The fault of the next call of the operation, if there is one. */
  take(operation: string): Fault | undefined {
    const entry = this.#waiting.find(({ fault }) => fault.operation === operation);
    if (entry === undefined) return undefined;
    entry.left -= 1;
    this.#waiting = this.#waiting.filter(({ left }) => left > 0);
    return entry.fault;
  }

  /**
   * `POST /_local/faults` `{operation, times, error?: {code, status}, delayMs?, afterEffect?}`: the next `times`
   * calls wait `delayMs`, then fail with the error before their effect, or with afterEffect are carried out
   * and lose their answer.
   */
  routes(): ControlRoutes {
    return {
      'POST /_local/faults': ({ body }) => {
        const fault = faultSchema.parse(body);
        this.#waiting.push({ fault, left: fault.times });
        return fault;
      },
    };
  }
}

/** Waits as the fault says, and throws its error. */
export async function undergo(fault: Fault | undefined): Promise<void> {
  if (fault?.delayMs !== undefined) await wait(fault.delayMs);
  if (fault?.error !== undefined) {
    throw new ServiceError(
      fault.error.code,
      'A fault that was asked for at /_local/faults.',
      fault.error.status,
    );
  }
}
