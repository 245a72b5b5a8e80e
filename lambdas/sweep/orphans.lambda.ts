import { setTimeout as pause } from 'node:timers/promises';
import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { kmsClient } from '../adapters/kms/client.ts';
import { taggingClient } from '../adapters/kms/tagging-client.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { stepRoles } from '../adapters/step-roles.ts';
import { discardOrphans, type OrphansFound } from './orphans.ts';

const deps = {
  registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
  clock,
  kms: kmsClient(),
  pause,
  tagging: taggingClient(),
  classes: bundledPolicies().classes,
  roles: stepRoles(),
};

export const handler = (): Promise<OrphansFound> => discardOrphans(deps);
