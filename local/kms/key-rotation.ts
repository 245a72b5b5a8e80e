import { randomBytes } from 'node:crypto';
import { DAY_MILLISECONDS } from '../clock/day.ts';
import { ServiceError } from './errors.ts';
import { isImportedEverywhere } from './key-import.ts';
import type { Kms } from './kms.ts';
import { relatedKeys } from './multi-region.ts';
import type { ServiceEvent } from './operation.ts';
import type { KmsKey } from './store/keys.ts';
import { type Material, newMaterialId, type Rotation, type RotationType } from './store/materials.ts';
import type { RotationSchedule } from './store/rotation-schedules.ts';
import type { RunningRotation } from './store/running-rotations.ts';

const AES_256_BYTES = 32;

/** What `Durations` calls the two. */
const LENGTHS = { AUTOMATIC: 'RotateKey', ON_DEMAND: 'RotateKeyOnDemand' } as const satisfies Record<
  RotationType,
  string
>;

/**
 * Begins a rotation at `at`, in epoch milliseconds, and completes it unless it takes its time; what is recorded then comes
 * back. Throws KMSInvalidStateException when an EXTERNAL key has no material for it.
 */
export function beginRotation(
  kms: Kms,
  key: KmsKey,
  rotationType: RotationType,
  at: number,
): readonly ServiceEvent[] {
  const takes = kms.durations.of(LENGTHS[rotationType]);
  if (takes === 0) return rotateMaterial(kms, key, rotationType, at);
  if (key.origin === 'EXTERNAL') importedForRotation(kms, key);
  kms.runningRotations.put(key.id, { rotationType, startedAt: at, endsAt: at + takes });
  return [];
}

/** Ends without effect when the material that was imported for it has been deleted meanwhile. */
export function completeRotation(
  kms: Kms,
  key: KmsKey,
  { rotationType, endsAt }: RunningRotation,
): readonly ServiceEvent[] {
  kms.runningRotations.remove(key.id);
  if (key.origin === 'EXTERNAL' && findImportedForRotation(kms, key) === undefined) return [];
  return rotateMaterial(kms, key, rotationType, endsAt);
}

/** That of the key, in whichever of its Regions it began. */
export function runningRotation(kms: Kms, key: KmsKey): RunningRotation | undefined {
  return relatedKeys(kms, key)
    .map((related) => related.kms.runningRotations.find(key.id))
    .find((running) => running !== undefined);
}

/**
 * Makes other material current, in all Regions of the key; the former ones still decrypt. It is new, or of an EXTERNAL
 * key what was imported for that. `at` is in epoch milliseconds. Throws KMSInvalidStateException when there is none.
 */
function rotateMaterial(
  kms: Kms,
  key: KmsKey,
  rotationType: RotationType,
  at: number,
): readonly ServiceEvent[] {
  const previous = kms.materials.current(key.id).id;
  const rotation = { rotatedAt: at, rotationType };
  const current =
    key.origin === 'EXTERNAL' ? rotateToImported(kms, key, rotation) : rotateToNew(kms, key, rotation);
  const replicas = relatedKeys(kms, key).filter((related) => related.key.arn !== key.arn);
  return [
    {
      name: 'RotateKey',
      key: { kms, key },
      details: {
        rotationType,
        keyOrigin: key.origin,
        previousKeyMaterialId: previous,
        currentKeyMaterialId: current,
        keyId: key.id,
      },
    },
    ...(replicas.length === 0 ? [] : [{ name: 'SynchronizeMultiRegionKey', key: { kms, key } } as const]),
  ];
}

/** Returns the id of the new material. */
function rotateToNew(kms: Kms, key: KmsKey, rotation: Rotation): string {
  const secret = randomBytes(AES_256_BYTES);
  const id = newMaterialId();
  for (const related of relatedKeys(kms, key)) related.kms.materials.add(key.id, secret, rotation, id);
  return id;
}

/** Returns the id of the imported material. */
function rotateToImported(kms: Kms, key: KmsKey, rotation: Rotation): string {
  const next = importedForRotation(kms, key);
  for (const related of relatedKeys(kms, key)) related.kms.materials.rotateTo(key.id, next.id, rotation);
  return next.id;
}

function importedForRotation(kms: Kms, key: KmsKey): Material {
  const next = findImportedForRotation(kms, key);
  if (next !== undefined) return next;
  throw new ServiceError(
    'KMSInvalidStateException',
    `${key.arn} has no key material that is pending rotation: import new key material, in every Region of the key.`,
  );
}

function findImportedForRotation(kms: Kms, key: KmsKey): Material | undefined {
  const next = kms.materials.list(key.id).find(({ awaitsRotation }) => awaitsRotation);
  return next !== undefined && isImportedEverywhere(kms, key, next.id) ? next : undefined;
}

/** An automatic rotation that fell due at `dueAt` and begins at `at`; the next one is due a period after it was. */
export function rotateOnSchedule(
  kms: Kms,
  key: KmsKey,
  schedule: RotationSchedule,
  dueAt: number,
  at = dueAt,
): readonly ServiceEvent[] {
  putSchedule(kms, { ...schedule, nextAt: rotationDate(schedule, dueAt) });
  return beginRotation(kms, key, 'AUTOMATIC', at);
}

/** Replicas are rotated with their primary key, and show its schedule. */
export function putSchedule(kms: Kms, schedule: RotationSchedule): void {
  for (const related of relatedKeys(kms, { id: schedule.keyId })) related.kms.rotationSchedules.put(schedule);
}

export function removeSchedule(kms: Kms, keyId: string): void {
  for (const related of relatedKeys(kms, { id: keyId })) related.kms.rotationSchedules.remove(keyId);
}

/** When a key is next rotated whose period begins at `from`, both in epoch milliseconds. */
export function rotationDate({ periodInDays }: Pick<RotationSchedule, 'periodInDays'>, from: number): number {
  return from + periodInDays * DAY_MILLISECONDS;
}
