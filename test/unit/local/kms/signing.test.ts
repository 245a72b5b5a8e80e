import { constants, createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import {
  GetPublicKeyCommand,
  type KeySpec,
  SignCommand,
  type SigningAlgorithmSpec,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decodeEcdsaSignature,
  encodeEcdsaSignature,
} from '../../../../local/kms/cryptography/ecdsa-signature.ts';
import { curveOf } from '../../../../local/kms/cryptography/elliptic-curves.ts';
import { generateMaterial, privateKeyOf } from '../../../../local/kms/cryptography/material.ts';
import { isSignatureValid, signMessage } from '../../../../local/kms/cryptography/signing.ts';
import { type SigningAlgorithm, specFacts } from '../../../../local/kms/key-specs.ts';
import { startedKms, type TestKms } from './local-kms.ts';

const MESSAGE = Buffer.from('what was agreed');
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

let kms: TestKms;
const keys = new Map<KeySpec, { id: string; publicKey: KeyObject }>();

beforeAll(async () => {
  kms = await startedKms();
});
afterAll(() => kms.close());

async function signingKey(spec: KeySpec) {
  let key = keys.get(spec);
  if (key === undefined) {
    const { id } = await kms.createKey({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' });
    const { PublicKey = new Uint8Array() } = await kms.root.send(new GetPublicKeyCommand({ KeyId: id }));
    key = { id, publicKey: createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }) };
    keys.set(spec, key);
  }
  return key;
}

/** Each algorithm with a spec that has it, its hash, and how node:crypto verifies it. */
const algorithms: [KeySpec, SigningAlgorithmSpec, string, object][] = [
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256', {}],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_384', 'sha384', {}],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_512', 'sha512', {}],
  ['RSA_2048', 'RSASSA_PSS_SHA_256', 'sha256', PSS],
  ['RSA_2048', 'RSASSA_PSS_SHA_384', 'sha384', PSS],
  ['RSA_2048', 'RSASSA_PSS_SHA_512', 'sha512', PSS],
  ['ECC_NIST_P256', 'ECDSA_SHA_256', 'sha256', {}],
  ['ECC_NIST_P384', 'ECDSA_SHA_384', 'sha384', {}],
  ['ECC_NIST_P521', 'ECDSA_SHA_512', 'sha512', {}],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256', 'sha256', {}],
];

describe.each(algorithms)('%s with %s', (spec, algorithm, hash, options) => {
  test.each(['RAW', 'DIGEST'] as const)('node:crypto verifies the signature of a %s', async (type) => {
    const { id, publicKey } = await signingKey(spec);
    const input = {
      KeyId: id,
      SigningAlgorithm: algorithm,
      MessageType: type,
      Message: type === 'RAW' ? MESSAGE : createHash(hash).update(MESSAGE).digest(),
    };
    const { Signature = new Uint8Array(), KeyId } = await kms.root.send(new SignCommand(input));
    expect(KeyId).toMatch(/:key\//);
    expect(verify(hash, MESSAGE, { key: publicKey, ...options }, Signature)).toBe(true);
    const verified = await kms.root.send(new VerifyCommand({ ...input, Signature }));
    expect(verified.SignatureValid).toBe(true);
  });

  test('a digest verifies the signature of its message', async () => {
    const { id } = await signingKey(spec);
    const common = { KeyId: id, SigningAlgorithm: algorithm };
    const { Signature } = await kms.root.send(new SignCommand({ ...common, Message: MESSAGE }));
    const digest = createHash(hash).update(MESSAGE).digest();
    const ofDigest = { ...common, MessageType: 'DIGEST', Signature } as const;
    await expect(kms.root.send(new VerifyCommand({ ...ofDigest, Message: digest }))).resolves.toMatchObject({
      SignatureValid: true,
    });
    const another = createHash(hash).update('something else').digest();
    await expect(kms.root.send(new VerifyCommand({ ...ofDigest, Message: another }))).rejects.toMatchObject({
      name: 'KMSInvalidSignatureException',
    });
  });
});

describe('signatures over digests, against node:crypto with the same private key', () => {
  test.each(algorithms)('%s with %s', async (spec, algorithm, hash, options) => {
    const secret = await generateMaterial(specFacts(asSpec(spec)).material);
    const key = privateKeyOf(secret);
    const name = asAlgorithm(algorithm);
    for (let round = 0; round < 5; round += 1) {
      const message = Buffer.from(`message ${round}`);
      const digest = createHash(hash).update(message).digest();
      const theirs = sign(hash, message, { key, ...options });
      expect(isSignatureValid(secret, name, digest, 'DIGEST', theirs)).toBe(true);
      const ours = signMessage(secret, name, digest, 'DIGEST');
      expect(verify(hash, message, { key: createPublicKey(key), ...options }, ours)).toBe(true);
      for (const position of [0, 3, 20, ours.length - 1]) {
        const altered = Buffer.from(ours);
        altered[position] = (altered[position] ?? 0) ^ 1;
        expect(isSignatureValid(secret, name, digest, 'DIGEST', altered)).toBe(false);
      }
      expect(isSignatureValid(secret, name, digest, 'DIGEST', ours.subarray(1))).toBe(false);
    }
  });
});

test('an ECDSA signature is valid in one form only', async () => {
  const secret = await generateMaterial(specFacts('ECC_NIST_P256').material);
  const digest = createHash('sha256').update(MESSAGE).digest();
  const signature = signMessage(secret, 'ECDSA_SHA_256', digest, 'DIGEST');
  const { r, s } = decodeEcdsaSignature(signature) ?? { r: 0n, s: 0n };
  const { n } = curveOf('prime256v1');
  const isValid = (one: bigint, other: bigint) =>
    isSignatureValid(secret, 'ECDSA_SHA_256', digest, 'DIGEST', encodeEcdsaSignature(one, other));
  expect([isValid(r, s), isValid(r, s + n), isValid(r + n, s)]).toEqual([true, false, false]);
});

test('an ECDSA signature of zeros is not valid', async () => {
  const secret = await generateMaterial(specFacts('ECC_NIST_P256').material);
  const zeros = Buffer.from('3006020100020100', 'hex');
  expect(isSignatureValid(secret, 'ECDSA_SHA_256', Buffer.alloc(32), 'DIGEST', zeros)).toBe(false);
});

test('Ed25519 signs messages', async () => {
  const { id, publicKey } = await signingKey('ECC_NIST_EDWARDS25519');
  const input = { KeyId: id, SigningAlgorithm: 'ED25519_SHA_512', Message: MESSAGE } as const;
  const { Signature = new Uint8Array() } = await kms.root.send(new SignCommand(input));
  expect(verify(null, MESSAGE, publicKey, Signature)).toBe(true);
  await expect(kms.root.send(new VerifyCommand({ ...input, Signature }))).resolves.toMatchObject({
    SignatureValid: true,
  });
  await expect(kms.root.send(new SignCommand({ ...input, MessageType: 'DIGEST' }))).rejects.toMatchObject({
    name: 'ValidationException',
  });
  await expect(
    kms.root.send(new SignCommand({ ...input, SigningAlgorithm: 'ED25519_PH_SHA_512' })),
  ).rejects.toMatchObject({
    name: 'UnsupportedOperationException',
    message: expect.stringMatching(/PH_SHA/),
  });
});

describe('what a signing key refuses', () => {
  test('another message', async () => {
    const { id } = await signingKey('ECC_NIST_P256');
    const common = { KeyId: id, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
    const { Signature } = await kms.root.send(new SignCommand({ ...common, Message: MESSAGE }));
    await expect(
      kms.root.send(new VerifyCommand({ ...common, Message: Buffer.from('another'), Signature })),
    ).rejects.toMatchObject({ name: 'KMSInvalidSignatureException' });
  });

  test('an algorithm of another kind of key, and a key for another use', async () => {
    const { id } = await signingKey('ECC_NIST_P256');
    await expect(
      kms.root.send(new SignCommand({ KeyId: id, SigningAlgorithm: 'RSASSA_PSS_SHA_256', Message: MESSAGE })),
    ).rejects.toMatchObject({
      name: 'InvalidKeyUsageException',
      message: 'Algorithm RSASSA_PSS_SHA_256 is incompatible with key spec ECC_NIST_P256.',
    });
    const aes = await kms.createKey();
    await expect(
      kms.root.send(new SignCommand({ KeyId: aes.id, SigningAlgorithm: 'ECDSA_SHA_256', Message: MESSAGE })),
    ).rejects.toMatchObject({
      name: 'InvalidKeyUsageException',
      message: `${aes.arn} key usage is ENCRYPT_DECRYPT which is not valid for Sign.`,
    });
  });

  test('a digest of another length, and a message of more than 4096 bytes', async () => {
    const { id } = await signingKey('ECC_NIST_P256');
    const common = { KeyId: id, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
    await expect(
      kms.root.send(new SignCommand({ ...common, MessageType: 'DIGEST', Message: Buffer.alloc(48) })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(
      kms.root.send(new SignCommand({ ...common, Message: Buffer.alloc(4097) })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(
      kms.root.send(new SignCommand({ ...common, Message: Buffer.alloc(4096) })),
    ).resolves.toBeDefined();
  });
});

function asSpec(spec: KeySpec) {
  if (spec === 'RSA_2048' || spec === 'ECC_NIST_P256' || spec === 'ECC_NIST_P384') return spec;
  return spec === 'ECC_NIST_P521' ? spec : 'ECC_SECG_P256K1';
}

function asAlgorithm(algorithm: SigningAlgorithmSpec): SigningAlgorithm {
  if (algorithm.startsWith('ED25519') || algorithm.startsWith('ML_') || algorithm === 'SM2DSA') {
    throw new Error(`${algorithm} is not in the table`);
  }
  return algorithm as SigningAlgorithm;
}
