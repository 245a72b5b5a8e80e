import {
  constants,
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  importedMaterial,
  importedMaterialId,
} from '../../../../local/kms/cryptography/imported-material.ts';
import { unwrap, WRAPPING_ALGORITHMS } from '../../../../local/kms/cryptography/key-wrapping.ts';
import type { KeySpec } from '../../../../local/kms/key-specs.ts';
import { hasOpenssl, openssl } from './openssl.ts';
import { privateKeyFromSeed } from './seeds.ts';
import { wrapped, wrappedByOpenssl } from './wrapping.ts';

const MODULUS = 2048;
let wrappingKey: Buffer;
let publicKey: Buffer;
beforeAll(() => {
  const pair = generateKeyPairSync('rsa', { modulusLength: MODULUS });
  wrappingKey = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  publicKey = pair.publicKey.export({ format: 'der', type: 'spki' });
});

const open = (algorithm: (typeof WRAPPING_ALGORITHMS)[number], blob: Buffer) =>
  unwrap(wrappingKey, MODULUS, algorithm, blob);

describe.each(WRAPPING_ALGORITHMS)('%s', (algorithm) => {
  const isHybrid = algorithm.startsWith('RSA_AES');

  test('opens what node:crypto wraps', () => {
    for (const bytes of isHybrid ? [28, 32, 121, 1218, 2375] : [28, 32, 64]) {
      const material = randomBytes(bytes);
      expect(open(algorithm, wrapped(publicKey, algorithm, material))).toEqual(material);
    }
  });

  test.runIf(hasOpenssl)('opens what the openssl command wraps', () => {
    const material = randomBytes(isHybrid ? 1217 : 32);
    expect(open(algorithm, wrappedByOpenssl(publicKey, algorithm, material))).toEqual(material);
  });

  test('opens nothing that was altered, or wrapped otherwise', () => {
    const blob = wrapped(publicKey, algorithm, randomBytes(32));
    for (const position of [0, 100, blob.length - 1]) {
      const altered = Buffer.from(blob);
      altered[position] = (altered[position] ?? 0) ^ 1;
      expect(open(algorithm, altered)).toBeUndefined();
    }
    expect(open(algorithm, blob.subarray(0, -1))).toBeUndefined();
    expect(open(algorithm, Buffer.alloc(1))).toBeUndefined();
    for (const other of WRAPPING_ALGORITHMS.filter((one) => one !== algorithm)) {
      expect(open(other, blob)).toBeUndefined();
    }
    const stranger = generateKeyPairSync('rsa', { modulusLength: MODULUS }).publicKey;
    const theirs = stranger.export({ format: 'der', type: 'spki' });
    expect(open(algorithm, wrapped(theirs, algorithm, randomBytes(32)))).toBeUndefined();
  });
});

test('the padding of RFC 5649 is checked', () => {
  // Section 6: 20 bytes under a 192-bit key, so not for here; the same with 256 bits is checked against OpenSSL above.
  const aesKey = randomBytes(32);
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const cipher = createCipheriv('id-aes256-wrap', aesKey, Buffer.from('a65959a600000014', 'hex'));
  const unpadded = Buffer.concat([cipher.update(Buffer.alloc(24, 1)), cipher.final()]);
  const blob = Buffer.concat([publicEncrypt(oaep, aesKey), unpadded]);
  expect(open('RSA_AES_KEY_WRAP_SHA_256', blob)).toBeUndefined();
  const shortKey = Buffer.concat([publicEncrypt(oaep, aesKey.subarray(0, 16)), unpadded]);
  expect(open('RSA_AES_KEY_WRAP_SHA_256', shortKey)).toBeUndefined();
});

describe('the material of a key', () => {
  const pkcs8 = (type: 'ec' | 'rsa' | 'ed25519', options: object = {}) =>
    generateKeyPairSync(type as 'ec', options as { namedCurve: string }).privateKey.export({
      format: 'der',
      type: 'pkcs8',
    });
  const secrets: [KeySpec, right: readonly number[], wrong: readonly number[]][] = [
    ['SYMMETRIC_DEFAULT', [32], [16, 31, 33]],
    ['HMAC_224', [28, 64, 128], [27, 129]],
    ['HMAC_256', [32, 128], [31, 129]],
    ['HMAC_384', [48, 128], [47, 129]],
    ['HMAC_512', [64, 128], [63, 129]],
  ];
  test.each(secrets)('%s is so many bytes', (spec, right, wrong) => {
    for (const bytes of right) {
      const material = randomBytes(bytes);
      expect(importedMaterial(spec, material)).toEqual(material);
    }
    for (const bytes of wrong) expect(importedMaterial(spec, randomBytes(bytes))).toBeUndefined();
  });

  const makers = {
    RSA_2048: () => pkcs8('rsa', { modulusLength: 2048 }),
    RSA_3072: () => pkcs8('rsa', { modulusLength: 3072 }),
    ECC_NIST_P256: () => pkcs8('ec', { namedCurve: 'prime256v1' }),
    ECC_NIST_P384: () => pkcs8('ec', { namedCurve: 'secp384r1' }),
    ECC_NIST_P521: () => pkcs8('ec', { namedCurve: 'secp521r1' }),
    ECC_SECG_P256K1: () => pkcs8('ec', { namedCurve: 'secp256k1' }),
    ECC_NIST_EDWARDS25519: () => pkcs8('ed25519'),
  } as const satisfies Partial<Record<KeySpec, () => Buffer>>;

  test('is a private key of the spec, and of no other', () => {
    const specs = Object.entries(makers);
    for (const [made, make] of specs) {
      const material = make();
      for (const [spec] of [...specs, ['SYMMETRIC_DEFAULT'], ['ML_DSA_44'], ['ML_KEM_512']]) {
        expect(importedMaterial(spec as KeySpec, material)).toEqual(spec === made ? material : undefined);
      }
    }
    expect(importedMaterial('RSA_4096', makers.RSA_2048())).toBeUndefined();
  });

  test('is not one of ML-DSA or ML-KEM', () => {
    expect(importedMaterial('ML_DSA_44', privateKeyFromSeed('ml-dsa-44', randomBytes(32)))).toBeUndefined();
    expect(importedMaterial('ML_KEM_512', privateKeyFromSeed('ml-kem-512', randomBytes(64)))).toBeUndefined();
  });

  test('has one form, however its public half is written', () => {
    const whole = makers.ECC_NIST_P256();
    const {
      d = '',
      x = '',
      y = '',
    } = createPrivateKey({
      key: whole,
      format: 'der',
      type: 'pkcs8',
    }).export({ format: 'jwk' });
    const scalar = Buffer.from(d, 'base64url');
    // RFC 5915: the public key is optional.
    const alone = Buffer.concat([
      Buffer.from('3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420', 'hex'),
      scalar,
    ]);
    expect(importedMaterial('ECC_NIST_P256', alone)).toEqual(whole);
    const sign = Buffer.of((Buffer.from(y, 'base64url').at(-1) ?? 0) % 2 === 0 ? 2 : 3);
    const compressed = Buffer.concat([
      Buffer.from('3067020100301306072a8648ce3d020106082a8648ce3d030107044d304b0201010420', 'hex'),
      scalar,
      Buffer.from('a124032200', 'hex'),
      sign,
      Buffer.from(x, 'base64url'),
    ]);
    expect(importedMaterial('ECC_NIST_P256', compressed)).toEqual(whole);
  });

  test('is consistent', () => {
    const [whole, other] = [makers.ECC_NIST_P256(), makers.ECC_NIST_P256()];
    const mixed = Buffer.from(whole);
    other.copy(mixed, 36, 36, 68);
    expect(mixed).not.toEqual(whole);
    expect(importedMaterial('ECC_NIST_P256', mixed)).toBeUndefined();
    expect(importedMaterial('ECC_NIST_P256', whole.subarray(0, -1))).toBeUndefined();
  });

  test.runIf(hasOpenssl)('has neither explicit curve parameters nor a third prime', () => {
    const toPkcs8 = (pem: Buffer) => openssl('pkcs8', '-topk8', '-nocrypt', '-outform', 'DER', '-in', pem);
    const ecKey = (encoding: string) =>
      toPkcs8(openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-param_enc', encoding));
    expect(importedMaterial('ECC_NIST_P256', ecKey('named_curve'))).toBeDefined();
    expect(importedMaterial('ECC_NIST_P256', ecKey('explicit'))).toBeUndefined();
    const rsaKey = (primes: string) =>
      toPkcs8(openssl('genpkey', '-algorithm', 'rsa', '-pkeyopt', `rsa_keygen_primes:${primes}`));
    expect(importedMaterial('RSA_2048', rsaKey('2'))).toBeDefined();
    expect(importedMaterial('RSA_2048', rsaKey('3'))).toBeUndefined();
  });

  test('has an id that says neither the material nor the same in two keys', () => {
    const material = randomBytes(32);
    const id = importedMaterialId('one', material);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(importedMaterialId('one', Buffer.from(material))).toBe(id);
    expect(importedMaterialId('two', material)).not.toBe(id);
    expect(importedMaterialId('one', randomBytes(32))).not.toBe(id);
  });
});
