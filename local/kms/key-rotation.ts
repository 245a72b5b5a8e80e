import { randomBytes } from 'node:crypto';
import type { Kms } from './kms.ts';
import type { ServiceEvent } from './operation.ts';
import type { KmsKey } from './store/keys.ts';
import type { RotationType } from './store/materials.ts';
import type { RotationSchedule } from './store/rotation-schedules.ts';

const AES_256_BYTES = 32;

const DAY_MILLISECONDS = 86_400_000;

/** Makes new material current; the old ones still decrypt. `at` is in epoch milliseconds. */
export function rotateMaterial(kms: Kms, key: KmsKey, rotationType: RotationType, at: number): ServiceEvent {
  const previous = kms.materials.current(key.id).id;
  const current = kms.materials.add(key.id, randomBytes(AES_256_BYTES), { rotatedAt: at, rotationType });
  return {
    name: 'RotateKey',
    keyArn: key.arn,
    details: {
      rotationType,
      keyOrigin: 'AWS_KMS',
      previousKeyMaterialId: previous,
      currentKeyMaterialId: current,
      keyId: key.id,
    },
  };
}

/** An automatic rotation; the next one is a period after this. */
export function rotateOnSchedule(
  kms: Kms,
  key: KmsKey,
  schedule: RotationSchedule,
  at: number,
): ServiceEvent {
  kms.rotationSchedules.put({ ...schedule, nextAt: rotationDate(schedule, at) });
  return rotateMaterial(kms, key, 'AUTOMATIC', at);
}

/** When a key is next rotated whose period begins at `from`, both in epoch milliseconds. */
export function rotationDate({ periodInDays }: Pick<RotationSchedule, 'periodInDays'>, from: number): number {
  return from + periodInDays * DAY_MILLISECONDS;
}
