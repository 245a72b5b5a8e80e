import { constants, createPublicKey, privateDecrypt, publicEncrypt } from 'node:crypto';
import type { EncryptionAlgorithm } from '../key-specs.ts';
import { privateKeyOf } from './material.ts';

export type OaepAlgorithm = Exclude<EncryptionAlgorithm, 'SYMMETRIC_DEFAULT'>;

const HASHES = {
  RSAES_OAEP_SHA_1: { name: 'sha1', bytes: 20 },
  RSAES_OAEP_SHA_256: { name: 'sha256', bytes: 32 },
} as const satisfies Record<OaepAlgorithm, { name: string; bytes: number }>;

const oaep = (algorithm: OaepAlgorithm) => ({
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: HASHES[algorithm].name,
});

/** RFC 8017, 7.1.1: how many bytes one block holds. */
export function longestPlaintext(modulusBits: number, algorithm: OaepAlgorithm): number {
  return modulusBits / 8 - 2 * HASHES[algorithm].bytes - 2;
}

/** Throws when the plaintext is longer than longestPlaintext says. */
export function encryptRsa(secret: Buffer, algorithm: OaepAlgorithm, plaintext: Buffer): Buffer {
  return publicEncrypt({ key: createPublicKey(privateKeyOf(secret)), ...oaep(algorithm) }, plaintext);
}

/** Undefined when the ciphertext was altered, or was made with another key or algorithm. */
export function decryptRsa(secret: Buffer, algorithm: OaepAlgorithm, ciphertext: Buffer): Buffer | undefined {
  try {
    return privateDecrypt({ key: privateKeyOf(secret), ...oaep(algorithm) }, ciphertext);
  } catch {
    return undefined;
  }
}
