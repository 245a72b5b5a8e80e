import * as z from 'zod';
import { DAY_MILLISECONDS } from '../../clock/day.ts';
import type { ControlRoutes } from '../protocol/control-routes.ts';

const milliseconds = z.int().min(0).max(DAY_MILLISECONDS).default(0);

const schema = z.strictObject({
  /** How long a new replica key is Creating. */
  ReplicateKey: milliseconds,
  /** How long a custom key store is CONNECTING, and DISCONNECTING. */
  ConnectCustomKeyStore: milliseconds,
  DisconnectCustomKeyStore: milliseconds,
  /** How long an automatic rotation runs, which is recorded as RotateKey when it is complete. */
  RotateKey: milliseconds,
  /** How long a rotation on demand runs. */
  RotateKeyOnDemand: milliseconds,
  /** How long the former and the new primary key are Updating. */
  UpdatePrimaryRegion: milliseconds,
});

type Lengths = z.infer<typeof schema>;

/** How long that takes which AWS KMS goes on with after it has answered: nothing, until a test asks for more. */
export class Durations {
  #lengths: Lengths = schema.parse({});

  /** In milliseconds of the server's clock. */
  of(operation: keyof Lengths): number {
    return this.#lengths[operation];
  }

  /**
   * `POST /_local/durations` `{ReplicateKey?, RotateKey?, RotateKeyOnDemand?, UpdatePrimaryRegion?, ConnectCustomKeyStore?,
   * DisconnectCustomKeyStore?}`, in milliseconds; what is left out takes no time.
   */
  routes(): ControlRoutes {
    return {
      'POST /_local/durations': ({ body }) => {
        this.#lengths = schema.parse(body ?? {});
        return this.#lengths;
      },
      'DELETE /_local/durations': () => {
        this.#lengths = schema.parse({});
        return {};
      },
    };
  }
}
