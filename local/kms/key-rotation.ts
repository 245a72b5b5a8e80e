import { randomBytes } from 'node:crypto';
import type { Kms } from './kms.ts';
import { relatedKeys } from './multi-region.ts';
import type { ServiceEvent } from './operation.ts';
import type { KmsKey } from './store/keys.ts';
import type { RotationType } from './store/materials.ts';
import type { RotationSchedule } from './store/rotation-schedules.ts';

const AES_256_BYTES = 32;

const DAY_MILLISECONDS = 86_400_000;

/** Makes new material current, in all Regions of the key; the old ones still decrypt. `at` is in epoch milliseconds. */
export function rotateMaterial(
  kms: Kms,
  key: KmsKey,
  rotationType: RotationType,
  at: number,
): readonly ServiceEvent[] {
  const secret = randomBytes(AES_256_BYTES);
  const previous = kms.materials.current(key.id).id;
  const rotation = { rotatedAt: at, rotationType };
  const current = kms.materials.add(key.id, secret, rotation);
  const replicas = relatedKeys(kms, key).filter((related) => related.key.arn !== key.arn);
  for (const replica of replicas) replica.kms.materials.add(key.id, secret, rotation, current);
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
    ...replicas.map((replica): ServiceEvent => ({ name: 'SynchronizeMultiRegionKey', key: replica })),
  ];
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
