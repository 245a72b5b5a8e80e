import type { KMSClient } from '@aws-sdk/client-kms';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import * as z from 'zod';
import { aliasesOf, deleteAlias } from '../adapters/kms/aliases.ts';
import { scheduleKmsDeletion } from '../adapters/kms/deletion.ts';
import { describeKmsKey, listManaged } from '../adapters/kms/keys.ts';
import { getKmsPolicy } from '../adapters/kms/policies.ts';
import { log } from '../adapters/log.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { canonicalJson } from '../domain/canonical.ts';
import type { KeyRecord, VersionRecord } from '../domain/key.ts';
import { classNamed, type KeyClasses } from '../domain/key-class.ts';
import type { StepRoles } from '../domain/key-policy.ts';
import { policyFor } from '../domain/managed-policy.ts';
import { finalRequestStates, type RequestRecord } from '../domain/request.ts';

export interface OrphanDependencies {
  readonly registry: Pick<Registry, 'getRequest' | 'getKeyWithVersions'>;
  readonly kms: KMSClient;
  readonly tagging: ResourceGroupsTaggingAPIClient;
  readonly classes: KeyClasses;
  readonly roles: StepRoles;
}

export interface OrphansFound {
  readonly looked: number;
  readonly discarded: number;
  /** Keys with Keyward's tag that Keyward cannot account for and does not touch. */
  readonly strange: number;
}

/**
 * Finds the KMS keys that an attempt made and did not live to record, and puts them on their way to deletion.
 *
 * A tag can be put on any key by whoever may tag it, so a tag alone condemns nothing. A KMS key is discarded only when
 * the request that its tag names has ended without success, no version that ever was active stands on it, and it still
 * carries, to the letter, the policy that Keyward writes at creation. Everything else is reported and left alone.
 */
export async function discardOrphans(deps: OrphanDependencies): Promise<OrphansFound> {
  let looked = 0;
  let discarded = 0;
  let strange = 0;
  for await (const { kmsKeyArn, keyId, requestId } of listManaged(deps.tagging)) {
    looked += 1;
    const verdict = await judge(deps, kmsKeyArn, keyId, requestId);
    if (verdict === 'accounted for') continue;
    if (verdict === 'strange') {
      strange += 1;
      log.error('a KMS key carries Keyward’s tag and is not Keyward’s', { code: 'StrangeKey', kmsKeyArn });
      continue;
    }
    if (await discard(deps, kmsKeyArn, verdict.windowDays)) discarded += 1;
  }
  return { looked, discarded, strange };
}

type Verdict = 'accounted for' | 'strange' | { readonly windowDays: number };

async function judge(
  deps: OrphanDependencies,
  kmsKeyArn: string,
  keyId: string | undefined,
  requestId: string | undefined,
): Promise<Verdict> {
  if (keyId === undefined || requestId === undefined) return 'strange';
  const [found, request] = await Promise.all([
    deps.registry.getKeyWithVersions(keyId),
    deps.registry.getRequest(requestId),
  ]);
  if (found === undefined || request?.keyId !== keyId) return 'strange';
  if (standsOn(found.versions, kmsKeyArn) || mayStillRecord(request)) return 'accounted for';
  return (await carriesOurPolicy(deps, found.key, kmsKeyArn))
    ? { windowDays: classNamed(deps.classes, found.key.className).deletionWindowDays }
    : 'strange';
}

/** A version that was active, or that the next rotation will adopt, needs its KMS key. */
function standsOn(versions: readonly VersionRecord[], kmsKeyArn: string): boolean {
  return versions.some((version) => version.kmsKeyArn === kmsKeyArn && version.activatedAt !== undefined);
}

function mayStillRecord(request: RequestRecord): boolean {
  return !finalRequestStates.has(request.state);
}

async function carriesOurPolicy(
  { kms, classes, roles }: OrphanDependencies,
  key: KeyRecord,
  kmsKeyArn: string,
): Promise<boolean> {
  const carried = canonicalJson(z.json().parse(JSON.parse(await getKmsPolicy(kms, kmsKeyArn))));
  return carried === policyFor({ key, classes, roles, protects: true });
}

async function discard({ kms }: OrphanDependencies, kmsKeyArn: string, windowDays: number): Promise<boolean> {
  const found = await describeKmsKey(kms, kmsKeyArn);
  if (found === undefined || found.keyState === 'PendingDeletion') return false;
  for (const alias of await aliasesOf(kms, kmsKeyArn)) await deleteAlias(kms, alias);
  await scheduleKmsDeletion(kms, found.kmsKeyId, windowDays);
  log.warn('orphan discarded', { code: 'OrphanDiscarded', kmsKeyArn });
  return true;
}
