import type { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import { refusedWith } from '../adapters/aws-call.ts';
import { probeMessage, processArtefact, protect } from '../adapters/kms/use.ts';
import { NotSettled, ProbeFailed } from '../domain/errors.ts';
import { recordProbe } from '../domain/execution.ts';
import type { VersionRecord } from '../domain/key.ts';
import { distinctKmsKeys, live, unbornVersion, usableVersions } from '../domain/versions.ts';
import { everyKmsKey, unlessNew } from './every-kms-key.ts';
import { readHeldWork, type StepDependencies, stepInput, type Work } from './held-key.ts';

/**
 * - `protects`: the new version encrypts or signs, and processes the result, which is kept for later probes;
 * - `processes`: every live version still processes what it once protected;
 * - `refused`: no version that the request takes out of use does anything any more.
 */
export const probeInput = stepInput.extend({ expect: z.enum(['protects', 'processes', 'refused']) });

const unsettledCodes = ['NotFoundException', 'DisabledException', 'KMSInvalidStateException'];

/** KMS shows a change to some callers before others: one answer proves nothing. */
const CONSECUTIVE_REFUSALS = 3;
const SETTLE_MILLISECONDS = 500;

interface ProbeDependencies extends StepDependencies {
  readonly kms: KMSClient;
  /** Waits so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

/** Proves by use, not by reading a state, what the versions of a key can do. Throws ProbeFailed or NotSettled. */
export function probeVersion(deps: ProbeDependencies) {
  return async (input: z.infer<typeof probeInput>): Promise<{ probed: number[] }> => {
    const work = await readHeldWork(deps, 'probe-version', input);
    if (input.expect === 'protects') return { probed: [await probeNew(deps, work)] };
    const versions = input.expect === 'processes' ? live(work.versions) : stopped(work);
    await (input.expect === 'processes' ? process(deps, work, versions) : refuse(deps, work, versions));
    return { probed: versions.map(({ version }) => version) };
  };
}

/** A version that never came to be probed was never named by the alias either: nobody can have used it. */
function stopped({ versions }: Work): VersionRecord[] {
  return usableVersions(versions).filter(
    ({ state, probe }) => state !== 'pre-activation' || probe !== undefined,
  );
}

async function probeNew({ kms, registry }: ProbeDependencies, work: Work): Promise<number> {
  const version = unbornVersion(work);
  if (version === undefined) throw new ProbeFailed('There is no new version to probe.');
  if (version.probe !== undefined) return version.version;
  const message = probeMessage(version.keyId);
  const probe = await settled(version, work, async () => {
    const artefact = await protect(kms, version.kmsKeyId, work.key.usage, message);
    await processArtefact(kms, version.kmsKeyId, artefact, message);
    return artefact;
  });
  await registry.commit(recordProbe({ ...work, version, probe }));
  return version.version;
}

/** Of versions that share a KMS key each has its own material. */
async function process(
  deps: ProbeDependencies,
  work: Work,
  versions: readonly VersionRecord[],
): Promise<void> {
  await everyKmsKey(deps, work, versions, async ({ kmsKeyId }) => {
    for (const version of versions) {
      if (version.kmsKeyId === kmsKeyId) await provesItself(deps.kms, version, work);
    }
  });
}

async function provesItself(kms: KMSClient, version: VersionRecord, work: Work): Promise<void> {
  const { probe, kmsKeyId, keyId } = version;
  if (probe === undefined) {
    throw new ProbeFailed(`Version ${version.version} has no probe to prove itself with.`);
  }
  await settled(version, work, () => processArtefact(kms, kmsKeyId, probe, probeMessage(keyId)));
}

/** KMS may not show a new or newly enabled key to every caller: that is asked again, not failed. */
async function settled<T>(version: VersionRecord, work: Work, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (refusedWith(error, ...unsettledCodes)) {
      throw new NotSettled(`KMS does not let version ${version.version} be used yet.`, {}, { cause: error });
    }
    throw unlessNew(error, version, work);
  }
}

/** One version speaks for its KMS key, which is refused as a whole. All are tried at once: a key may have many. */
async function refuse(
  { kms, pause }: ProbeDependencies,
  work: Work,
  versions: readonly VersionRecord[],
): Promise<void> {
  for (let seen = 0; seen < CONSECUTIVE_REFUSALS; seen += 1) {
    if (seen > 0) await pause(SETTLE_MILLISECONDS);
    await Promise.all(distinctKmsKeys(versions).map((version) => refuses(kms, version, work)));
  }
}

async function refuses(kms: KMSClient, version: VersionRecord, work: Work): Promise<void> {
  const { probe } = version;
  if (probe === undefined) {
    throw new ProbeFailed(`Version ${version.version} has no probe to try its use with.`);
  }
  try {
    await processArtefact(kms, version.kmsKeyId, probe, probeMessage(version.keyId));
  } catch (error) {
    if (refusedWith(error, 'DisabledException', 'KMSInvalidStateException')) return;
    throw unlessNew(error, version, work);
  }
  throw new NotSettled(`Version ${version.version} can still be used.`, { version: version.version });
}
