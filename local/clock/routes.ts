import * as z from 'zod';
import type { ControlRoutes } from '../kms/protocol/control-routes.ts';
import type { VirtualClock } from './virtual-time.ts';

const error = 'Give a duration such as "P30D" or "PT2H", or milliseconds: the clock moves only forward.';

const advanceSchema = z.strictObject({
  advance: z.union([z.iso.duration({ error }), z.number().nonnegative({ error })], { error }),
});

/** `GET /_local/clock` reads the clock, `POST /_local/clock` `{advance: 'P30D' | milliseconds}` moves it. */
export function clockRoutes(clock: VirtualClock): ControlRoutes {
  const reading = () => ({ now: clock.now().toISOString(), offsetMilliseconds: clock.offsetMilliseconds });
  return {
    'GET /_local/clock': reading,
    'POST /_local/clock': ({ body }) => {
      clock.advance(advanceSchema.parse(body).advance);
      return reading();
    },
  };
}
