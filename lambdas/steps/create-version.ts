import type { KMSClient } from '@aws-sdk/client-kms';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { refusedWith } from '../adapters/aws-call.ts';
import { listGrants } from '../adapters/kms/grants.ts';
import { createKmsKey, describeKmsKey, findByRequest, type KmsKey } from '../adapters/kms/keys.ts';
import { looks, type Pause } from '../adapters/kms/looks.ts';
import { getKmsPolicy } from '../adapters/kms/policies.ts';
import { log } from '../adapters/log.ts';
import { type Foundling, foreignTrait } from '../domain/adoption.ts';
import { recordVersion } from '../domain/execution.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { KeyClasses } from '../domain/key-class.ts';
import type { StepRoles } from '../domain/key-policy.ts';
import { policyFor } from '../domain/managed-policy.ts';
import { unbornVersion } from '../domain/versions.ts';
import { readHeldWork, type StepDependencies, type StepInput, type Work } from './held-key.ts';

export interface CreateVersionDependencies extends StepDependencies {
  readonly kms: KMSClient;
  readonly pause: Pause;
  readonly tagging: ResourceGroupsTaggingAPIClient;
  readonly classes: KeyClasses;
  readonly roles: StepRoles;
}

/**
 * Makes the KMS key of a new version, once.
 *
 * 1. A version that this request has recorded is the answer.
 * 2. A KMS key that carries this request's tags and is in every respect as step 3 makes it was made by an attempt that did
 *    not live to record it: adopted, of several the oldest. Any other is a stranger, and not touched. It is looked at several
 *    times: what one look does not show, such as a grant of a moment ago, another does.
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

async function adopt(deps: CreateVersionDependencies, work: Work): Promise<KmsKey | undefined> {
  const { request, key, versions } = work;
  const known = new Set(versions.map(({ kmsKeyArn }) => kmsKeyArn));
  const tagged = (await findByRequest(deps.tagging, request)).filter((arn) => !known.has(arn));
  const ours: KmsKey[] = [];
  for (const kmsKeyArn of tagged) {
    let kmsKey: KmsKey | undefined;
    let trait: string | undefined;
    for await (const foundling of looks(deps.pause, () => lookAt(deps.kms, kmsKeyArn))) {
      kmsKey ??= foundling?.kmsKey;
      trait = foundling && foreignTrait(foundling, key, newPolicy(deps, key));
      if (trait !== undefined) break;
    }
    if (kmsKey !== undefined && trait === undefined) ours.push(kmsKey);
    else
      log.warn('a tagged KMS key is not adopted', {
        code: 'NotAdopted',
        kmsKeyArn,
        trait: trait ?? 'hidden',
      });
  }
  return ours.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))[0];
}

/**
 * Undefined for a KMS key that does not let itself be looked at: somebody else's need not, and KMS may not show a new one to
 * everybody yet.
 */
async function lookAt(
  kms: KMSClient,
  kmsKeyArn: string,
): Promise<(Foundling & { readonly kmsKey: KmsKey }) | undefined> {
  try {
    const kmsKey = await describeKmsKey(kms, kmsKeyArn);
    if (kmsKey === undefined) return undefined;
    const policy = await getKmsPolicy(kms, kmsKeyArn);
    return { kmsKey, policy, grants: (await listGrants(kms, kmsKeyArn)).length };
  } catch (error) {
    if (refusedWith(error, 'AccessDeniedException', 'NotFoundException')) return undefined;
    throw error;
  }
}

function create(deps: CreateVersionDependencies, { key, request, versions }: Work): Promise<KmsKey> {
  return createKmsKey(deps.kms, {
    keyId: key.keyId,
    requestId: request.requestId,
    owner: key.owner,
    description: `${key.alias} v${(versions.at(-1)?.version ?? 0) + 1}, managed by Keyward (${key.keyId})`,
    spec: key.spec,
    usage: key.usage,
    policy: newPolicy(deps, key),
  });
}

function newPolicy({ classes, roles }: CreateVersionDependencies, key: KeyRecord): string {
  return policyFor({ key, classes, roles, protects: true });
}
