import * as z from 'zod';
import { forPart, resolveKey } from '../key-reference.ts';
import { operation } from '../operation.ts';
import {
  ciphertextOf,
  decryptingKey,
  decryptWith,
  encryptionAlgorithm,
  encryptWith,
  type Scheme,
} from './ciphertexts.ts';
import { ciphertextFields, encryptionContext, grantTokens, keyId } from './fields.ts';

/** Two operations on two keys: a caller must be allowed ReEncryptFrom on the one, ReEncryptTo on the other. */
export const reEncrypt = operation({
  schema: z.object({
    ...ciphertextFields,
    SourceKeyId: keyId.optional(),
    SourceEncryptionAlgorithm: encryptionAlgorithm,
    SourceEncryptionContext: encryptionContext,
    DestinationKeyId: keyId,
    DestinationEncryptionAlgorithm: encryptionAlgorithm,
    DestinationEncryptionContext: encryptionContext,
    GrantTokens: grantTokens,
  }),
  readOnly: true,
  resolve: (kms, input) => {
    const ciphertext = ciphertextOf(input);
    const from: Scheme = {
      algorithm: input.SourceEncryptionAlgorithm,
      context: input.SourceEncryptionContext,
    };
    const to: Scheme = {
      algorithm: input.DestinationEncryptionAlgorithm,
      context: input.DestinationEncryptionContext,
    };
    const source = forPart('ReEncryptFrom', () =>
      decryptingKey(kms, input.SourceKeyId, from.algorithm, ciphertext),
    );
    const destination = forPart('ReEncryptTo', () => resolveKey(kms, input.DestinationKeyId, 'key-or-alias'));
    const sameKey = source.key.arn === destination.key.arn;
    const part = (name: 'ReEncryptFrom' | 'ReEncryptTo', scheme: Scheme) => ({
      name,
      encryptionContext: scheme.context ?? {},
      conditions: {
        'kms:encryptionalgorithm': [scheme.algorithm],
        'kms:reencryptonsamekey': [String(sameKey)],
      },
    });
    return {
      touches: [
        { kind: 'key', ...source, part: part('ReEncryptFrom', from) },
        { kind: 'key', ...destination, part: part('ReEncryptTo', to) },
      ],
      effect: () => {
        if (ciphertext === undefined) return {};
        const opened = decryptWith(source.kms, source.key, from, ciphertext, 'ReEncrypt');
        const made = encryptWith(destination.kms, destination.key, to, opened.plaintext, 'ReEncrypt');
        return {
          output: {
            CiphertextBlob: made.ciphertext.toString('base64'),
            SourceKeyId: source.key.arn,
            KeyId: destination.key.arn,
            SourceEncryptionAlgorithm: from.algorithm,
            DestinationEncryptionAlgorithm: to.algorithm,
            SourceKeyMaterialId: opened.materialId,
            DestinationKeyMaterialId: made.materialId,
          },
          ...recordedMaterials(opened.materialId, made.materialId),
        };
      },
    };
  },
});

/** An RSA key has no material id; a record without any has no such field. */
function recordedMaterials(source: string | undefined, destination: string | undefined) {
  if (source === undefined && destination === undefined) return {};
  return {
    additionalEventData: {
      ...(destination === undefined ? {} : { destinationKeyMaterialId: destination }),
      ...(source === undefined ? {} : { sourceKeyMaterialId: source }),
    },
  };
}
