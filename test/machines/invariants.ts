import {
  GetResourcesCommand,
  ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { expect } from 'vitest';
import { describeKmsKey, tagNames } from '../../lambdas/adapters/kms/keys.ts';
import { probeMessage, processArtefact, protect } from '../../lambdas/adapters/kms/use.ts';
import { verifyChain } from '../../lambdas/domain/ledger.ts';
import { live } from '../../lambdas/domain/outcome.ts';
import { quorumOutcome } from '../../lambdas/domain/quorum.ts';
import { finalRequestStates } from '../../lambdas/domain/request.ts';
import type { World } from './world.ts';

/** Checks what must hold of a key when nothing runs any more, whatever happened on the way. */
export async function expectInvariants(world: World, keyId: string): Promise<void> {
  const found = await world.registry.getKeyWithVersions(keyId);
  if (found === undefined) throw new Error(`There is no key ${keyId}.`);
  const { key, versions } = found;
  const ledger = await world.registry.getWholeLedger(keyId);

  // No state change without its entry, and the chain verifies.
  expect(verifyChain(ledger, key)).toMatchObject({ ok: true });

  // Every request has ended, executed at most once, and holds nothing.
  const requestIds = [...new Set(ledger.flatMap(({ requestId }) => requestId ?? []))];
  for (const requestId of requestIds) {
    const request = await world.registry.getRequest(requestId);
    expect(finalRequestStates.has(request?.state ?? 'accepted'), `${requestId} is ${request?.state}`).toBe(
      true,
    );
    const started = ledger.filter(
      (entry) => entry.requestId === requestId && entry.event === 'execution-started',
    );
    expect(started.length).toBeLessThanOrEqual(1);
    // Nothing that needed a quorum was done without one.
    if (request !== undefined && request.approval.quorum > 0 && started.length > 0) {
      expect(quorumOutcome(request, await world.registry.getDecisions(requestId))).toBe('approved');
    }
  }
  expect(key.lease).toBeUndefined();
  expect(key.openRequests).toEqual({});

  // KMS is as the registry says.
  for (const version of live(versions)) {
    const kmsKey = await describeKmsKey(world.kms, version.kmsKeyArn);
    expect(kmsKey?.keyState ?? 'Deleted', `version ${version.version}`).toBe(version.backendState);
  }

  // No orphans: every KMS key made for this key carries a version that lived, or is on its way to deletion.
  for (const kmsKeyArn of await madeFor(world, keyId)) {
    const lived = versions.some(
      (version) => version.kmsKeyArn === kmsKeyArn && version.activatedAt !== undefined,
    );
    const kmsKey = await describeKmsKey(world.kms, kmsKeyArn);
    expect(lived || kmsKey?.keyState === 'PendingDeletion', `${kmsKeyArn} is ${kmsKey?.keyState}`).toBe(true);
  }

  if (key.state === 'active') await expectUsable(world, keyId);
}

/** An active key: its alias leads to its current version, which protects; everything it ever protected can be read. */
async function expectUsable(world: World, keyId: string): Promise<void> {
  const found = await world.registry.getKeyWithVersions(keyId);
  if (found === undefined) throw new Error(`There is no key ${keyId}.`);
  const { key, versions } = found;
  const current = versions.find(({ version }) => version === key.currentVersion);
  expect((await describeKmsKey(world.kms, key.alias))?.kmsKeyArn).toBe(current?.kmsKeyArn);
  const message = probeMessage(keyId);
  await protect(world.kms, key.alias, key.usage, message);
  for (const { kmsKeyId, probe } of live(versions)) {
    if (probe !== undefined) await processArtefact(world.kms, kmsKeyId, probe, message);
  }
}

async function madeFor(world: World, keyId: string): Promise<string[]> {
  const { endpoint, region, credentials } = world.kms.config;
  const client = new ResourceGroupsTaggingAPIClient({ endpoint: await endpoint?.(), region, credentials });
  const { ResourceTagMappingList: found = [] } = await client.send(
    new GetResourcesCommand({ TagFilters: [{ Key: tagNames.keyId, Values: [keyId] }] }),
  );
  return found.flatMap(({ ResourceARN: arn }) => arn ?? []);
}
