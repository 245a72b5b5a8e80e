import {
  CreateKeyCommand,
  DecapsulateCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  EncapsulateCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  type KeySpec,
  KeyUsageType,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startedKms, type TestKms } from './local-kms.ts';

let kms: TestKms;
beforeAll(async () => {
  kms = await startedKms();
});
afterAll(() => kms.close());

/** The usages that CreateKey's documentation gives each spec; the first is the default where there is one. */
const USAGES: Record<Exclude<KeySpec, 'SM2'>, readonly KeyUsageType[]> = {
  SYMMETRIC_DEFAULT: ['ENCRYPT_DECRYPT'],
  RSA_2048: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  RSA_3072: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  RSA_4096: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  ECC_NIST_P256: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  ECC_NIST_P384: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  ECC_NIST_P521: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  ECC_SECG_P256K1: ['SIGN_VERIFY'],
  ECC_NIST_EDWARDS25519: ['SIGN_VERIFY'],
  HMAC_224: ['GENERATE_VERIFY_MAC'],
  HMAC_256: ['GENERATE_VERIFY_MAC'],
  HMAC_384: ['GENERATE_VERIFY_MAC'],
  HMAC_512: ['GENERATE_VERIFY_MAC'],
  ML_DSA_44: ['SIGN_VERIFY'],
  ML_DSA_65: ['SIGN_VERIFY'],
  ML_DSA_87: ['SIGN_VERIFY'],
  ML_KEM_512: ['ENCAPSULATE_DECAPSULATE'],
  ML_KEM_768: ['ENCAPSULATE_DECAPSULATE'],
  ML_KEM_1024: ['ENCAPSULATE_DECAPSULATE'],
};

const Message = Buffer.alloc(32);
const Signature = Buffer.alloc(64);
const signing = { Message, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
const macing = { Message, MacAlgorithm: 'HMAC_SHA_256' } as const;
const encapsulation = { EncapsulationAlgorithm: 'ML_KEM' } as const;

/** The uses of keys, with what each is a use of. */
const USES: Record<string, readonly [KeyUsageType, (KeyId: string) => Promise<unknown>]> = {
  Encrypt: ['ENCRYPT_DECRYPT', (KeyId) => kms.root.send(new EncryptCommand({ KeyId, Plaintext: Message }))],
  Decrypt: [
    'ENCRYPT_DECRYPT',
    (KeyId) => kms.root.send(new DecryptCommand({ KeyId, CiphertextBlob: Message })),
  ],
  GenerateDataKey: [
    'ENCRYPT_DECRYPT',
    (KeyId) => kms.root.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })),
  ],
  Sign: ['SIGN_VERIFY', (KeyId) => kms.root.send(new SignCommand({ KeyId, ...signing }))],
  Verify: ['SIGN_VERIFY', (KeyId) => kms.root.send(new VerifyCommand({ KeyId, ...signing, Signature }))],
  GenerateMac: [
    'GENERATE_VERIFY_MAC',
    (KeyId) => kms.root.send(new GenerateMacCommand({ KeyId, ...macing })),
  ],
  VerifyMac: [
    'GENERATE_VERIFY_MAC',
    (KeyId) => kms.root.send(new VerifyMacCommand({ KeyId, ...macing, Mac: Message })),
  ],
  DeriveSharedSecret: [
    'KEY_AGREEMENT',
    (KeyId) =>
      kms.root.send(
        new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: Message }),
      ),
  ],
  Encapsulate: [
    'ENCAPSULATE_DECAPSULATE',
    (KeyId) => kms.root.send(new EncapsulateCommand({ KeyId, ...encapsulation })),
  ],
  Decapsulate: [
    'ENCAPSULATE_DECAPSULATE',
    (KeyId) =>
      kms.root.send(new DecapsulateCommand({ KeyId, ...encapsulation, SharedSecretCiphertextBlob: Message })),
  ],
};

const messageOf = (call: Promise<unknown>) =>
  call.then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe.each(Object.entries(USAGES))('%s', (spec, usages) => {
  const KeySpec = spec as KeySpec;

  test.each(Object.values(KeyUsageType).filter((usage) => !usages.includes(usage)))(
    'is not for %s',
    async (KeyUsage) => {
      await expect(kms.root.send(new CreateKeyCommand({ KeySpec, KeyUsage }))).rejects.toMatchObject({
        name: 'ValidationException',
        message: `KeyUsage ${KeyUsage} is not compatible with KeySpec ${spec}`,
      });
    },
  );

  test.each(usages)(
    'is for %s, and then for nothing else',
    async (KeyUsage) => {
      const { id, arn } = await kms.createKey({ KeySpec, KeyUsage });
      for (const [operation, [usage, use]] of Object.entries(USES)) {
        const refusal = `${arn} key usage is ${KeyUsage} which is not valid for ${operation}.`;
        const message = await messageOf(use(id));
        if (usage === KeyUsage) expect(message).not.toBe(refusal);
        else expect(message).toBe(refusal);
      }
      const publicKey = kms.root.send(new GetPublicKeyCommand({ KeyId: id }));
      if (/^(?:RSA|ECC|ML)/.test(spec)) {
        await expect(publicKey).resolves.toMatchObject({ KeyId: arn, KeySpec, KeyUsage });
      } else {
        await expect(publicKey).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
      }
    },
    60_000,
  );
});

describe('what only the Regions of China have is refused by its name', () => {
  const unsupported = (name: string) => ({
    name: 'UnsupportedOperationException',
    message: expect.stringMatching(name),
  });

  test('SM2 keys', async () => {
    for (const KeyUsage of ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'KEY_AGREEMENT'] as const) {
      await expect(kms.root.send(new CreateKeyCommand({ KeySpec: 'SM2', KeyUsage }))).rejects.toMatchObject(
        unsupported('KeySpec SM2'),
      );
    }
  });

  test('SM2DSA and SM2PKE', async () => {
    const { id: KeyId } = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const sm2 = { KeyId, Message, SigningAlgorithm: 'SM2DSA' } as const;
    await expect(kms.root.send(new SignCommand(sm2))).rejects.toMatchObject(unsupported('SM2DSA'));
    await expect(kms.root.send(new VerifyCommand({ ...sm2, Signature }))).rejects.toMatchObject(
      unsupported('SM2DSA'),
    );
    const { id } = await kms.createKey();
    const EncryptionAlgorithm = 'SM2PKE';
    await expect(
      kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Message, EncryptionAlgorithm })),
    ).rejects.toMatchObject(unsupported('SM2PKE'));
    await expect(
      kms.root.send(new DecryptCommand({ KeyId: id, CiphertextBlob: Message, EncryptionAlgorithm })),
    ).rejects.toMatchObject(unsupported('SM2PKE'));
  });
});
