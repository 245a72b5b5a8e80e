import type { DatabaseSync } from 'node:sqlite';
import type { VirtualClock } from '../clock/virtual-time.ts';
import type { CloudHsm } from '../cloudhsm/cloudhsm.ts';
import type { Account } from './account.ts';
import type { Durations } from './imperfections/durations.ts';
import type { LateDeletions } from './imperfections/late-deletions.ts';
import type { UsageTracking } from './imperfections/usage-tracking.ts';
import { Aliases } from './store/aliases.ts';
import { BackingKeys } from './store/backing-keys.ts';
import { CustomKeyStores } from './store/custom-key-stores.ts';
import { Grants } from './store/grants.ts';
import { ImportParametersOfKeys } from './store/import-parameters.ts';
import { Keys } from './store/keys.ts';
import { LastUsage } from './store/last-usage.ts';
import { Materials } from './store/materials.ts';
import { RotationSchedules } from './store/rotation-schedules.ts';
import { RunningRotations } from './store/running-rotations.ts';
import { Tags } from './store/tags.ts';
import type { XksProxies } from './xks/proxies.ts';

/** Everything that an operation works on, in one account and Region. */
export interface Kms {
  readonly account: Account;
  readonly clock: VirtualClock;
  readonly durations: Durations;
  readonly usageTracking: UsageTracking;
  readonly lateDeletions: LateDeletions;
  readonly keys: Keys;
  readonly materials: Materials;
  readonly importParameters: ImportParametersOfKeys;
  readonly rotationSchedules: RotationSchedules;
  readonly runningRotations: RunningRotations;
  readonly aliases: Aliases;
  readonly tags: Tags;
  readonly grants: Grants;
  readonly lastUsage: LastUsage;
  readonly customKeyStores: CustomKeyStores;
  readonly backingKeys: BackingKeys;
  /** That of all accounts and Regions. */
  readonly cloudHsm: CloudHsm;
  /** Those outside of AWS. */
  readonly xksProxies: XksProxies;
  /** The same of another account or Region, seen the same way. */
  readonly in: KmsOfAccount;
}

export type KmsOfAccount = (account: Account) => Kms;

/** Opens each account and Region when it is first asked for. */
export function kmsOfAccounts(
  database: DatabaseSync,
  parts: Pick<Kms, 'clock' | 'durations' | 'usageTracking' | 'lateDeletions' | 'cloudHsm' | 'xksProxies'>,
): KmsOfAccount {
  return onePerAccount((account, all) => ({
    account,
    ...parts,
    keys: new Keys(database, account),
    materials: new Materials(database, account),
    importParameters: new ImportParametersOfKeys(database, account),
    rotationSchedules: new RotationSchedules(database, account),
    runningRotations: new RunningRotations(database, account),
    aliases: new Aliases(database, account),
    tags: new Tags(database, account),
    grants: new Grants(database, account),
    lastUsage: new LastUsage(database, account),
    customKeyStores: new CustomKeyStores(database, account),
    backingKeys: new BackingKeys(database, account),
    in: all,
  }));
}

/** Makes one for an account and Region, and gives the same one ever after. */
export function onePerAccount(make: (account: Account, all: KmsOfAccount) => Kms): KmsOfAccount {
  const made = new Map<string, Kms>();
  const all: KmsOfAccount = (account) => {
    const name = `${account.accountId}/${account.region}`;
    const known = made.get(name);
    if (known !== undefined) return known;
    const kms = make(account, all);
    made.set(name, kms);
    return kms;
  };
  return all;
}
