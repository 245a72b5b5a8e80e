import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { limitExceeded, unsupported } from '../errors.ts';
import { isSymmetric } from '../key-specs.ts';
import { keyOperation } from '../operation.ts';
import { pageOf } from '../pagination.ts';
import type { KmsKey } from '../store/keys.ts';
import { keyId, pagination } from './fields.ts';
import { epochSeconds } from './key-metadata.ts';

/** AWS does not raise this limit. */
const ON_DEMAND_ROTATIONS_PER_KEY = 25;

const AES_256_BYTES = 32;

/** Complete when it answers; AWS KMS answers while the rotation still runs. */
export const rotateKeyOnDemand = keyOperation({
  schema: z.strictObject({ KeyId: keyId }),
  readOnly: false,
  handle: ({ kms, key, now }) => {
    refuseUnrotatable(key);
    const materials = kms.materials.list(key.id);
    if (materials.length > ON_DEMAND_ROTATIONS_PER_KEY) {
      throw limitExceeded(
        `${key.arn} was rotated on demand ${ON_DEMAND_ROTATIONS_PER_KEY} times, and cannot be again: use a new key.`,
      );
    }
    const previous = kms.materials.current(key.id).id;
    const current = kms.materials.add(key.id, randomBytes(AES_256_BYTES), now);
    return {
      output: { KeyId: key.id },
      responseElements: { keyId: key.id },
      serviceEvents: [
        {
          name: 'RotateKey',
          keyArn: key.arn,
          details: {
            rotationType: 'ON_DEMAND',
            keyOrigin: 'AWS_KMS',
            previousKeyMaterialId: previous,
            currentKeyMaterialId: current,
            keyId: key.id,
          },
        },
      ],
    };
  },
});

/** Automatic rotation is never on here, and no on-demand rotation is ever seen running. */
export const getKeyRotationStatus = keyOperation({
  schema: z.strictObject({ KeyId: keyId }),
  readOnly: true,
  handle: ({ key }) => {
    refuseUnrotatable(key);
    return { output: { KeyId: key.id, KeyRotationEnabled: false } };
  },
});

export const listKeyRotations = keyOperation({
  schema: z.strictObject({
    KeyId: keyId,
    IncludeKeyMaterial: z.enum(['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY']).default('ROTATIONS_ONLY'),
    ...pagination(100, 1000),
  }),
  readOnly: true,
  handle: ({ kms, key }, input) => {
    refuseUnrotatable(key);
    const materials = kms.materials.list(key.id);
    const entries = materials.map(({ id, rotatedAt }, index) => ({
      KeyId: key.id,
      KeyMaterialId: id,
      KeyMaterialState: index === materials.length - 1 ? 'CURRENT' : 'NON_CURRENT',
      RotationDate: rotatedAt === null ? undefined : epochSeconds(rotatedAt),
      RotationType: rotatedAt === null ? undefined : 'ON_DEMAND',
    }));
    const places = new Map(entries.map((entry, index) => [entry, String(index).padStart(3, '0')]));
    const { items, position } = pageOf(
      input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL' ? entries : entries.slice(1),
      (entry) => places.get(entry) ?? '',
      input,
    );
    return { output: { Rotations: items, ...position } };
  },
});

function refuseUnrotatable(key: KmsKey): void {
  if (!isSymmetric(key.spec)) {
    throw unsupported(`${key.arn} is a ${key.spec} key: AWS KMS rotates only symmetric encryption keys.`);
  }
}
