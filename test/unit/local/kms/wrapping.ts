import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import type { AlgorithmSpec } from '@aws-sdk/client-kms';
import { openssl } from './openssl.ts';

/** Key material under the public key that GetParametersForImport gives, as its owner wraps it. */
export function wrapped(publicKey: Uint8Array, algorithm: AlgorithmSpec, material: Uint8Array): Buffer {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  const oaepHash = algorithm.endsWith('SHA_1') ? 'sha1' : 'sha256';
  const encrypt = (bytes: Uint8Array) =>
    publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, bytes);
  if (!algorithm.startsWith('RSA_AES')) return encrypt(material);
  const aesKey = randomBytes(32);
  const cipher = createCipheriv('id-aes256-wrap-pad', aesKey, Buffer.from('a65959a6', 'hex'));
  return Buffer.concat([encrypt(aesKey), cipher.update(material), cipher.final()]);
}

/** The same by the openssl command, as the developer guide of AWS KMS shows it. */
export function wrappedByOpenssl(
  publicKey: Uint8Array,
  algorithm: AlgorithmSpec,
  material: Uint8Array,
): Buffer {
  const hash = algorithm.endsWith('SHA_1') ? 'sha1' : 'sha256';
  const options = ['rsa_padding_mode:oaep', `rsa_oaep_md:${hash}`, `rsa_mgf1_md:${hash}`];
  const oaep = options.flatMap((option) => ['-pkeyopt', option]);
  const underKey = ['-pubin', '-keyform', 'DER', '-inkey', publicKey] as const;
  const encrypt = (bytes: Uint8Array) => openssl('pkeyutl', '-encrypt', ...underKey, '-in', bytes, ...oaep);
  if (!algorithm.startsWith('RSA_AES')) return encrypt(material);
  const aesKey = openssl('rand', '32');
  // The command takes a key in hex.
  const key = ['-K', aesKey.toString('hex'), '-iv', 'A65959A6'];
  return Buffer.concat([encrypt(aesKey), openssl('enc', '-id-aes256-wrap-pad', ...key, '-in', material)]);
}
