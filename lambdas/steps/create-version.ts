import type { KMSClient } from '@aws-sdk/client-kms';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { createKmsKey, describeKmsKey, findByRequest, type KmsKey } from '../adapters/kms/keys.ts';
import { recordVersion } from '../domain/execution.ts';
import type { KeyClasses } from '../domain/key-class.ts';
import type { StepRoles } from '../domain/key-policy.ts';
import { policyFor } from '../domain/managed-policy.ts';
import { readHeldWork, type StepDependencies, type StepInput, unbornVersion, type Work } from './held-key.ts';

export interface CreateVersionDependencies extends StepDependencies {
  readonly kms: KMSClient;
  readonly tagging: ResourceGroupsTaggingAPIClient;
  readonly classes: KeyClasses;
  readonly roles: StepRoles;
}

/**
 * Makes the KMS key of a new version, once.
 *
 * 1. A version that this request has recorded is the answer.
 * 2. A KMS key that carries this request's tag was made by an attempt that did not live to record it: adopted.
 * 3. Otherwise the key is created, carrying the tag from its first moment.
 * 4. It is recorded.
 *
 * Should the tag index lag and a retry create a second key, the first stays tagged and unrecorded, and the sweep for
 * orphans puts it on its way to deletion.
 */
export function createVersion(deps: CreateVersionDependencies) {
  return async (input: StepInput): Promise<{ version: number }> => {
    const work = await readHeldWork(deps, 'create-version', input);
    const recorded = unbornVersion(work); // 1
    if (recorded !== undefined) return { version: recorded.version };
    const kmsKey = (await adopt(deps, work)) ?? (await create(deps, work)); // 2, 3
    const version = (work.versions.at(-1)?.version ?? 0) + 1;
    const { kmsKeyId, kmsKeyArn, keyMaterialId } = kmsKey;
    await deps.registry.commit(
      recordVersion({
        ...work,
        version: { version, kmsKeyId, kmsKeyArn, ...(keyMaterialId === undefined ? {} : { keyMaterialId }) },
      }),
    ); // 4
    return { version };
  };
}

async function adopt({ kms, tagging }: CreateVersionDependencies, { request, versions }: Work) {
  const known = new Set(versions.map(({ kmsKeyArn }) => kmsKeyArn));
  const tagged = (await findByRequest(tagging, request.requestId)).filter((arn) => !known.has(arn));
  const keys = await Promise.all(tagged.map((arn) => describeKmsKey(kms, arn)));
  return keys
    .filter((found): found is KmsKey => found?.keyState === 'Enabled')
    .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))[0];
}

function create({ kms, classes, roles }: CreateVersionDependencies, { key, request, versions }: Work) {
  return createKmsKey(kms, {
    keyId: key.keyId,
    requestId: request.requestId,
    owner: key.owner,
    description: `${key.alias} v${(versions.at(-1)?.version ?? 0) + 1}, managed by Keyward (${key.keyId})`,
    spec: key.spec,
    usage: key.usage,
    policy: policyFor({ key, classes, roles, protects: true }),
  });
}
