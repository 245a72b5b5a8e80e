import { createHash, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import {
  DescribeKeyCommand,
  GetPublicKeyCommand,
  type MessageType,
  SignCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { exportJWK, FlattenedSign, flattenedVerify, importSPKI } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { privateKeyOf, publicKeyBytes } from '../../../../local/kms/cryptography/material.ts';
import { isSignatureValid, signMessage } from '../../../../local/kms/cryptography/signing.ts';
import { startedKms, type TestKms } from './local-kms.ts';
import { privateKeyFromSeed } from './seeds.ts';

let kms: TestKms;
beforeAll(async () => {
  kms = await startedKms();
});
afterAll(() => kms.close());

const MESSAGE = Buffer.from('what was agreed');
const algorithm = { SigningAlgorithm: 'ML_DSA_SHAKE_256' } as const;

/** With the lengths of FIPS 204, table 2. */
const specs = [
  {
    spec: 'ML_DSA_44',
    name: 'ml-dsa-44',
    jws: 'ML-DSA-44',
    other: ml_dsa44,
    publicKey: 1312,
    signature: 2420,
  },
  {
    spec: 'ML_DSA_65',
    name: 'ml-dsa-65',
    jws: 'ML-DSA-65',
    other: ml_dsa65,
    publicKey: 1952,
    signature: 3309,
  },
  {
    spec: 'ML_DSA_87',
    name: 'ml-dsa-87',
    jws: 'ML-DSA-87',
    other: ml_dsa87,
    publicKey: 2592,
    signature: 4627,
  },
] as const;

/** The 22 bytes before the public key are the algorithm's name. */
const rawKey = (spki: Buffer) => spki.subarray(22);

const shake256 = (...parts: readonly Uint8Array[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('shake256', { outputLength: 64 })).digest();

/** FIPS 204, algorithms 2 and 7: mu of a message without a context. */
const muOf = (publicKey: Uint8Array, message: Uint8Array) =>
  shake256(shake256(publicKey), Buffer.of(0, 0), message);

describe.each(specs)(
  'a $spec key',
  ({ spec, name, jws, other, publicKey: publicKeyBytesLength, signature }) => {
    let id: string;
    let arn: string;
    let spki: Buffer;
    let publicKey: KeyObject;
    beforeAll(async () => {
      ({ id, arn } = await kms.createKey({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' }));
      const { PublicKey = new Uint8Array() } = await kms.root.send(new GetPublicKeyCommand({ KeyId: id }));
      spki = Buffer.from(PublicKey);
      publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    });

    const signed = async (Message: Uint8Array, MessageType: MessageType) => {
      const { Signature } = await kms.root.send(
        new SignCommand({ KeyId: id, ...algorithm, Message, MessageType }),
      );
      return Buffer.from(Signature ?? []);
    };

    const verified = (Message: Uint8Array, MessageType: MessageType, Signature: Uint8Array) =>
      kms.root.send(new VerifyCommand({ KeyId: id, ...algorithm, Message, MessageType, Signature }));

    test('tells what it is for', async () => {
      const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
      expect(KeyMetadata).toMatchObject({ KeySpec: spec, SigningAlgorithms: ['ML_DSA_SHAKE_256'] });
      expect(publicKey.asymmetricKeyType).toBe(name);
      expect(rawKey(spki)).toHaveLength(publicKeyBytesLength);
    });

    test('signs a message, and its mu, so that others verify either', async () => {
      const mu = muOf(rawKey(spki), MESSAGE);
      for (const [message, type] of [
        [MESSAGE, 'RAW'],
        [mu, 'EXTERNAL_MU'],
      ] as const) {
        const made = await signed(message, type);
        expect(made).toHaveLength(signature);
        expect(verify(null, MESSAGE, publicKey, made)).toBe(true);
        expect(other.verify(made, MESSAGE, rawKey(spki))).toBe(true);
        await expect(verified(MESSAGE, 'RAW', made)).resolves.toMatchObject({
          KeyId: arn,
          SignatureValid: true,
        });
        await expect(verified(mu, 'EXTERNAL_MU', made)).resolves.toMatchObject({ SignatureValid: true });
        expect(await signed(message, type)).not.toEqual(made);
      }
    });

    test('verifies what others sign with the same private key', () => {
      const seed = randomBytes(32);
      const secret = privateKeyFromSeed(name, seed);
      const { publicKey: raw, secretKey } = other.keygen(seed);
      expect(rawKey(publicKeyBytes(secret))).toEqual(Buffer.from(raw));
      for (const made of [other.sign(MESSAGE, secretKey), sign(null, MESSAGE, privateKeyOf(secret))]) {
        const theirs = Buffer.from(made);
        const isValid = (message: Buffer, type: MessageType, candidate = theirs) =>
          isSignatureValid(secret, 'ML_DSA_SHAKE_256', message, type, candidate);
        expect(isValid(MESSAGE, 'RAW')).toBe(true);
        expect(isValid(muOf(raw, MESSAGE), 'EXTERNAL_MU')).toBe(true);
        expect(isValid(MESSAGE, 'RAW', theirs.subarray(1))).toBe(false);
        expect(isValid(muOf(raw, MESSAGE), 'EXTERNAL_MU', theirs.subarray(1))).toBe(false);
      }
      const inContext = Buffer.from(other.sign(MESSAGE, secretKey, { context: Buffer.from('elsewhere') }));
      expect(isSignatureValid(secret, 'ML_DSA_SHAKE_256', MESSAGE, 'RAW', inContext)).toBe(false);
    });

    test('makes the signatures of JSON Web Signatures', async () => {
      const key = await importSPKI(publicKey.export({ format: 'pem', type: 'spki' }).toString(), jws);
      const header = Buffer.from(JSON.stringify({ alg: jws })).toString('base64url');
      const payload = MESSAGE.toString('base64url');
      const made = await signed(Buffer.from(`${header}.${payload}`), 'RAW');
      const token = { protected: header, payload, signature: made.toString('base64url') };
      const { payload: read } = await flattenedVerify(token, key);
      expect(Buffer.from(read)).toEqual(MESSAGE);
      await expect(exportJWK(key)).resolves.toMatchObject({
        kty: 'AKP',
        pub: rawKey(spki).toString('base64url'),
      });

      const secret = privateKeyFromSeed(name, randomBytes(32));
      const theirs = await new FlattenedSign(MESSAGE)
        .setProtectedHeader({ alg: jws })
        .sign(privateKeyOf(secret));
      const input = Buffer.from(`${theirs.protected}.${theirs.payload}`);
      const theirSignature = Buffer.from(theirs.signature, 'base64url');
      expect(isSignatureValid(secret, 'ML_DSA_SHAKE_256', input, 'RAW', theirSignature)).toBe(true);
    });

    test('refuses what is not signed, and what it does not sign', async () => {
      const made = await signed(MESSAGE, 'RAW');
      const altered = Buffer.from(made);
      altered[40] = (altered[40] ?? 0) ^ 1;
      const invalid = { name: 'KMSInvalidSignatureException' };
      await expect(verified(MESSAGE, 'RAW', altered)).rejects.toMatchObject(invalid);
      await expect(verified(Buffer.from('another'), 'RAW', made)).rejects.toMatchObject(invalid);
      await expect(verified(Buffer.alloc(64), 'EXTERNAL_MU', made)).rejects.toMatchObject(invalid);
      await expect(signed(Buffer.alloc(63), 'EXTERNAL_MU')).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringMatching(/mu is invalid length/),
      });
      await expect(signed(Buffer.alloc(32), 'DIGEST')).rejects.toMatchObject({ name: 'ValidationException' });
    });

    /**
     * A hundred keys and signatures of the empty message in one hash, from C2SP's CCTV (ML-DSA/accumulated): those keys
     * are ours, and those signatures are valid to us.
     */
    test('agrees with other implementations on a hundred known answers', () => {
      const rng = createHash('shake128', { outputLength: 100 * 32 }).digest();
      const accumulator = createHash('shake128', { outputLength: 32 });
      for (let start = 0; start < rng.length; start += 32) {
        const seed = rng.subarray(start, start + 32);
        const secret = privateKeyFromSeed(name, seed);
        const raw = rawKey(publicKeyBytes(secret));
        const theirs = Buffer.from(
          other.sign(Buffer.alloc(0), other.keygen(seed).secretKey, { extraEntropy: false }),
        );
        expect(isSignatureValid(secret, 'ML_DSA_SHAKE_256', Buffer.alloc(0), 'RAW', theirs)).toBe(true);
        accumulator.update(raw).update(theirs);
      }
      const known = {
        ML_DSA_44: 'd51148e1f9f4fa1a723a6cf42e25f2a99eb5c1b378b3d2dbbd561b1203beeae4',
        ML_DSA_65: '8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199',
        ML_DSA_87: '8c3ad714777622b8f21ce31bb35f71394f23bc0fcf3c78ace5d608990f3b061b',
      };
      expect(accumulator.digest('hex')).toBe(known[spec]);
    });
  },
);

test('a mu is for ML-DSA alone', async () => {
  const { id } = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  await expect(
    kms.root.send(
      new SignCommand({
        KeyId: id,
        SigningAlgorithm: 'ECDSA_SHA_256',
        MessageType: 'EXTERNAL_MU',
        Message: Buffer.alloc(64),
      }),
    ),
  ).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringMatching(/EXTERNAL_MU/) });
});

test('the mu of a published signature (Wycheproof, ML-DSA-44, test 1) is that of its message', () => {
  const secret = privateKeyFromSeed('ml-dsa-44', Buffer.alloc(32, 0x2a));
  const message = Buffer.from('Hello world');
  const mu = Buffer.from(
    '0ba2d90bc4fa5877844e47f7563eefccf658f898eaf4197b2a9a89d3df683955' +
      'c73a80895ac0a51cc9049d44cdc1d1c550ef3870c1126afdb3d52ee057cbbcdd',
    'hex',
  );
  const isValid = (candidate: Buffer, type: MessageType, made: Buffer) =>
    isSignatureValid(secret, 'ML_DSA_SHAKE_256', candidate, type, made);
  const ofMu = signMessage(secret, 'ML_DSA_SHAKE_256', mu, 'EXTERNAL_MU');
  const ofMessage = signMessage(secret, 'ML_DSA_SHAKE_256', message, 'RAW');
  expect(isValid(message, 'RAW', ofMu)).toBe(true);
  expect(isValid(mu, 'EXTERNAL_MU', ofMessage)).toBe(true);
});
