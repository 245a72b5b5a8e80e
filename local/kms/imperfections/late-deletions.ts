import * as z from 'zod';
import { DAY_MILLISECONDS } from '../../clock/day.ts';
import type { ControlRoutes } from '../protocol/control-routes.ts';
import { delayRange, drawDelay } from './delays.ts';

/** AWS KMS deletes a key within a day after its waiting period. */
const schema = z.strictObject({ seed: z.int().default(0), delayMs: delayRange(DAY_MILLISECONDS) });

/** How much longer a key's waiting period is than the one that was asked for: not at all, until a test asks for more. */
export class LateDeletions {
  #settings = schema.parse({});
  #deletions = 0;

  /** Of the next key whose waiting period begins, in milliseconds. */
  next(): number {
    this.#deletions += 1;
    return drawDelay(this.#settings.delayMs, this.#settings.seed, 'deletion', this.#deletions);
  }

  /**
   * `POST /_local/deletions` `{seed?, delayMs: {from, to}}`: the waiting periods that begin from now on are so much longer.
   * Which is how much longer, depends on the seed and on how many began before. `DELETE` ends it.
   */
  routes(): ControlRoutes {
    return {
      'POST /_local/deletions': ({ body }) => {
        this.#settings = schema.parse(body);
        this.#deletions = 0;
        return this.#settings;
      },
      'DELETE /_local/deletions': () => {
        this.#settings = schema.parse({});
        this.#deletions = 0;
        return {};
      },
    };
  }
}
