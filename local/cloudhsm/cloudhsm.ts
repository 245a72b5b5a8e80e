import type { VirtualClock } from '../clock/virtual-time.ts';
import type { Durations } from './durations.ts';
import type { HsmKeys } from './keys/hsm-keys.ts';
import type { Records } from './store/records.ts';
import type { Backup, Cluster, Hsm } from './store/resources.ts';
import type { Subnets } from './store/subnets.ts';

/** Everything that CloudHSM's operations work on, of all accounts and Regions. */
export interface CloudHsm {
  readonly clock: VirtualClock;
  readonly clusters: Records<Cluster>;
  readonly hsms: Records<Hsm>;
  readonly backups: Records<Backup>;
  readonly subnets: Subnets;
  readonly keys: HsmKeys;
  /** Those of now: a test changes them. */
  readonly durations: () => Durations;
}

export function activeHsms({ hsms }: CloudHsm, clusterId: string): Hsm[] {
  return hsms.ofCluster(clusterId).filter(({ state }) => state === 'ACTIVE');
}
