import * as z from 'zod';
import { publicKeyBytes } from '../cryptography/material.ts';
import { unsupported } from '../errors.ts';
import { rotateOnSchedule, runningRotation } from '../key-rotation.ts';
import { hasPublicKey } from '../key-specs.ts';
import { pendingImport } from '../key-states.ts';
import { keyOperation, operation } from '../operation.ts';
import { pageOf } from '../protocol/pagination.ts';
import { currentOf } from '../store/materials.ts';
import { description, grantTokens, keyId, pagination } from './fields.ts';
import { algorithms, keyMetadata } from './key-metadata.ts';

const keyOnly = z.object({ KeyId: keyId });

export const describeKey = keyOperation({
  schema: z.object({ KeyId: keyId, GrantTokens: grantTokens }),
  readOnly: true,
  accepts: 'key-or-alias',
  handle: ({ kms, key }) => ({ output: { KeyMetadata: keyMetadata(kms, key) } }),
});

export const listKeys = operation({
  schema: z.object(pagination(100, 1000)),
  readOnly: true,
  resolve: (kms, input) => ({
    touches: [{ kind: 'account' }],
    effect: () => {
      const { items, position } = pageOf(kms.keys.list(), (key) => key.id, input);
      return {
        output: { Keys: items.map((key) => ({ KeyId: key.id, KeyArn: key.arn })), ...position },
      };
    },
  }),
});

/** A rotation that fell due while the key was disabled is made at once, or after one that still runs, and once. */
export const enableKey = keyOperation({
  schema: keyOnly,
  readOnly: false,
  handle: ({ kms, key, now }) => {
    kms.keys.setState(key.id, 'Enabled');
    const schedule = kms.rotationSchedules.find(key.id);
    const isOverdue = schedule !== undefined && schedule.nextAt <= now && key.multiRegionType !== 'REPLICA';
    if (!isOverdue || runningRotation(kms, key) !== undefined) return {};
    return { serviceEvents: rotateOnSchedule(kms, key, schedule, now) };
  },
});

export const disableKey = keyOperation({
  schema: keyOnly,
  readOnly: false,
  handle: ({ kms, key }) => {
    kms.keys.setState(key.id, 'Disabled');
    return {};
  },
});

export const updateKeyDescription = keyOperation({
  schema: z.object({ KeyId: keyId, Description: description }),
  readOnly: false,
  handle: ({ kms, key }, input) => {
    kms.keys.setDescription(key.id, input.Description);
    return {};
  },
});

export const getPublicKey = keyOperation({
  schema: z.object({ KeyId: keyId, GrantTokens: grantTokens }),
  readOnly: true,
  accepts: 'key-or-alias',
  handle: ({ kms, key }) => {
    // AWS KMS says no more.
    if (!hasPublicKey(key.spec)) throw unsupported('');
    const material = currentOf(kms.materials.list(key.id));
    if (material === undefined) throw pendingImport(key);
    const publicKey = material.publicKey ?? publicKeyBytes(kms.materials.current(key.id).secret);
    return {
      output: {
        KeyId: key.arn,
        PublicKey: publicKey.toString('base64'),
        CustomerMasterKeySpec: key.spec,
        KeySpec: key.spec,
        KeyUsage: key.usage,
        ...algorithms(key),
      },
    };
  },
});
