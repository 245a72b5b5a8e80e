import * as z from 'zod';
import { DAY_MILLISECONDS } from '../../clock/day.ts';
import type { LocatedKey } from '../multi-region.ts';
import type { ControlRoutes } from '../protocol/control-routes.ts';
import type { Usage } from '../store/last-usage.ts';
import { delayRange, drawDelay } from './delays.ts';

const HOUR_MILLISECONDS = 60 * 60 * 1000;

const schema = z.strictObject({
  seed: z.int().default(0),
  /** How long after a use it is recorded, in milliseconds of the server's clock: AWS KMS may take an hour. */
  delayMs: delayRange(HOUR_MILLISECONDS),
  /** Since when uses are tracked; without it, since a key is made. */
  trackingStartDate: z.iso.datetime().optional(),
});

type Settings = z.infer<typeof schema>;

/** What AWS KMS knows of the last use of keys: every use and at once, until a test asks for less. */
export class UsageTracking {
  #settings: Settings = schema.parse({});
  /** How many uses by each operation there were since the settings came. */
  readonly #uses = new Map<string, number>();

  /** Notes a successful use of the key at `usage.at`. */
  note({ kms, key }: LocatedKey, usage: Usage): void {
    const { seed, delayMs } = this.#settings;
    const number = (this.#uses.get(usage.operation) ?? 0) + 1;
    this.#uses.set(usage.operation, number);
    const delay = drawDelay(delayMs, seed, 'key usage', usage.operation, number);
    kms.lastUsage.put(key.id, usage, usage.at + delay);
  }

  /** The last use that has been recorded by now. */
  lastUse({ kms, key }: LocatedKey): Usage | undefined {
    return kms.lastUsage.get(key.id, { from: this.startFor({ key }), recordedBy: kms.clock.now().getTime() });
  }

  /** Since when uses of the key are tracked, in epoch milliseconds. */
  startFor({ key }: Pick<LocatedKey, 'key'>): number {
    const { trackingStartDate } = this.#settings;
    return trackingStartDate === undefined
      ? key.createdAt
      : Math.max(key.createdAt, Date.parse(trackingStartDate));
  }

  /** The whole days since the last use, or without any since tracking began. */
  trailingDaysWithoutUse(located: LocatedKey): number {
    const since = this.lastUse(located)?.at ?? this.startFor(located);
    const days = Math.floor((located.kms.clock.now().getTime() - since) / DAY_MILLISECONDS);
    return Math.max(days, 0);
  }

  /**
   * `POST /_local/key-last-usage` `{seed?, delayMs?: {from, to}, trackingStartDate?}`: uses from now on are recorded so much
   * later, and none is known from before that date. `DELETE` ends it; what has not been recorded yet is so at its time.
   */
  routes(): ControlRoutes {
    return {
      'POST /_local/key-last-usage': ({ body }) => {
        this.#settings = schema.parse(body);
        this.#uses.clear();
        return this.#settings;
      },
      'DELETE /_local/key-last-usage': () => {
        this.#settings = schema.parse({});
        this.#uses.clear();
        return {};
      },
    };
  }
}
