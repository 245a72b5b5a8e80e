import type { DatabaseSync } from 'node:sqlite';
import type { VirtualClock } from '../clock/virtual-time.ts';
import type { Journal } from '../cloudtrail/journal.ts';
import type { Principals } from '../kms/principals.ts';
import type { ControlRoutes } from '../kms/protocol/control-routes.ts';
import { cliRoutes } from './cli.ts';
import type { CloudHsm } from './cloudhsm.ts';
import { DEFAULT_DURATIONS, type Durations } from './durations.ts';
import { Hardware } from './hardware.ts';
import type { HsmKeys } from './keys/hsm-keys.ts';
import { InProcessHsmKeys } from './keys/in-process.ts';
import type { SoftHsmOptions } from './keys/softhsm.ts';
import { operationsOf } from './operations/index.ts';
import { CloudHsmService } from './service.ts';
import { Records } from './store/records.ts';
import { backupSchema, clusterSchema, hsmSchema } from './store/resources.ts';
import { createTables } from './store/schema.ts';
import { Subnets } from './store/subnets.ts';
import { surroundingsRoutes } from './surroundings.ts';

/** CloudHSM as a part of the local server: it answers the API's calls and its own endpoints, and does not listen itself. */
export interface LocalCloudHsm {
  readonly cloudHsm: CloudHsm;
  readonly service: CloudHsmService;
  readonly routes: ControlRoutes;
}

/** Where the HSMs' keys are: in the database or, when asked for, in tokens of SoftHSM2, whose package is then needed. */
export async function hsmKeysOf(database: DatabaseSync, softHsm?: SoftHsmOptions): Promise<HsmKeys> {
  if (softHsm === undefined) return new InProcessHsmKeys(database);
  const { SoftHsmKeys } = await import('./keys/softhsm.ts');
  return new SoftHsmKeys(softHsm);
}

export async function localCloudHsm(parts: {
  readonly database: DatabaseSync;
  readonly keys: HsmKeys;
  readonly clock: VirtualClock;
  readonly principals: Principals;
  /** That of control requests which name none. */
  readonly accountId: string;
  readonly journal: Journal;
}): Promise<LocalCloudHsm> {
  const { database, keys, clock, principals, accountId, journal } = parts;
  createTables(database);
  let durations = DEFAULT_DURATIONS;
  const setDurations = (some: Partial<Durations>) => {
    durations = { ...durations, ...some };
    return durations;
  };
  const cloudHsm: CloudHsm = {
    clock,
    clusters: new Records(database, 'hsmClusters', clusterSchema),
    hsms: new Records(database, 'hsms', hsmSchema),
    backups: new Records(database, 'hsmBackups', backupSchema),
    subnets: new Subnets(database),
    keys,
    durations: () => durations,
  };
  const hardware = new Hardware();
  const operations = operationsOf(hardware);
  const service = new CloudHsmService({ cloudHsm, operations, principals, journal });
  return {
    cloudHsm,
    service,
    routes: {
      ...cliRoutes(cloudHsm, database, () => service.catchUp()),
      ...surroundingsRoutes(cloudHsm, { database, accountId, hardware, setDurations }),
    },
  };
}
