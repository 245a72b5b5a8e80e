import * as z from 'zod';
import { DAY_MILLISECONDS } from '../clock/day.ts';
import { chance } from '../kms/imperfections/chance.ts';
import { delayRange, drawDelay } from '../kms/imperfections/delays.ts';
import type { ControlRoutes } from '../kms/protocol/control-routes.ts';

const probability = z.number().min(0).max(1).default(0);

/** CloudTrail promises no time; nobody waits longer than a day for it. */
const LONGEST_DELAY_MILLISECONDS = DAY_MILLISECONDS;

const channelFields = {
  /** How long a record is under way, in milliseconds of the server's clock. */
  delayMs: delayRange(LONGEST_DELAY_MILLISECONDS),
  /** How many come twice. */
  duplicates: probability,
  /** Whether a record waits for those before it; else one with a short way comes before one with a long way. */
  inOrder: z.boolean().default(false),
};

const schema = z.strictObject({
  seed: z.int(),
  bus: z
    .strictObject({
      ...channelFields,
      /** How many of the events that AWS KMS sends as best it can do not come. */
      lostKmsEvents: probability,
    })
    .optional(),
  trail: z.strictObject(channelFields).optional(),
});

export type Channel = 'bus' | 'trail';

/** What goes to a channel. */
export interface Parcel {
  /** How many of its name came before decides, with the seed, what becomes of it. */
  readonly name: string;
  /** It may be lost. */
  readonly bestEffort: boolean;
}

/**
 * How records are brought to the bus and to the trail's bucket, once a test asks for less than the best: late, twice, out
 * of order. No record is ever lost; of the events that AWS KMS sends as best it can, some may be.
 */
export class DeliveryConditions {
  #settings: z.infer<typeof schema> | undefined;
  /** How many parcels of each channel and name there were since the settings came. */
  readonly #parcels = new Map<string, number>();
  readonly #latest = new Map<Channel, number>();
  readonly #listeners = new Set<() => void>();

  /** When the copies of the parcel arrive, `now` and they in epoch milliseconds: one copy, as a rule. */
  arrivals(channel: Channel, { name, bestEffort }: Parcel, now: number): readonly number[] {
    const conditions = this.#settings?.[channel];
    if (this.#settings === undefined || conditions === undefined) return [now];
    const { seed, bus } = this.#settings;
    const number = (this.#parcels.get(`${channel} ${name}`) ?? 0) + 1;
    this.#parcels.set(`${channel} ${name}`, number);
    const drawn = (what: string) => chance(seed, channel, what, name, number);
    if (bestEffort && drawn('loss') < (bus?.lostKmsEvents ?? 0)) return [];
    const { delayMs, duplicates, inOrder } = conditions;
    const arrival = (copy: string) => {
      const own = now + drawDelay(delayMs, seed, channel, copy, name, number);
      if (!inOrder) return own;
      const latest = Math.max(own, this.#latest.get(channel) ?? own);
      this.#latest.set(channel, latest);
      return latest;
    };
    return drawn('duplicate') < duplicates
      ? [arrival('first copy'), arrival('second copy')]
      : [arrival('first copy')];
  }

  /** Calls the listener when the conditions end, until the function that is returned is called. */
  onEnd(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * `POST /_local/cloudtrail/delivery` `{seed, bus?, trail?}`, each `{delayMs?: {from, to}, duplicates?, inOrder?}` and the
   * bus also `{lostKmsEvents?}`: what is recorded from now on is brought like this. `DELETE` ends it, and what is still
   * under way arrives at once. `GET /_local/cloudtrail` has every record at once all the same.
   */
  routes(): ControlRoutes {
    return {
      'POST /_local/cloudtrail/delivery': ({ body }) => {
        this.#settings = schema.parse(body);
        this.#forget();
        return this.#settings;
      },
      'DELETE /_local/cloudtrail/delivery': () => {
        this.#settings = undefined;
        this.#forget();
        for (const listener of this.#listeners) listener();
        return {};
      },
    };
  }

  #forget(): void {
    this.#parcels.clear();
    this.#latest.clear();
  }
}
