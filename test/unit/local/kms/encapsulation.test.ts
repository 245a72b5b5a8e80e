import { createHash, createPublicKey, decapsulate, encapsulate, randomBytes } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  DecapsulateCommand,
  DescribeKeyCommand,
  EncapsulateCommand,
  EncryptCommand,
  GetKeyLastUsageCommand,
  GetPublicKeyCommand,
  type KeySpec,
} from '@aws-sdk/client-kms';
import { ml_kem512, ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decapsulateSecret,
  encapsulateSecret,
} from '../../../../local/kms/cryptography/key-encapsulation.ts';
import { privateKeyOf, publicKeyBytes } from '../../../../local/kms/cryptography/material.ts';
import { ACCOUNT, startedKms, type TestKms } from './local-kms.ts';
import { privateKeyFromSeed } from './seeds.ts';

let kms: TestKms;
beforeAll(async () => {
  kms = await startedKms();
});
afterAll(() => kms.close());

const algorithm = { EncapsulationAlgorithm: 'ML_KEM' } as const;

/** With the lengths of FIPS 203, table 3. */
const specs = [
  { spec: 'ML_KEM_512', name: 'ml-kem-512', other: ml_kem512, publicKey: 800, ciphertext: 768 },
  { spec: 'ML_KEM_768', name: 'ml-kem-768', other: ml_kem768, publicKey: 1184, ciphertext: 1088 },
  { spec: 'ML_KEM_1024', name: 'ml-kem-1024', other: ml_kem1024, publicKey: 1568, ciphertext: 1568 },
] as const;

const made = new Map<KeySpec, Promise<{ id: string; arn: string }>>();

function keyOf(KeySpec: KeySpec) {
  const key = made.get(KeySpec) ?? kms.createKey({ KeySpec, KeyUsage: 'ENCAPSULATE_DECAPSULATE' });
  made.set(KeySpec, key);
  return key;
}

async function secretOf(KeyId: string, SharedSecretCiphertextBlob: Uint8Array) {
  const { SharedSecret } = await kms.root.send(
    new DecapsulateCommand({ KeyId, SharedSecretCiphertextBlob, ...algorithm }),
  );
  return Buffer.from(SharedSecret ?? []);
}

describe.each(specs)('a $spec key', ({ spec, name, other, publicKey, ciphertext }) => {
  test('tells what it is for', async () => {
    const { id, arn } = await keyOf(spec);
    const expected = {
      KeySpec: spec,
      KeyUsage: 'ENCAPSULATE_DECAPSULATE',
      EncapsulationAlgorithms: ['ML_KEM'],
    };
    const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata).toMatchObject(expected);
    expect(KeyMetadata?.CurrentKeyMaterialId).toBeUndefined();
    const answer = await kms.root.send(new GetPublicKeyCommand({ KeyId: id }));
    expect(answer).toMatchObject({ ...expected, KeyId: arn });
    const key = createPublicKey({ key: Buffer.from(answer.PublicKey ?? []), format: 'der', type: 'spki' });
    expect(key.asymmetricKeyType).toBe(name);
    expect(answer.PublicKey).toHaveLength(publicKey + 22);
  });

  test('reads the secrets that it encapsulates, and those that others encapsulate for it', async () => {
    const { id, arn } = await keyOf(spec);
    const answer = await kms.root.send(new EncapsulateCommand({ KeyId: id, ...algorithm }));
    expect(answer).toMatchObject({ KeyId: arn, EncapsulationAlgorithm: 'ML_KEM' });
    expect(answer.SharedSecret).toHaveLength(32);
    expect(answer.SharedSecretCiphertextBlob).toHaveLength(ciphertext);
    const opened = await kms.root.send(
      new DecapsulateCommand({
        KeyId: id,
        SharedSecretCiphertextBlob: answer.SharedSecretCiphertextBlob,
        ...algorithm,
      }),
    );
    expect(opened).toMatchObject({ KeyId: arn, EncapsulationAlgorithm: 'ML_KEM' });
    expect(opened.SharedSecret).toEqual(answer.SharedSecret);

    const { PublicKey = new Uint8Array() } = await kms.root.send(new GetPublicKeyCommand({ KeyId: id }));
    const byNode = encapsulate({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
    expect(await secretOf(id, byNode.ciphertext)).toEqual(byNode.sharedKey);
    const byOther = other.encapsulate(PublicKey.subarray(22));
    expect(await secretOf(id, byOther.cipherText)).toEqual(Buffer.from(byOther.sharedSecret));
  });

  test('encapsulates what others read with the same private key', () => {
    const seed = randomBytes(64);
    const secret = privateKeyFromSeed(name, seed);
    const { publicKey: ek, secretKey: dk } = other.keygen(seed);
    expect(publicKeyBytes(secret).subarray(22)).toEqual(Buffer.from(ek));
    const { sharedSecret, ciphertext: blob } = encapsulateSecret(secret);
    expect(Buffer.from(other.decapsulate(blob, dk))).toEqual(sharedSecret);
    expect(decapsulate(privateKeyOf(secret), blob)).toEqual(sharedSecret);
  });

  test('gives a secret of no meaning, and always the same, for an altered ciphertext', async () => {
    const { id } = await keyOf(spec);
    const { SharedSecret, SharedSecretCiphertextBlob: blob = new Uint8Array() } = await kms.root.send(
      new EncapsulateCommand({ KeyId: id, ...algorithm }),
    );
    const altered = Buffer.from(blob);
    altered[5] = (altered[5] ?? 0) ^ 1;
    const secret = await secretOf(id, altered);
    expect(secret).toHaveLength(32);
    expect(secret).not.toEqual(Buffer.from(SharedSecret ?? []));
    expect(await secretOf(id, altered)).toEqual(secret);
    const stranger = await kms.createKey({ KeySpec: spec, KeyUsage: 'ENCAPSULATE_DECAPSULATE' });
    expect(await secretOf(stranger.id, blob)).not.toEqual(Buffer.from(SharedSecret ?? []));
  });

  test.each([-1, 1])('refuses a ciphertext whose length is wrong by %i', async (by) => {
    const { id } = await keyOf(spec);
    await expect(secretOf(id, Buffer.alloc(ciphertext + by))).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
      $metadata: { httpStatusCode: 400 },
    });
  });

  /**
   * A hundred keys, secrets and random ciphertexts in one hash: the public key, the ciphertext, its secret, and the
   * secret of the random ciphertext. That of ML-KEM-768 is in Go's crypto/mlkem (TestAccumulated); on the others PQClean,
   * kyber-py, CIRCL and Go agree.
   */
  test('agrees with other implementations on a hundred known answers', () => {
    const rng = createHash('shake128', { outputLength: 100 * (96 + ciphertext) }).digest();
    const accumulator = createHash('shake128', { outputLength: 32 });
    for (let start = 0; start < rng.length; start += 96 + ciphertext) {
      const secret = privateKeyFromSeed(name, rng.subarray(start, start + 64));
      const ek = publicKeyBytes(secret).subarray(22);
      const { cipherText, sharedSecret } = other.encapsulate(ek, rng.subarray(start + 64, start + 96));
      expect(decapsulateSecret(secret, Buffer.from(cipherText))).toEqual(Buffer.from(sharedSecret));
      const rejected = decapsulateSecret(secret, rng.subarray(start + 96, start + 96 + ciphertext));
      accumulator.update(ek).update(cipherText).update(sharedSecret).update(rejected);
    }
    const known = {
      ML_KEM_512: '86b1b4703b8ffef6f7f3290c6dbce4ad954498a0673ded401a94828e8c519a59',
      ML_KEM_768: '1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415',
      ML_KEM_1024: '800018fec3e2723f73f1d657fe239b4d5d8782efaade297e8cd448e54cc2ac00',
    };
    expect(accumulator.digest('hex')).toBe(known[spec]);
  });
});

test('a key is named by an alias too', async () => {
  const { id, arn } = await keyOf('ML_KEM_512');
  await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/kem', TargetKeyId: id }));
  const command = new EncapsulateCommand({ KeyId: 'alias/kem', ...algorithm });
  await expect(kms.root.send(command)).resolves.toMatchObject({ KeyId: arn });
});

test('keys for another use are refused, and this one for other uses', async () => {
  const aes = await kms.createKey();
  const { id, arn } = await keyOf('ML_KEM_512');
  await expect(kms.root.send(new EncapsulateCommand({ KeyId: aes.id, ...algorithm }))).rejects.toMatchObject({
    name: 'InvalidKeyUsageException',
    message: `${aes.arn} key usage is ENCRYPT_DECRYPT which is not valid for Encapsulate.`,
  });
  await expect(secretOf(aes.id, Buffer.alloc(768))).rejects.toMatchObject({
    name: 'InvalidKeyUsageException',
    message: `${aes.arn} key usage is ENCRYPT_DECRYPT which is not valid for Decapsulate.`,
  });
  await expect(
    kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('a') })),
  ).rejects.toMatchObject({
    name: 'InvalidKeyUsageException',
    message: `${arn} key usage is ENCAPSULATE_DECAPSULATE which is not valid for Encrypt.`,
  });
});

describe.each(['Encapsulate', 'Decapsulate'] as const)('%s', (operation) => {
  const send = (KeyId: string, client = kms.root, DryRun = false) =>
    operation === 'Encapsulate'
      ? client.send(new EncapsulateCommand({ KeyId, ...algorithm, DryRun }))
      : client.send(
          new DecapsulateCommand({
            KeyId,
            SharedSecretCiphertextBlob: Buffer.alloc(768),
            ...algorithm,
            DryRun,
          }),
        );

  test('can be tried', async () => {
    const { id } = await keyOf('ML_KEM_512');
    await expect(send(id, kms.root, true)).rejects.toMatchObject({ name: 'DryRunOperationException' });
  });

  test('is allowed by a grant of just that', async () => {
    const { id } = await kms.createKey({ KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' });
    const app = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/${operation}r/s`, []);
    const denied = {
      name: 'AccessDeniedException',
      message: expect.stringMatching(`kms:${operation} `),
    };
    await expect(send(id, app)).rejects.toMatchObject(denied);
    const grant = (Operations: ('Encapsulate' | 'Decapsulate' | 'GetPublicKey' | 'Decrypt')[]) =>
      kms.root.send(
        new CreateGrantCommand({
          KeyId: id,
          GranteePrincipal: `arn:aws:iam::${ACCOUNT}:role/${operation}r`,
          Operations,
        }),
      );
    await expect(grant(['Decrypt'])).rejects.toMatchObject({ name: 'ValidationException' });
    await grant([operation === 'Encapsulate' ? 'Decapsulate' : 'Encapsulate', 'GetPublicKey']);
    await expect(send(id, app)).rejects.toMatchObject(denied);
    await grant([operation]);
    await expect(send(id, app)).resolves.toBeDefined();
  });

  test('is recorded without what was encapsulated, and is a use of the key', async () => {
    const { id, arn } = await keyOf('ML_KEM_512');
    await send(id);
    const record = kms.recorded.at(-1);
    expect(record).toMatchObject({
      eventName: operation,
      responseElements: null,
      readOnly: true,
      resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
    });
    expect(record?.requestParameters).toEqual({
      keyId: id,
      encapsulationAlgorithm: 'ML_KEM',
      dryRun: false,
    });
    const { KeyLastUsage } = await kms.root.send(new GetKeyLastUsageCommand({ KeyId: id }));
    expect(KeyLastUsage?.Operation).toBe(operation);
  });
});
