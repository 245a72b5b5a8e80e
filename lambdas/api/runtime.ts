import { randomBytes } from 'node:crypto';
import { ulid } from 'ulid';
import { clock } from '#clock';
import { createApprovalKey } from '../adapters/approval-key.ts';
import { bundledAuthorization } from '../adapters/authorization.ts';
import { directoryOfEnvironment } from '../adapters/directory.ts';
import { environment } from '../adapters/environment.ts';
import { kmsClient } from '../adapters/kms/client.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';

export const runtime = {
  registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
  policies: bundledPolicies(),
  authorization: bundledAuthorization(),
  clock,
  directory: directoryOfEnvironment(),
  approvalKey: createApprovalKey(kmsClient(), environment('APPROVAL_KEY_ARN')),
  newId: () => ulid(),
  randomNonce: () => randomBytes(32).toString('hex'),
};
