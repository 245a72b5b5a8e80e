import { randomBytes } from 'node:crypto';
import { ServiceError } from './errors.ts';
import { isImportedEverywhere } from './key-import.ts';
import type { Kms } from './kms.ts';
import { relatedKeys } from './multi-region.ts';
import type { ServiceEvent } from './operation.ts';
import type { KmsKey } from './store/keys.ts';
import { newMaterialId, type Rotation, type RotationType } from './store/materials.ts';
import type { RotationSchedule } from './store/rotation-schedules.ts';

const AES_256_BYTES = 32;

const DAY_MILLISECONDS = 86_400_000;

/**
 * Makes other material current, in all Regions of the key; the former ones still decrypt. It is new, or of an EXTERNAL
 * key what was imported for that. `at` is in epoch milliseconds. Throws KMSInvalidStateException when there is none.
 */
export function rotateMaterial(
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
  const next = kms.materials.list(key.id).find(({ awaitsRotation }) => awaitsRotation);
  if (next === undefined || !isImportedEverywhere(kms, key, next.id)) {
    throw new ServiceError(
      'KMSInvalidStateException',
      `${key.arn} has no key material that is pending rotation: import new key material, in every Region of the key.`,
    );
  }
  for (const related of relatedKeys(kms, key)) related.kms.materials.rotateTo(key.id, next.id, rotation);
  return next.id;
}

/** An automatic rotation; the next one is a period after this. */
export function rotateOnSchedule(
  kms: Kms,
  key: KmsKey,
  schedule: RotationSchedule,
  at: number,
): readonly ServiceEvent[] {
  putSchedule(kms, { ...schedule, nextAt: rotationDate(schedule, at) });
  return rotateMaterial(kms, key, 'AUTOMATIC', at);
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
