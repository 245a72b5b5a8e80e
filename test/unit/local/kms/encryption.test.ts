import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import {
  DecryptCommand,
  EncryptCommand,
  type EncryptionAlgorithmSpec,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startedKms, type TestKms } from './local-kms.ts';

const PLAINTEXT = Buffer.from('what nobody else shall read');

let kms: TestKms;
beforeAll(async () => {
  kms = await startedKms();
});
afterAll(() => kms.close());

async function encrypted(keyId: string, context?: Record<string, string>): Promise<Uint8Array> {
  const { CiphertextBlob = new Uint8Array() } = await kms.root.send(
    new EncryptCommand({ KeyId: keyId, Plaintext: PLAINTEXT, EncryptionContext: context }),
  );
  return CiphertextBlob;
}

describe('a symmetric key', () => {
  test('decrypts what it encrypted, without being named', async () => {
    const { id, arn } = await kms.createKey();
    const ciphertext = await encrypted(id, { tenant: 'acme', purpose: 'invoice' });
    expect(Buffer.from(ciphertext).includes(PLAINTEXT)).toBe(false);
    const decrypted = await kms.root.send(
      // The order of the pairs does not count.
      new DecryptCommand({
        CiphertextBlob: ciphertext,
        EncryptionContext: { purpose: 'invoice', tenant: 'acme' },
      }),
    );
    expect(decrypted).toMatchObject({ KeyId: arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    expect(decrypted.KeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
    expect(Buffer.from(decrypted.Plaintext ?? [])).toEqual(PLAINTEXT);
  });

  test('encrypts the same text differently each time', async () => {
    const { id } = await kms.createKey();
    expect(await encrypted(id)).not.toEqual(await encrypted(id));
  });

  test.each([
    ['no context', undefined],
    ['another value', { tenant: 'other' }],
    ['one pair more', { tenant: 'acme', purpose: 'invoice' }],
    ['the same text split otherwise', { tenan: 'tacme' }],
  ])('refuses %s', async (_what, context) => {
    const { id } = await kms.createKey();
    const ciphertext = await encrypted(id, { tenant: 'acme' });
    await expect(
      kms.root.send(new DecryptCommand({ CiphertextBlob: ciphertext, EncryptionContext: context })),
    ).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });

  test('refuses a ciphertext with any byte altered', async () => {
    const { id } = await kms.createKey();
    const ciphertext = await encrypted(id);
    for (const position of [0, 30, 60, 80, ciphertext.length - 1]) {
      const altered = Buffer.from(ciphertext);
      altered[position] = (altered[position] ?? 0) ^ 1;
      await expect(
        kms.root.send(new DecryptCommand({ KeyId: id, CiphertextBlob: altered })),
      ).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    }
    await expect(
      kms.root.send(new DecryptCommand({ CiphertextBlob: ciphertext.subarray(0, 40) })),
    ).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });

  test('is not the key of a ciphertext that another key made', async () => {
    const { id } = await kms.createKey();
    const other = await kms.createKey();
    const ciphertext = await encrypted(id);
    await expect(
      kms.root.send(new DecryptCommand({ KeyId: other.id, CiphertextBlob: ciphertext })),
    ).rejects.toMatchObject({ name: 'IncorrectKeyException' });
  });

  test('encrypts 4096 bytes at most', async () => {
    const { id } = await kms.createKey();
    const send = (length: number) =>
      kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.alloc(length) }));
    await expect(send(4096)).resolves.toBeDefined();
    await expect(send(4097)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('protects data keys', async () => {
    const { id, arn } = await kms.createKey();
    const context = { tenant: 'acme' };
    const dataKey = await kms.root.send(
      new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256', EncryptionContext: context }),
    );
    expect(dataKey.KeyId).toBe(arn);
    expect(dataKey.Plaintext).toHaveLength(32);
    const decrypted = await kms.root.send(
      new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob, EncryptionContext: context }),
    );
    expect(decrypted.Plaintext).toEqual(dataKey.Plaintext);
    const sized = await kms.root.send(new GenerateDataKeyCommand({ KeyId: id, NumberOfBytes: 64 }));
    expect(sized.Plaintext).toHaveLength(64);
    for (const both of [{}, { KeySpec: 'AES_128', NumberOfBytes: 16 } as const]) {
      await expect(kms.root.send(new GenerateDataKeyCommand({ KeyId: id, ...both }))).rejects.toMatchObject({
        name: 'ValidationException',
      });
    }
  });

  test('a dry run says that it would work, and has no effect', async () => {
    const { id } = await kms.createKey();
    await expect(
      kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: PLAINTEXT, DryRun: true })),
    ).rejects.toMatchObject({ name: 'DryRunOperationException' });
  });
});

describe('an RSA key for encryption', () => {
  const hashes: [EncryptionAlgorithmSpec, string, number][] = [
    ['RSAES_OAEP_SHA_1', 'sha1', 214],
    ['RSAES_OAEP_SHA_256', 'sha256', 190],
  ];
  let id = '';
  beforeAll(async () => {
    ({ id } = await kms.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }));
  });

  test.each(hashes)('decrypts what its public key encrypted with %s', async (algorithm, oaepHash) => {
    const { PublicKey = new Uint8Array(), EncryptionAlgorithms } = await kms.root.send(
      new GetPublicKeyCommand({ KeyId: id }),
    );
    expect(EncryptionAlgorithms).toEqual(['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256']);
    const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const decrypted = await kms.root.send(
      new DecryptCommand({
        KeyId: id,
        EncryptionAlgorithm: algorithm,
        CiphertextBlob: publicEncrypt({ key, padding, oaepHash }, PLAINTEXT),
      }),
    );
    expect(Buffer.from(decrypted.Plaintext ?? [])).toEqual(PLAINTEXT);
    expect(decrypted.KeyMaterialId).toBeUndefined();
  });

  test.each(hashes)('encrypts one block with %s', async (algorithm, _hash, longest) => {
    const send = (length: number) =>
      kms.root.send(
        new EncryptCommand({ KeyId: id, EncryptionAlgorithm: algorithm, Plaintext: Buffer.alloc(length, 7) }),
      );
    const { CiphertextBlob } = await send(longest);
    const decrypted = await kms.root.send(
      new DecryptCommand({ KeyId: id, EncryptionAlgorithm: algorithm, CiphertextBlob }),
    );
    expect(decrypted.Plaintext).toHaveLength(longest);
    await expect(send(longest + 1)).rejects.toMatchObject({ name: 'ValidationException' });
    const other = algorithm === 'RSAES_OAEP_SHA_1' ? 'RSAES_OAEP_SHA_256' : 'RSAES_OAEP_SHA_1';
    await expect(
      kms.root.send(new DecryptCommand({ KeyId: id, EncryptionAlgorithm: other, CiphertextBlob })),
    ).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });

  test('needs its name to decrypt, and has no encryption context', async () => {
    const common = { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256', CiphertextBlob: Buffer.alloc(256) } as const;
    await expect(kms.root.send(new DecryptCommand(common))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(
      kms.root.send(new DecryptCommand({ ...common, KeyId: id, EncryptionContext: { a: 'b' } })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('is not symmetric', async () => {
    await expect(
      kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: PLAINTEXT })),
    ).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
    await expect(
      kms.root.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256' })),
    ).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
  });
});
