import {
  CreateAliasCommand,
  DecryptCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startedKms, type TestKms } from './local-kms.ts';
import { errorOf, post } from './wire.ts';

// What AWS KMS was seen to answer where its documents do not say: texts, and which of two problems is told.

const Message = Buffer.from('message');
const signing = { Message, SigningAlgorithm: 'ECDSA_SHA_256' } as const;

let kms: TestKms;
let symmetric: string;
let signer: { id: string; arn: string };
let authenticator: { id: string; arn: string };
let ciphertext: Uint8Array | undefined;
beforeAll(async () => {
  kms = await startedKms();
  symmetric = (await kms.createKey()).id;
  signer = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  authenticator = await kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  const { CiphertextBlob } = await kms.root.send(
    new EncryptCommand({ KeyId: symmetric, Plaintext: Message }),
  );
  ciphertext = CiphertextBlob;
});
afterAll(() => kms.close());

const asked = async (operation: string, input: object) =>
  errorOf(await post(kms, `TrentService.${operation}`, JSON.stringify(input)));

describe('an error without a text', () => {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

  test('a ciphertext that is none, or was made with another context', async () => {
    const invalid = { code: 'InvalidCiphertextException', text: '' };
    expect(await asked('Decrypt', { CiphertextBlob: 'AAAA' })).toEqual(invalid);
    const CiphertextBlob = base64(ciphertext ?? Buffer.alloc(0));
    expect(await asked('Decrypt', { CiphertextBlob, EncryptionContext: { a: 'c' } })).toEqual(invalid);
  });

  test('a signature that does not match', async () => {
    const input = {
      KeyId: signer.id,
      Message: base64(Message),
      SigningAlgorithm: 'ECDSA_SHA_256',
      Signature: 'AAAA',
    };
    expect(await asked('Verify', input)).toEqual({ code: 'KMSInvalidSignatureException', text: '' });
  });

  test('a MAC that does not match', async () => {
    const input = {
      KeyId: authenticator.id,
      Message: base64(Message),
      MacAlgorithm: 'HMAC_SHA_256',
      Mac: 'AAAA',
    };
    expect(await asked('VerifyMac', input)).toEqual({ code: 'KMSInvalidMacException', text: '' });
  });

  test('the public key of a symmetric key, and its record has no text either', async () => {
    expect(await asked('GetPublicKey', { KeyId: symmetric })).toEqual({
      code: 'UnsupportedOperationException',
      text: '',
    });
    const record = kms.recorded.findLast(({ eventName }) => eventName === 'GetPublicKey');
    expect(record).toMatchObject({ errorCode: 'UnsupportedOperationException' });
    expect(record).not.toHaveProperty('errorMessage');
  });
});

describe('of two problems', () => {
  test('the usage of a key is told before its state', async () => {
    const { id, arn } = await kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    await kms.root.send(new DisableKeyCommand({ KeyId: id }));
    const wrongUsage = (operation: string) => ({
      name: 'InvalidKeyUsageException',
      message: `${arn} key usage is GENERATE_VERIFY_MAC which is not valid for ${operation}.`,
    });
    await expect(kms.root.send(new SignCommand({ KeyId: id, ...signing }))).rejects.toMatchObject(
      wrongUsage('Sign'),
    );
    await expect(
      kms.root.send(new VerifyCommand({ KeyId: id, ...signing, Signature: Message })),
    ).rejects.toMatchObject(wrongUsage('Verify'));
    await expect(kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Message }))).rejects.toMatchObject(
      wrongUsage('Encrypt'),
    );
    await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    await expect(
      kms.root.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256' })),
    ).rejects.toMatchObject(wrongUsage('GenerateDataKey'));
  });

  test('the state of a key is told before its algorithms', async () => {
    const mac = await kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    await kms.root.send(new DisableKeyCommand({ KeyId: mac.id }));
    const macing = { KeyId: mac.id, Message, MacAlgorithm: 'HMAC_SHA_512' } as const;
    const disabled = { name: 'DisabledException', message: `${mac.arn} is disabled.` };
    await expect(kms.root.send(new GenerateMacCommand(macing))).rejects.toMatchObject(disabled);
    await expect(kms.root.send(new VerifyMacCommand({ ...macing, Mac: Message }))).rejects.toMatchObject(
      disabled,
    );
  });

  test('the size of a data key is told before anything about its key', async () => {
    const both = { KeySpec: 'AES_256', NumberOfBytes: 32 } as const;
    for (const size of [{}, both]) {
      await expect(
        kms.root.send(new GenerateDataKeyCommand({ KeyId: '12345678-1234-1234-1234-123456789012', ...size })),
      ).rejects.toMatchObject({
        name: 'ValidationException',
        message: 'Please specify either number of bytes or key spec.',
      });
    }
  });
});

describe('a text', () => {
  test('of an alias where only a key will do, there or not', async () => {
    for (const KeyId of ['alias/none', 'arn:aws:kms:us-east-1:000000000000:alias/none']) {
      await expect(kms.root.send(new DisableKeyCommand({ KeyId }))).rejects.toMatchObject({
        name: 'InvalidArnException',
        message: 'Key Aliases are not supported for this operation.',
      });
    }
  });

  test('of a name that is no alias', async () => {
    await expect(
      kms.root.send(new CreateAliasCommand({ AliasName: 'pay', TargetKeyId: symmetric })),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message:
        'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    });
  });

  test('of a ciphertext that is missing', async () => {
    const message =
      "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null";
    const missing = { name: 'ValidationException', message };
    await expect(kms.root.send(new DecryptCommand({ CiphertextBlob: undefined }))).rejects.toMatchObject(
      missing,
    );
    await expect(
      kms.root.send(new ReEncryptCommand({ CiphertextBlob: undefined, DestinationKeyId: symmetric })),
    ).rejects.toMatchObject(missing);
  });

  test('of what an RSA key is too small for, or cannot protect', async () => {
    const { id } = await kms.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    await expect(
      kms.root.send(
        new EncryptCommand({
          KeyId: id,
          Plaintext: Buffer.alloc(191),
          EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
        }),
      ),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message:
        'Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes.',
    });
    await expect(
      kms.root.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256' })),
    ).rejects.toMatchObject({
      name: 'InvalidKeyUsageException',
      message: 'You cannot generate a data key with an asymmetric CMK',
    });
  });
});

test('a dry run that would have succeeded is answered with 400, as every error of a request', async () => {
  await expect(kms.root.send(new GetPublicKeyCommand({ KeyId: 'not-a-key' }))).rejects.toMatchObject({
    name: 'NotFoundException',
    $metadata: { httpStatusCode: 400 },
  });
  await expect(
    kms.root.send(new EncryptCommand({ KeyId: symmetric, Plaintext: Message, DryRun: true })),
  ).rejects.toMatchObject({ name: 'DryRunOperationException', $metadata: { httpStatusCode: 400 } });
});
