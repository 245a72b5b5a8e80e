import { createPublicKey } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GetPublicKeyCommand,
  type KeySpec,
  ListKeysCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, localKms, ROOT } from './local-kms.ts';

const ABSENT = '00000000-0000-4000-8000-000000000000';

describe('CreateKey', () => {
  test('makes an enabled symmetric key when nothing is said', async () => {
    const kms = await localKms();
    const { KeyMetadata } = await kms.root.send(new CreateKeyCommand({ Description: 'invoices' }));
    expect(KeyMetadata).toMatchObject({
      AWSAccountId: ACCOUNT,
      Arn: `arn:aws:kms:us-east-1:${ACCOUNT}:key/${KeyMetadata?.KeyId}`,
      Description: 'invoices',
      Enabled: true,
      KeyState: 'Enabled',
      KeySpec: 'SYMMETRIC_DEFAULT',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      KeyManager: 'CUSTOMER',
      Origin: 'AWS_KMS',
      MultiRegion: false,
      CurrentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(Math.abs(Date.now() - (KeyMetadata?.CreationDate?.getTime() ?? 0))).toBeLessThan(10_000);
  });

  const publicKeys: [KeySpec, object][] = [
    ['RSA_2048', { asymmetricKeyType: 'rsa', asymmetricKeyDetails: { modulusLength: 2048 } }],
    ['RSA_3072', { asymmetricKeyType: 'rsa', asymmetricKeyDetails: { modulusLength: 3072 } }],
    ['ECC_NIST_P256', { asymmetricKeyType: 'ec', asymmetricKeyDetails: { namedCurve: 'prime256v1' } }],
    ['ECC_NIST_P384', { asymmetricKeyType: 'ec', asymmetricKeyDetails: { namedCurve: 'secp384r1' } }],
    ['ECC_NIST_P521', { asymmetricKeyType: 'ec', asymmetricKeyDetails: { namedCurve: 'secp521r1' } }],
    ['ECC_SECG_P256K1', { asymmetricKeyType: 'ec', asymmetricKeyDetails: { namedCurve: 'secp256k1' } }],
    ['ECC_NIST_EDWARDS25519', { asymmetricKeyType: 'ed25519' }],
  ];

  test.each(publicKeys)('makes a %s key', async (spec, expected) => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' });
    const answer = await kms.root.send(new GetPublicKeyCommand({ KeyId: id }));
    expect(answer).toMatchObject({ KeyId: arn, KeySpec: spec, KeyUsage: 'SIGN_VERIFY' });
    expect(answer.SigningAlgorithms).not.toHaveLength(0);
    const key = createPublicKey({ key: Buffer.from(answer.PublicKey ?? []), format: 'der', type: 'spki' });
    expect(key).toMatchObject(expected);
    const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata?.CurrentKeyMaterialId).toBeUndefined();
  });

  const refusals: [string, CreateKeyCommandInput, string, RegExp][] = [
    ['a custom key store', { CustomKeyStoreId: 'cks-1' }, 'ValidationException', /Origin AWS_KMS/],
    ['HMAC without a usage', { KeySpec: 'HMAC_256' }, 'ValidationException', /KeyUsage/],
    ['RSA without a usage', { KeySpec: 'RSA_2048' }, 'ValidationException', /KeyUsage/],
    [
      'a spec under both of its names',
      { KeySpec: 'SYMMETRIC_DEFAULT', CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT' },
      'ValidationException',
      /^You cannot specify KeySpec and CustomerMasterKeySpec in the same request\./,
    ],
    ['a long description', { Description: 'x'.repeat(8193) }, 'ValidationException', /'description'/],
    ['a reserved tag', { Tags: [{ TagKey: 'aws:owner', TagValue: 'x' }] }, 'TagException', /reserved/],
  ];

  test.each(refusals)('refuses %s', async (_what, input, name, message) => {
    const kms = await localKms();
    await expect(kms.root.send(new CreateKeyCommand(input))).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
    await expect(kms.root.send(new ListKeysCommand({}))).resolves.toMatchObject({ Keys: [] });
  });
});

describe('a key is named', () => {
  test('by its id, its ARN, an alias or the ARN of an alias', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey();
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: id }));
    for (const KeyId of [id, arn, 'alias/pay', `arn:aws:kms:us-east-1:${ACCOUNT}:alias/pay`]) {
      const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata?.Arn).toBe(arn);
    }
  });

  const wrong: [string, string, string][] = [
    [ABSENT, 'NotFoundException', `Key 'arn:aws:kms:us-east-1:${ACCOUNT}:key/${ABSENT}' does not exist`],
    ['alias/none', 'NotFoundException', `Alias arn:aws:kms:us-east-1:${ACCOUNT}:alias/none is not found.`],
    ['nonsense', 'NotFoundException', "Invalid keyId 'nonsense'"],
    [`arn:aws:kms:eu-west-1:${ACCOUNT}:key/${ABSENT}`, 'NotFoundException', 'Invalid arn eu-west-1'],
    [
      `arn:aws:kms:us-east-1:111122223333:key/${ABSENT}`,
      'AccessDeniedException',
      `User: ${ROOT} is not authorized to perform: kms:DescribeKey on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
    ],
    [
      'arn:aws:s3:::bucket',
      'InvalidArnException',
      "'arn:aws:s3:::bucket' is not the ARN of a KMS key or alias.",
    ],
  ];

  test.each(wrong)('not by %s', async (KeyId, name, message) => {
    const kms = await localKms();
    await expect(kms.root.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({ name, message });
  });

  test('not by an alias where the key is managed', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: id }));
    await expect(kms.root.send(new DisableKeyCommand({ KeyId: 'alias/pay' }))).rejects.toMatchObject({
      name: 'InvalidArnException',
    });
    const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata?.Enabled).toBe(true);
  });
});

test('a key is disabled, enabled and described anew', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const describeIt = async () => (await kms.root.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata;
  await kms.root.send(new DisableKeyCommand({ KeyId: id }));
  expect(await describeIt()).toMatchObject({ Enabled: false, KeyState: 'Disabled' });
  await kms.root.send(new EnableKeyCommand({ KeyId: id }));
  await kms.root.send(new UpdateKeyDescriptionCommand({ KeyId: id, Description: 'new words' }));
  expect(await describeIt()).toMatchObject({ Enabled: true, KeyState: 'Enabled', Description: 'new words' });
});

test('keys are listed by the page, each once', async () => {
  const kms = await localKms();
  const made = await Promise.all([1, 2, 3, 4, 5].map(() => kms.createKey()));
  const found: string[] = [];
  let marker: string | undefined;
  let pages = 0;
  do {
    const page = await kms.root.send(new ListKeysCommand({ Limit: 2, Marker: marker }));
    expect(page.Truncated).toBe(page.NextMarker !== undefined);
    found.push(...(page.Keys ?? []).map(({ KeyArn = '' }) => KeyArn));
    marker = page.NextMarker;
    pages += 1;
  } while (marker !== undefined);
  expect(pages).toBe(3);
  expect(found.toSorted()).toEqual(made.map(({ arn }) => arn).toSorted());
  await expect(kms.root.send(new ListKeysCommand({ Marker: 'made-up' }))).rejects.toMatchObject({
    name: 'InvalidMarkerException',
  });
});

test('a symmetric key has no public key', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  await expect(kms.root.send(new GetPublicKeyCommand({ KeyId: id }))).rejects.toMatchObject({
    name: 'UnsupportedOperationException',
  });
});
