import { randomBytes } from 'node:crypto';
import { ulid } from 'ulid';
import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import type { ApiDependencies } from './dependencies.ts';

export const runtime: ApiDependencies = {
  registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
  policies: bundledPolicies(),
  clock,
  newId: () => ulid(),
  randomNonce: () => randomBytes(32).toString('hex'),
};
