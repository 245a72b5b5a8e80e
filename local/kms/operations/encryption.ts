import * as z from 'zod';
import type { EncryptionAlgorithm } from '../key-specs.ts';
import { keyOperation, operation } from '../operation.ts';
import {
  ciphertextOf,
  decryptingKey,
  decryptWith,
  encryptionAlgorithm,
  encryptWith,
  type Scheme,
} from './ciphertexts.ts';
import {
  bytes,
  ciphertextFields,
  dryRun,
  encryptionContext,
  grantTokens,
  keyId,
  recipient,
} from './fields.ts';
import { requireUsage } from './key-usage.ts';

const encryptionFields = {
  EncryptionContext: encryptionContext,
  EncryptionAlgorithm: encryptionAlgorithm,
  GrantTokens: grantTokens,
};

interface EncryptionInput {
  readonly EncryptionAlgorithm: EncryptionAlgorithm;
  readonly EncryptionContext?: Readonly<Record<string, string>> | undefined;
}

const conditions = (input: EncryptionInput) => ({ 'kms:encryptionalgorithm': [input.EncryptionAlgorithm] });

const schemeOf = (input: EncryptionInput): Scheme => ({
  algorithm: input.EncryptionAlgorithm,
  context: input.EncryptionContext,
});

export const encrypt = keyOperation({
  schema: z.object({ KeyId: keyId, Plaintext: bytes(1, 4096), DryRun: dryRun, ...encryptionFields }),
  readOnly: true,
  accepts: 'key-or-alias',
  conditions,
  refuseKind: (key) => requireUsage(key, 'ENCRYPT_DECRYPT', 'Encrypt'),
  handle: ({ kms, key }, input) => {
    const { ciphertext, materialId } = encryptWith(kms, key, schemeOf(input), input.Plaintext, 'Encrypt');
    return {
      output: {
        KeyId: key.arn,
        EncryptionAlgorithm: input.EncryptionAlgorithm,
        CiphertextBlob: ciphertext.toString('base64'),
      },
      ...(materialId === undefined ? {} : { additionalEventData: { keyMaterialId: materialId } }),
    };
  },
});

export const decrypt = operation({
  schema: z.object({
    KeyId: keyId.optional(),
    ...ciphertextFields,
    ...encryptionFields,
    Recipient: recipient,
  }),
  readOnly: true,
  conditions,
  resolve: (kms, input) => {
    const { EncryptionAlgorithm: algorithm } = input;
    const ciphertext = ciphertextOf(input);
    const resolved = decryptingKey(kms, input.KeyId, algorithm, ciphertext);
    const { kms: owner, key } = resolved;
    return {
      touches: [{ kind: 'key', ...resolved }],
      effect: () => {
        if (ciphertext === undefined) return {};
        const { plaintext, materialId } = decryptWith(owner, key, schemeOf(input), ciphertext, 'Decrypt');
        return {
          output: {
            KeyId: key.arn,
            EncryptionAlgorithm: algorithm,
            Plaintext: plaintext.toString('base64'),
            KeyMaterialId: materialId,
          },
          ...(materialId === undefined ? {} : { additionalEventData: { keyMaterialId: materialId } }),
        };
      },
    };
  },
});
