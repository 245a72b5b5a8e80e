import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { encryptSymmetric } from '../cryptography/symmetric.ts';
import { invalidKeyUsage } from '../errors.ts';
import { isSymmetric } from '../key-specs.ts';
import { keyOperation } from '../operation.ts';
import { dryRun, encryptionContext, grantTokens, keyId } from './fields.ts';
import { requireUsage } from './key-usage.ts';

const DATA_KEY_BYTES = { AES_128: 16, AES_256: 32 } as const;

export const generateDataKey = keyOperation({
  schema: z
    .strictObject({
      KeyId: keyId,
      KeySpec: z.enum(['AES_128', 'AES_256']).optional(),
      NumberOfBytes: z.int().min(1).max(1024).optional(),
      EncryptionContext: encryptionContext,
      GrantTokens: grantTokens,
      DryRun: dryRun,
    })
    .refine(({ KeySpec, NumberOfBytes }) => (KeySpec === undefined) !== (NumberOfBytes === undefined), {
      error: 'Please specify either number of bytes or key spec.',
    }),
  readOnly: true,
  accepts: 'key-or-alias',
  conditions: () => ({ 'kms:encryptionalgorithm': ['SYMMETRIC_DEFAULT'] }),
  handle: ({ kms, key }, input) => {
    requireUsage(key, 'ENCRYPT_DECRYPT', 'GenerateDataKey');
    if (!isSymmetric(key.spec)) {
      throw invalidKeyUsage(
        `${key.arn} is a ${key.spec} key: only symmetric encryption keys protect data keys.`,
      );
    }
    const size = input.KeySpec === undefined ? (input.NumberOfBytes ?? 0) : DATA_KEY_BYTES[input.KeySpec];
    const dataKey = randomBytes(size);
    const { id: materialId, secret } = kms.materials.current(key.id);
    const origin = { keyId: key.id, materialId };
    const ciphertext = encryptSymmetric(secret, origin, dataKey, input.EncryptionContext ?? {});
    return {
      output: {
        KeyId: key.arn,
        Plaintext: dataKey.toString('base64'),
        CiphertextBlob: ciphertext.toString('base64'),
        KeyMaterialId: materialId,
      },
      additionalEventData: { keyMaterialId: materialId },
    };
  },
});
