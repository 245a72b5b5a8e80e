import * as z from 'zod';
import {
  decryptRsa,
  encryptRsa,
  longestPlaintext,
  type OaepAlgorithm,
} from '../cryptography/rsa-encryption.ts';
import {
  decryptSymmetric,
  type EncryptionContext,
  encryptSymmetric,
  originOf,
} from '../cryptography/symmetric.ts';
import { invalidCiphertext, ServiceError, unsupported, validation } from '../errors.ts';
import { HiddenKey, keyArn, type ResolvedKey, resolveKey } from '../key-reference.ts';
import {
  type EncryptionAlgorithm,
  KEY_SPECS,
  specFacts,
  UNSUPPORTED_ENCRYPTION_ALGORITHMS,
} from '../key-specs.ts';
import type { Kms } from '../kms.ts';
import { missingMember } from '../protocol/input-problems.ts';
import type { KmsKey } from '../store/keys.ts';
import { requireAlgorithm, requireUsage } from './key-usage.ts';
import { cipherOf, currentCipher } from './symmetric-ciphers.ts';

const ALGORITHMS = [...new Set(Object.values(KEY_SPECS).flatMap(({ encryption }) => encryption))];

/** Throws UnsupportedOperationException for what AWS KMS alone has. */
export const encryptionAlgorithm = z
  .enum([...ALGORITHMS, ...UNSUPPORTED_ENCRYPTION_ALGORITHMS])
  .default('SYMMETRIC_DEFAULT')
  .transform((asked): EncryptionAlgorithm => {
    const algorithm = ALGORITHMS.find((one) => one === asked);
    if (algorithm === undefined) throw unsupported(`The local KMS has no encryption algorithm ${asked}.`);
    return algorithm;
  });

/** How a ciphertext is, or is to be, encrypted. */
export interface Scheme {
  readonly algorithm: EncryptionAlgorithm;
  readonly context: EncryptionContext | undefined;
}

export interface Made {
  readonly ciphertext: Buffer;
  /** Of a symmetric key that is in no custom key store. */
  readonly materialId?: string;
}

interface Opened {
  readonly plaintext: Buffer;
  /** Of a symmetric key that is in no custom key store. */
  readonly materialId?: string;
}

/**
 * The ciphertext of a request; undefined for a dry run that asks only whether the caller may use the key.
 * Throws ValidationException.
 */
export function ciphertextOf(input: {
  readonly CiphertextBlob?: Buffer | undefined;
  readonly DryRun?: boolean | undefined;
  readonly DryRunModifiers?: readonly 'IGNORE_CIPHERTEXT'[] | undefined;
}): Buffer | undefined {
  const { CiphertextBlob: ciphertext, DryRunModifiers: modifiers = [] } = input;
  if (modifiers.length > 0 && input.DryRun !== true) throw validation('DryRunModifiers are for dry runs.');
  if (modifiers.includes('IGNORE_CIPHERTEXT')) return undefined;
  if (ciphertext === undefined) throw validation(missingMember('CiphertextBlob'));
  return ciphertext;
}

/** A symmetric ciphertext names its key itself; an RSA one does not. */
export function decryptingKey(
  kms: Kms,
  keyId: string | undefined,
  algorithm: EncryptionAlgorithm,
  ciphertext: Buffer | undefined,
): ResolvedKey & { readonly isNamedByCiphertext?: true } {
  if (keyId !== undefined) {
    return resolveKey(kms, inItsAccount(kms, keyId, algorithm, ciphertext), 'key-or-alias');
  }
  if (algorithm !== 'SYMMETRIC_DEFAULT') {
    throw validation('KeyId is required to decrypt with an asymmetric key.');
  }
  if (ciphertext === undefined) throw validation('KeyId is required to ignore the ciphertext.');
  const origin = originOf(ciphertext);
  if (origin === undefined) throw invalidCiphertext();
  const owner = kms.in({ accountId: origin.accountId, region: kms.account.region });
  const key = owner.keys.find(origin.keyId);
  if (key === undefined)
    throw new HiddenKey('The key of the ciphertext does not exist.', { isNamedByCiphertext: true });
  return { kms: owner, key, isNamedByCiphertext: true };
}

/** Of a key of another account that a symmetric ciphertext names, its id is enough. */
function inItsAccount(
  { account }: Kms,
  keyId: string,
  algorithm: EncryptionAlgorithm,
  ciphertext: Buffer | undefined,
): string {
  const origin =
    algorithm === 'SYMMETRIC_DEFAULT' && ciphertext !== undefined ? originOf(ciphertext) : undefined;
  return origin?.keyId === keyId ? keyArn({ ...account, accountId: origin.accountId }, keyId) : keyId;
}

/** Encrypts for the operation; throws when the key or the scheme is not for that. */
export function encryptWith(
  kms: Kms,
  key: KmsKey,
  scheme: Scheme,
  plaintext: Buffer,
  operation: string,
): Made {
  checkScheme(key, scheme, operation);
  if (scheme.algorithm !== 'SYMMETRIC_DEFAULT') {
    checkRoom(key, scheme.algorithm, plaintext);
    return { ciphertext: encryptRsa(kms.materials.current(key.id).secret, scheme.algorithm, plaintext) };
  }
  const { cipher, materialId, shownMaterialId } = currentCipher(kms, key);
  const origin = { accountId: kms.account.accountId, keyId: key.id, materialId };
  const ciphertext = encryptSymmetric(cipher, origin, plaintext, scheme.context ?? {});
  return { ciphertext, ...shownMaterialId };
}

/** Decrypts for the operation; throws when the key, the scheme or the ciphertext is not for that. */
export function decryptWith(
  kms: Kms,
  key: KmsKey,
  scheme: Scheme,
  ciphertext: Buffer,
  operation: string,
): Opened {
  checkScheme(key, scheme, operation);
  if (scheme.algorithm !== 'SYMMETRIC_DEFAULT') {
    const plaintext = decryptRsa(kms.materials.current(key.id).secret, scheme.algorithm, ciphertext);
    if (plaintext === undefined) throw invalidCiphertext();
    return { plaintext };
  }
  const origin = originOf(ciphertext);
  if (origin === undefined) throw invalidCiphertext();
  if (origin.keyId !== key.id || origin.accountId !== kms.account.accountId) {
    throw new ServiceError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    );
  }
  const found = cipherOf(kms, key, origin.materialId);
  const plaintext = found && decryptSymmetric(found.cipher, ciphertext, scheme.context ?? {});
  if (plaintext === undefined) throw invalidCiphertext();
  return { plaintext, ...found?.shownMaterialId };
}

function checkScheme(key: KmsKey, { algorithm, context }: Scheme, operation: string): void {
  requireUsage(key, 'ENCRYPT_DECRYPT', operation);
  requireAlgorithm(key, algorithm);
  if (algorithm !== 'SYMMETRIC_DEFAULT' && context !== undefined) {
    throw validation('An encryption context is for symmetric encryption keys only.');
  }
}

function checkRoom(key: KmsKey, algorithm: OaepAlgorithm, plaintext: Buffer): void {
  const { material } = specFacts(key.spec);
  const bits = typeof material === 'object' && 'rsa' in material ? material.rsa : 0;
  const longest = longestPlaintext(bits, algorithm);
  if (plaintext.length > longest) {
    throw validation(
      `Algorithm ${algorithm} and key spec ${key.spec} cannot encrypt data larger than ${longest} bytes.`,
    );
  }
}
