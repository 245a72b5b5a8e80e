import * as z from 'zod';
import {
  decryptRsa,
  encryptRsa,
  longestPlaintext,
  type OaepAlgorithm,
} from '../cryptography/rsa-encryption.ts';
import { decryptSymmetric, encryptSymmetric, originOf } from '../cryptography/symmetric.ts';
import { invalidCiphertext, ServiceError, validation } from '../errors.ts';
import { type ResolvedKey, resolveKey } from '../key-reference.ts';
import { type EncryptionAlgorithm, KEY_SPECS, specFacts } from '../key-specs.ts';
import type { Kms } from '../kms.ts';
import { keyOperation, type Outcome, operation } from '../operation.ts';
import type { KmsKey } from '../store/keys.ts';
import { bytes, dryRun, encryptionContext, grantTokens, keyId } from './fields.ts';
import { requireAlgorithm, requireUsage } from './key-usage.ts';

const ALGORITHMS = [...new Set(Object.values(KEY_SPECS).flatMap(({ encryption }) => encryption))];

const encryptionFields = {
  EncryptionContext: encryptionContext,
  EncryptionAlgorithm: z.enum(ALGORITHMS).default('SYMMETRIC_DEFAULT'),
  GrantTokens: grantTokens,
  DryRun: dryRun,
};

const conditions = (input: { readonly EncryptionAlgorithm: EncryptionAlgorithm }) => ({
  'kms:encryptionalgorithm': [input.EncryptionAlgorithm],
});

export const encrypt = keyOperation({
  schema: z.strictObject({ KeyId: keyId, Plaintext: bytes(1, 4096), ...encryptionFields }),
  readOnly: true,
  accepts: 'key-or-alias',
  conditions,
  handle: ({ kms, key }, input) => {
    const { EncryptionAlgorithm: algorithm, Plaintext: plaintext } = input;
    checkRequest(key, input, 'Encrypt');
    const { id: materialId, secret } = kms.materials.current(key.id);
    const common = { KeyId: key.arn, EncryptionAlgorithm: algorithm };
    if (algorithm !== 'SYMMETRIC_DEFAULT') {
      checkRoom(key, algorithm, plaintext);
      const ciphertext = encryptRsa(secret, algorithm, plaintext);
      return { output: { ...common, CiphertextBlob: ciphertext.toString('base64') } };
    }
    const origin = { keyId: key.id, materialId };
    const ciphertext = encryptSymmetric(secret, origin, plaintext, input.EncryptionContext ?? {});
    return {
      output: { ...common, CiphertextBlob: ciphertext.toString('base64') },
      additionalEventData: { keyMaterialId: materialId },
    };
  },
});

const decryptSchema = z.strictObject({
  KeyId: keyId.optional(),
  CiphertextBlob: bytes(1, 6144),
  ...encryptionFields,
});

export const decrypt = operation({
  schema: decryptSchema,
  readOnly: true,
  conditions,
  resolve: (kms, input) => {
    const resolved = decryptingKey(kms, input);
    return {
      touches: [{ kind: 'key', ...resolved }],
      effect: () => decryptWith(kms, resolved.key, input),
    };
  },
});

/** A symmetric ciphertext names its key itself; an RSA one does not. */
function decryptingKey(kms: Kms, input: z.infer<typeof decryptSchema>): ResolvedKey {
  if (input.KeyId !== undefined) return resolveKey(kms, input.KeyId, 'key-or-alias');
  if (input.EncryptionAlgorithm !== 'SYMMETRIC_DEFAULT') {
    throw validation('KeyId is required to decrypt with an asymmetric key.');
  }
  const origin = originOf(input.CiphertextBlob);
  if (origin === undefined) throw invalidCiphertext();
  const key = kms.keys.find(origin.keyId);
  if (key === undefined) {
    throw new ServiceError(
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    );
  }
  return { key };
}

function decryptWith(kms: Kms, key: KmsKey, input: z.infer<typeof decryptSchema>): Outcome {
  const { EncryptionAlgorithm: algorithm, CiphertextBlob: ciphertext } = input;
  checkRequest(key, input, 'Decrypt');
  const common = { KeyId: key.arn, EncryptionAlgorithm: algorithm };
  if (algorithm !== 'SYMMETRIC_DEFAULT') {
    const plaintext = decryptRsa(kms.materials.current(key.id).secret, algorithm, ciphertext);
    if (plaintext === undefined) throw invalidCiphertext();
    return { output: { ...common, Plaintext: plaintext.toString('base64') } };
  }
  const origin = originOf(ciphertext);
  if (origin === undefined) throw invalidCiphertext();
  if (origin.keyId !== key.id) {
    throw new ServiceError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    );
  }
  const material = kms.materials.find(key.id, origin.materialId);
  const plaintext = material && decryptSymmetric(material.secret, ciphertext, input.EncryptionContext ?? {});
  if (plaintext === undefined) throw invalidCiphertext();
  return {
    output: {
      ...common,
      Plaintext: plaintext.toString('base64'),
      KeyMaterialId: origin.materialId,
    },
    additionalEventData: { keyMaterialId: origin.materialId },
  };
}

function checkRequest(
  key: KmsKey,
  input: { EncryptionAlgorithm: EncryptionAlgorithm; EncryptionContext?: object | undefined },
  operation: string,
): void {
  requireUsage(key, 'ENCRYPT_DECRYPT', operation);
  requireAlgorithm(key, 'encryption', input.EncryptionAlgorithm);
  if (input.EncryptionAlgorithm !== 'SYMMETRIC_DEFAULT' && input.EncryptionContext !== undefined) {
    throw validation('An encryption context is for symmetric encryption keys only.');
  }
}

function checkRoom(key: KmsKey, algorithm: OaepAlgorithm, plaintext: Buffer): void {
  const { material } = specFacts(key.spec);
  const bits = typeof material === 'object' && 'rsa' in material ? material.rsa : 0;
  const longest = longestPlaintext(bits, algorithm);
  if (plaintext.length > longest) {
    throw validation(`${algorithm} with ${key.spec} encrypts ${longest} bytes at most.`);
  }
}
