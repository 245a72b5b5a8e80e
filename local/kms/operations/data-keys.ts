import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Kms } from '../kms.ts';
import { keyOperation } from '../operation.ts';
import type { KmsKey } from '../store/keys.ts';
import { dryRun, encryptionContext, grantTokens, integer, keyId, recipient } from './fields.ts';
import { requireUsage } from './key-usage.ts';
import { protectDataKey } from './protect-data-key.ts';

const DATA_KEY_BYTES = { AES_128: 16, AES_256: 32 } as const;

const sizes = z.object({
  KeySpec: z.enum(['AES_128', 'AES_256']).optional(),
  NumberOfBytes: integer(1, 1024).optional(),
});

const fields = {
  KeyId: keyId,
  ...sizes.shape,
  EncryptionContext: encryptionContext,
  GrantTokens: grantTokens,
  DryRun: dryRun,
};

/** Exactly one of the two sizes. */
const hasSize = ({ KeySpec, NumberOfBytes }: z.infer<typeof sizes>) =>
  (KeySpec === undefined) !== (NumberOfBytes === undefined);
const noSize = { error: 'Please specify either number of bytes or key spec.' };

const schema = z.object(fields).refine(hasSize, noSize);

type Input = z.infer<typeof schema>;

const common = {
  readOnly: true,
  accepts: 'key-or-alias',
  conditions: () => ({ 'kms:encryptionalgorithm': ['SYMMETRIC_DEFAULT'] }),
} as const;

export const generateDataKey = keyOperation({
  ...common,
  schema: z.object({ ...fields, Recipient: recipient }).refine(hasSize, noSize),
  refuseKind: (key) => requireUsage(key, 'ENCRYPT_DECRYPT', 'GenerateDataKey'),
  handle: ({ kms, key }, input) => {
    const { dataKey, output, additionalEventData } = generate(kms, key, input, 'GenerateDataKey');
    return { output: { ...output, Plaintext: dataKey.toString('base64') }, additionalEventData };
  },
});

export const generateDataKeyWithoutPlaintext = keyOperation({
  ...common,
  schema,
  refuseKind: (key) => requireUsage(key, 'ENCRYPT_DECRYPT', 'GenerateDataKeyWithoutPlaintext'),
  handle: ({ kms, key }, input) => {
    const { output, additionalEventData } = generate(kms, key, input, 'GenerateDataKeyWithoutPlaintext');
    return { output, additionalEventData };
  },
});

function generate(kms: Kms, key: KmsKey, input: Input, operation: string) {
  const size = input.KeySpec === undefined ? (input.NumberOfBytes ?? 0) : DATA_KEY_BYTES[input.KeySpec];
  const dataKey = randomBytes(size);
  const { ciphertext, materialId } = protectDataKey(kms, key, input.EncryptionContext, dataKey, operation);
  return {
    dataKey,
    output: { KeyId: key.arn, CiphertextBlob: ciphertext.toString('base64'), KeyMaterialId: materialId },
    additionalEventData: { keyMaterialId: materialId },
  };
}
