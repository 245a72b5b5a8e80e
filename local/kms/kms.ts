import type { VirtualClock } from '../clock/virtual-time.ts';
import type { Aliases } from './store/aliases.ts';
import type { Grants } from './store/grants.ts';
import type { Keys } from './store/keys.ts';
import type { LastUsage } from './store/last-usage.ts';
import type { Materials } from './store/materials.ts';
import type { RotationSchedules } from './store/rotation-schedules.ts';
import type { Tags } from './store/tags.ts';

/** The one account and Region that the server is for. */
export interface Account {
  readonly accountId: string;
  readonly region: string;
}

/** Everything that an operation works on. */
export interface Kms {
  readonly account: Account;
  readonly clock: VirtualClock;
  readonly keys: Keys;
  readonly materials: Materials;
  readonly rotationSchedules: RotationSchedules;
  readonly aliases: Aliases;
  readonly tags: Tags;
  readonly grants: Grants;
  readonly lastUsage: LastUsage;
}
