import * as z from 'zod';
import { limitExceeded, ServiceError, unsupported } from '../errors.ts';
import { isImportedEverywhere } from '../key-import.ts';
import {
  beginRotation,
  putSchedule,
  removeSchedule,
  rotationDate,
  runningRotation,
} from '../key-rotation.ts';
import { encryptsSymmetrically, isOfCustomKeyStore } from '../key-specs.ts';
import type { KeyState } from '../key-states.ts';
import type { Kms } from '../kms.ts';
import { type JsonObject, keyOperation } from '../operation.ts';
import { pageOf } from '../protocol/pagination.ts';
import type { KmsKey } from '../store/keys.ts';
import { currentOf, type Material } from '../store/materials.ts';
import { integer, keyId, pagination } from './fields.ts';
import { epochSeconds, expiration } from './key-metadata.ts';

/** AWS does not raise this limit. */
const ON_DEMAND_ROTATIONS_PER_KEY = 25;

const DEFAULT_PERIOD_IN_DAYS = 365;

/** So long before an automatic rotation, none is made on demand. */
const QUIET_MILLISECONDS = 20 * 60_000;

const DYING: ReadonlySet<KeyState> = new Set(['PendingDeletion', 'PendingReplicaDeletion']);

const keyOnly = z.object({ KeyId: keyId });

/** Also changes the period of a key that is already rotated; either way it begins now. */
export const enableKeyRotation = keyOperation({
  schema: z.object({ KeyId: keyId, RotationPeriodInDays: integer(90, 2560).optional() }),
  readOnly: false,
  conditions: (input) => ({
    'kms:rotationperiodindays': [String(input.RotationPeriodInDays ?? DEFAULT_PERIOD_IN_DAYS)],
  }),
  refuseKind: refuseAutomaticRotation,
  handle: ({ kms, key, now }, input) => {
    const periodInDays = input.RotationPeriodInDays ?? DEFAULT_PERIOD_IN_DAYS;
    const nextAt = rotationDate({ periodInDays }, now);
    putSchedule(kms, { keyId: key.id, periodInDays, nextAt });
    return {};
  },
});

export const disableKeyRotation = keyOperation({
  schema: keyOnly,
  readOnly: false,
  refuseKind: refuseAutomaticRotation,
  handle: ({ kms, key }) => {
    removeSchedule(kms, key.id);
    return {};
  },
});

/** AWS KMS answers while the rotation still runs. Here it is complete then, unless a test asks for more. */
export const rotateKeyOnDemand = keyOperation({
  schema: keyOnly,
  readOnly: false,
  refuseKind: refuseRotationHere,
  handle: ({ kms, key, now }) => {
    const materials = kms.materials.list(key.id);
    const onDemand = materials.filter(({ rotationType }) => rotationType === 'ON_DEMAND').length;
    if (onDemand >= ON_DEMAND_ROTATIONS_PER_KEY) {
      throw limitExceeded(
        `${key.arn} was rotated on demand ${ON_DEMAND_ROTATIONS_PER_KEY} times, and cannot be again: use a new key.`,
      );
    }
    if (runningRotation(kms, key) !== undefined) {
      throw new ServiceError('ConflictException', `A rotation of ${key.arn} is in progress.`);
    }
    const schedule = kms.rotationSchedules.find(key.id);
    if (schedule !== undefined && schedule.nextAt - now <= QUIET_MILLISECONDS) {
      throw new ServiceError(
        'ConflictException',
        `${key.arn} is rotated automatically within the next 20 minutes.`,
      );
    }
    return {
      output: { KeyId: key.id },
      responseElements: { keyId: key.id },
      serviceEvents: beginRotation(kms, key, 'ON_DEMAND', now),
    };
  },
});

/** A key pending deletion keeps its schedule, and does not show it. */
export const getKeyRotationStatus = keyOperation({
  schema: keyOnly,
  readOnly: true,
  refuseKind: (key) => {
    refuseUnrotatable(key);
    if (key.state === 'PendingImport') refuseImported(key);
  },
  handle: ({ kms, key }) => {
    const schedule = DYING.has(key.state) ? undefined : kms.rotationSchedules.find(key.id);
    const running = runningRotation(kms, key);
    return {
      output: {
        KeyId: key.id,
        KeyRotationEnabled: schedule !== undefined,
        ...(schedule === undefined
          ? {}
          : {
              RotationPeriodInDays: schedule.periodInDays,
              NextRotationDate: epochSeconds(schedule.nextAt),
            }),
        ...(running?.rotationType === 'ON_DEMAND'
          ? { OnDemandRotationStartDate: epochSeconds(running.startedAt) }
          : {}),
      },
    };
  },
});

export const listKeyRotations = keyOperation({
  schema: z.object({
    KeyId: keyId,
    IncludeKeyMaterial: z.enum(['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY']).default('ROTATIONS_ONLY'),
    ...pagination(100, 1000),
  }),
  readOnly: true,
  refuseKind: refuseUnrotatable,
  handle: ({ kms, key }, input) => {
    const materials = kms.materials.list(key.id);
    const places = new Map(materials.map((material, index) => [material, String(index).padStart(6, '0')]));
    const { items, position } = pageOf(
      input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL'
        ? materials
        : materials.filter(({ rotatedAt }) => rotatedAt !== null),
      (material) => places.get(material) ?? '',
      input,
    );
    const current = currentOf(materials);
    return {
      output: { Rotations: items.map((material) => rotationEntry(kms, key, material, current)), ...position },
    };
  },
});

function rotationEntry(kms: Kms, key: KmsKey, material: Material, current: Material | undefined): JsonObject {
  const { id, rotatedAt, rotationType } = material;
  return {
    KeyId: key.id,
    KeyMaterialId: id,
    KeyMaterialState: material.awaitsRotation
      ? pendingState(kms, key, id)
      : id === current?.id
        ? 'CURRENT'
        : 'NON_CURRENT',
    RotationDate: rotatedAt === null ? undefined : epochSeconds(rotatedAt),
    RotationType: rotationType ?? undefined,
    ...(key.origin === 'EXTERNAL' ? importedFields(material) : {}),
  };
}

function pendingState(kms: Kms, key: KmsKey, materialId: string) {
  return isImportedEverywhere(kms, key, materialId)
    ? 'PENDING_ROTATION'
    : 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION';
}

/** What is not there any more has no expiration. */
function importedFields({ secret, validTo, description }: Material): JsonObject {
  return {
    KeyMaterialDescription: description ?? undefined,
    ...(secret === null
      ? { ImportState: 'PENDING_IMPORT' }
      : { ImportState: 'IMPORTED', ...expiration(validTo) }),
  };
}

function refuseUnrotatable(key: KmsKey): void {
  if (!encryptsSymmetrically(key.spec)) {
    throw unsupported(`${key.arn} is a ${key.spec} key: AWS KMS rotates only symmetric encryption keys.`);
  }
  if (isOfCustomKeyStore(key.origin)) {
    throw unsupported(`${key.arn} origin is ${key.origin}: AWS KMS rotates no keys of custom key stores.`);
  }
}

/** Rotation is a shared property: it is set, and asked for, on the primary key. */
function refuseRotationHere(key: KmsKey): void {
  refuseUnrotatable(key);
  if (key.multiRegionType === 'REPLICA') {
    throw unsupported(`${key.arn} is a replica: rotate its primary key.`);
  }
}

function refuseAutomaticRotation(key: KmsKey): void {
  refuseRotationHere(key);
  refuseImported(key);
}

function refuseImported(key: KmsKey): void {
  if (key.origin === 'EXTERNAL') {
    throw unsupported(`${key.arn} origin is EXTERNAL which is not valid for this operation.`);
  }
}
