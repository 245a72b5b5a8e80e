import { expect } from 'vitest';
import { refusedWith } from '../../lambdas/adapters/aws-call.ts';
import { describeKmsKey } from '../../lambdas/adapters/kms/keys.ts';
import { probeMessage, processArtefact, protect } from '../../lambdas/adapters/kms/use.ts';
import type { KeyRecord, VersionRecord } from '../../lambdas/domain/key.ts';
import { type LedgerEntry, verifyChain } from '../../lambdas/domain/ledger.ts';
import { quorumOutcome } from '../../lambdas/domain/quorum.ts';
import { finalRequestStates, type RequestRecord } from '../../lambdas/domain/request.ts';
import { live } from '../../lambdas/domain/versions.ts';
import { historyFaults } from '../../verify/history.ts';
import type { World } from './world.ts';

interface Subject {
  readonly key: KeyRecord;
  readonly versions: readonly VersionRecord[];
  readonly ledger: readonly LedgerEntry[];
  readonly requests: readonly RequestRecord[];
}

/** Checks what must hold of a key when nothing runs any more, whatever happened on the way. */
export async function expectInvariants(world: World, keyId: string): Promise<void> {
  const subject = await read(world, keyId);
  const { key, versions, ledger } = subject;

  // No state change without its entry, and the chain verifies.
  expect(verifyChain(ledger, key)).toMatchObject({ ok: true });

  await expectVerifiable(world, subject);
  await expectEnded(world, subject);
  expectTurns(subject);
  expectApproved(world, subject);
  expectEmergenciesTold(subject);
  await expectNoOrphans(world);

  // KMS is as the registry says.
  for (const version of live(versions)) {
    const kmsKey = await describeKmsKey(world.kms, version.kmsKeyArn);
    expect(kmsKey?.keyState ?? 'Deleted', `version ${version.version}`).toBe(version.backendState);
  }
  if (key.state === 'active') await expectUsable(world, subject);
}

/** Whoever verifies an export of any of its requests finds that the ledger tells of it as it went. */
async function expectVerifiable({ registry }: World, { ledger, requests }: Subject): Promise<void> {
  for (const request of requests) {
    const decisions = await registry.getDecisions(request.requestId);
    expect(historyFaults({ request, decisions, ledger: [...ledger] }), request.parameters.operation).toEqual(
      [],
    );
  }
}

/** Every request has ended, executed at most once, on the quorum it needed, and holds nothing. */
async function expectEnded(world: World, { key, ledger, requests }: Subject): Promise<void> {
  for (const request of requests) {
    const { requestId, state } = request;
    expect(finalRequestStates, requestId).toContain(state);
    const started = ledger.filter(
      (entry) => entry.requestId === requestId && entry.event === 'execution-started',
    );
    expect(started.length).toBeLessThanOrEqual(1);
    if (started.length > 0) {
      expect(quorumOutcome(request, await world.registry.getDecisions(requestId))).toBe('approved');
    }
  }
  expect(key.lease).toBeUndefined();
  expect(key.openRequests).toEqual({});
}

/** Who holds the key says so in the ledger before anything else; until then nobody else records what was done to it. */
function expectTurns({ ledger }: Subject): void {
  let holder: string | undefined;
  for (const { event, requestId } of ledger) {
    if (takes.has(event)) holder = requestId;
    if (acts.has(event)) expect(requestId, event).toBe(holder);
  }
}

const takes = new Set(['execution-started', 'execution-resumed', 'undo-started']);
const acts = new Set([
  'version-created',
  'version-probed',
  'version-discarded',
  'version-named',
  'version-retired',
  'activated',
  'rotated',
  'suspended',
  'compromised',
  'reinstated',
  'emergency-revoked',
  'destruction-scheduled',
  'destruction-cancelled',
]);

/**
 * A KMS key that ever lived was disabled only after a revocation or destruction of the key had begun, and its deletion
 * scheduled only on one whose approvers had seen that very KMS key. That each of them had its quorum is seen above.
 */
function expectApproved({ trail }: World, { versions, ledger, requests }: Subject): void {
  const taking = requests.filter(
    ({ requestId, parameters: { operation } }) =>
      // The emergency is the one exception: see `expectEmergenciesTold`.
      (operation === 'revoke' || operation === 'destroy' || operation === 'emergency-revoke') &&
      ledger.some((entry) => entry.requestId === requestId && entry.event === 'execution-started'),
  );
  const shown = taking
    .filter(({ parameters: { operation } }) => operation === 'destroy')
    .flatMap(({ evidence }) => evidence?.kmsKeys.map(({ kmsKeyArn }) => kmsKeyArn) ?? []);
  const lived = versions.filter(({ activatedAt }) => activatedAt !== undefined);
  for (const { kmsKeyArn } of lived) {
    const ofSteps = trail.filter(({ by, to }) => by !== '' && to.includes(kmsKeyArn));
    const deeds = new Set(ofSteps.map(({ did }) => did));
    if (deeds.has('DisableKey')) expect(taking.length, kmsKeyArn).toBeGreaterThan(0);
    if (deeds.has('ScheduleKeyDeletion')) expect(shown).toContain(kmsKeyArn);
  }
}

/** What disables without an approval is recorded as such, on the word of a person, and the quorum has been asked since. */
function expectEmergenciesTold({ ledger, requests }: Subject): void {
  for (const { requestId, parameters, requester, state } of requests) {
    if (parameters.operation !== 'emergency-revoke') continue;
    expect(requester.kind).toBe('person');
    const told = ledger.filter((entry) => entry.requestId === requestId);
    for (const event of state === 'succeeded' ? ['requested', 'emergency-revoked'] : ['requested']) {
      const entry = told.find((each) => each.event === event);
      expect(entry?.details.emergency, event).toMatch(/^without an approval/);
    }
    if (state !== 'succeeded') continue;
    const asked = requests.filter(
      ({ parameters: about }) => about.operation === 'ratify' && about.emergencyRequestId === requestId,
    );
    expect(asked.length, 'nobody was asked to ratify').toBeGreaterThan(0);
    expect(new Set(asked.map((each) => each.requester.id))).toEqual(new Set([requester.id]));
  }
}

/** Every KMS key that was made carries a version that lived, or is on its way to deletion. */
async function expectNoOrphans({ trail, registry, kms }: World): Promise<void> {
  const made = trail.filter(({ by, did }) => by === 'CreateVersion' && did === 'CreateKey');
  for (const kmsKeyArn of made.flatMap(({ to }) => to)) {
    const owner = await registry.keyIdOfKmsKey(kmsKeyArn);
    const found = owner === undefined ? undefined : await registry.getKeyWithVersions(owner);
    const lived = found?.versions.some(
      (version) => version.kmsKeyArn === kmsKeyArn && version.activatedAt !== undefined,
    );
    if (lived === true) continue;
    const kmsKey = await describeKmsKey(kms, kmsKeyArn);
    expect(kmsKey?.keyState ?? 'PendingDeletion', kmsKeyArn).toBe('PendingDeletion');
  }
}

/**
 * An active key: its alias leads to its current version, which protects, and no other KMS key of it does; everything
 * they ever protected can be read.
 */
async function expectUsable(world: World, { key, versions }: Subject): Promise<void> {
  const current = versions.find(({ version }) => version === key.currentVersion);
  expect((await describeKmsKey(world.kms, key.alias))?.kmsKeyArn).toBe(current?.kmsKeyArn);
  const message = probeMessage(key.keyId);
  await protect(world.kms, key.alias, key.usage, message);
  for (const { kmsKeyId, probe } of live(versions)) {
    if (probe !== undefined) await processArtefact(world.kms, kmsKeyId, probe, message);
    if (kmsKeyId === current?.kmsKeyId) continue;
    const refused = await protect(world.kms, kmsKeyId, key.usage, message).catch((error: unknown) => error);
    expect(refusedWith(refused, 'AccessDeniedException'), `${kmsKeyId} still protects`).toBe(true);
  }
}

async function read({ registry }: World, keyId: string): Promise<Subject> {
  const found = await registry.getKeyWithVersions(keyId);
  if (found === undefined) throw new Error(`There is no key ${keyId}.`);
  const ledger = await registry.getWholeLedger(keyId);
  const requestIds = [...new Set(ledger.flatMap(({ requestId }) => requestId ?? []))];
  const requests = await Promise.all(requestIds.map(async (requestId) => registry.getRequest(requestId)));
  return { ...found, ledger, requests: requests.filter((request) => request !== undefined) };
}
