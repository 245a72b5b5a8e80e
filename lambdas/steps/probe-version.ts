import type { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import { refusedWith } from '../adapters/aws-call.ts';
import { probeMessage, processArtefact, protect } from '../adapters/kms/use.ts';
import { NotSettled, ProbeFailed } from '../domain/errors.ts';
import { recordProbe } from '../domain/execution.ts';
import type { VersionRecord } from '../domain/key.ts';
import { live, takenOutOfUse } from '../domain/outcome.ts';
import { readHeldWork, type StepDependencies, stepInput, unbornVersion, type Work } from './held-key.ts';

/**
 * - `protects`: the new version encrypts or signs, and processes the result, which is kept for later probes;
 * - `processes`: every live version still processes what it once protected;
 * - `refused`: no version that the request takes out of use does anything any more.
 */
export const probeInput = stepInput.extend({ expect: z.enum(['protects', 'processes', 'refused']) });

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
    for (const version of versions) {
      await (input.expect === 'processes' ? provesItself(deps.kms, version) : refuses(deps, version));
    }
    return { probed: versions.map(({ version }) => version) };
  };
}

/** A version that never came to be probed was never named by the alias either: nobody can have used it. */
function stopped({ request, versions }: Work): VersionRecord[] {
  return takenOutOfUse(request, versions).filter(
    ({ state, probe }) => state !== 'pre-activation' || probe !== undefined,
  );
}

async function probeNew({ kms, registry }: ProbeDependencies, work: Work): Promise<number> {
  const version = unbornVersion(work);
  if (version === undefined) throw new ProbeFailed('There is no new version to probe.');
  if (version.probe !== undefined) return version.version;
  const message = probeMessage(version.keyId);
  const probe = await settled(version, async () => {
    const artefact = await protect(kms, version.kmsKeyId, work.key.usage, message);
    await processArtefact(kms, version.kmsKeyId, artefact, message);
    return artefact;
  });
  await registry.commit(recordProbe({ ...work, version, probe }));
  return version.version;
}

async function provesItself(kms: KMSClient, version: VersionRecord): Promise<void> {
  const { probe } = version;
  if (probe === undefined)
    throw new ProbeFailed(`Version ${version.version} has no probe to prove itself with.`);
  await settled(version, () => processArtefact(kms, version.kmsKeyId, probe, probeMessage(version.keyId)));
}

/** KMS may not show a new or newly enabled key to every caller: that is asked again, not failed. */
async function settled<T>(version: VersionRecord, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (refusedWith(error, 'NotFoundException', 'DisabledException', 'KMSInvalidStateException')) {
      throw new NotSettled(`KMS does not let version ${version.version} be used yet.`, {}, { cause: error });
    }
    throw error;
  }
}

async function refuses({ kms, pause }: ProbeDependencies, version: VersionRecord): Promise<void> {
  const { probe } = version;
  if (probe === undefined)
    throw new ProbeFailed(`Version ${version.version} has no probe to try its use with.`);
  for (let seen = 0; seen < CONSECUTIVE_REFUSALS; seen += 1) {
    if (seen > 0) await pause(SETTLE_MILLISECONDS);
    const works = await processArtefact(kms, version.kmsKeyId, probe, probeMessage(version.keyId)).then(
      () => true,
      (error: unknown) => {
        if (refusedWith(error, 'DisabledException', 'KMSInvalidStateException')) return false;
        throw error;
      },
    );
    if (works)
      throw new NotSettled(`Version ${version.version} can still be used.`, { version: version.version });
  }
}
