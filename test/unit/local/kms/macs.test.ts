import { createHmac } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  DescribeKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  type KeySpec,
  type MacAlgorithmSpec,
  UpdateAliasCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { compactVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isMacValid, macOf } from '../../../../local/kms/cryptography/mac.ts';
import type { MacAlgorithm } from '../../../../local/kms/key-specs.ts';
import { ACCOUNT, keyPolicy, localKms, startedKms, type TestKms } from './local-kms.ts';
import { databaseFile, storedSecret } from './stored-material.ts';

const MESSAGE = Buffer.from('what was agreed');

const specs: [KeySpec, MacAlgorithmSpec, hash: string, bytes: number][] = [
  ['HMAC_224', 'HMAC_SHA_224', 'sha224', 28],
  ['HMAC_256', 'HMAC_SHA_256', 'sha256', 32],
  ['HMAC_384', 'HMAC_SHA_384', 'sha384', 48],
  ['HMAC_512', 'HMAC_SHA_512', 'sha512', 64],
];

/** RFC 4231, 4.2 and 4.3. */
const VECTORS: [key: Buffer, data: string, Record<MacAlgorithm, string>][] = [
  [
    Buffer.alloc(20, 0x0b),
    'Hi There',
    {
      HMAC_SHA_224: '896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22',
      HMAC_SHA_256: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
      HMAC_SHA_384:
        'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6',
      HMAC_SHA_512:
        '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
    },
  ],
  [
    Buffer.from('Jefe'),
    'what do ya want for nothing?',
    {
      HMAC_SHA_224: 'a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44',
      HMAC_SHA_256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      HMAC_SHA_384:
        'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
      HMAC_SHA_512:
        '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    },
  ],
];

test.each(VECTORS)('the MACs of RFC 4231 with the key %j', (key, data, macs) => {
  const message = Buffer.from(data);
  for (const algorithm of ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'] as const) {
    const mac = macOf(key, algorithm, message);
    expect(mac.toString('hex')).toBe(macs[algorithm]);
    expect(isMacValid(key, algorithm, message, mac)).toBe(true);
  }
});

test.each(specs)('a %s key makes the MAC that node:crypto makes', async (spec, algorithm, hash, bytes) => {
  const database = databaseFile();
  const kms = await localKms({ database });
  const { id, arn } = await kms.createKey({ KeySpec: spec, KeyUsage: 'GENERATE_VERIFY_MAC' });
  const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
  expect(KeyMetadata).toMatchObject({
    KeySpec: spec,
    KeyUsage: 'GENERATE_VERIFY_MAC',
    MacAlgorithms: [algorithm],
  });
  expect(KeyMetadata).not.toHaveProperty('EncryptionAlgorithms');
  const input = { KeyId: id, MacAlgorithm: algorithm, Message: MESSAGE };
  const made = await kms.root.send(new GenerateMacCommand(input));
  expect(made).toMatchObject({ KeyId: arn, MacAlgorithm: algorithm });
  const secret = storedSecret(database, id);
  expect(secret).toHaveLength(bytes);
  expect(Buffer.from(made.Mac ?? [])).toEqual(createHmac(hash, secret).update(MESSAGE).digest());
  await expect(
    kms.root.send(new VerifyMacCommand({ ...input, Mac: createHmac(hash, secret).update(MESSAGE).digest() })),
  ).resolves.toMatchObject({ KeyId: arn, MacValid: true, MacAlgorithm: algorithm });
});

test('jose verifies a token that the key authenticated', async () => {
  const database = databaseFile();
  const kms = await localKms({ database });
  const { id } = await kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256' })}.${part({ sub: 'acme' })}`;
  const { Mac = new Uint8Array() } = await kms.root.send(
    new GenerateMacCommand({ KeyId: id, MacAlgorithm: 'HMAC_SHA_256', Message: Buffer.from(signed) }),
  );
  const token = `${signed}.${Buffer.from(Mac).toString('base64url')}`;
  await expect(compactVerify(token, storedSecret(database, id))).resolves.toMatchObject({
    protectedHeader: { alg: 'HS256' },
  });
});

describe('an HMAC key', () => {
  let kms: TestKms;
  let key: { id: string; arn: string };
  beforeAll(async () => {
    kms = await startedKms();
    key = await kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  });
  afterAll(() => kms.close());

  const common = { MacAlgorithm: 'HMAC_SHA_256', Message: MESSAGE } as const;
  const generated = async (KeyId: string) =>
    Buffer.from((await kms.root.send(new GenerateMacCommand({ KeyId, ...common }))).Mac ?? []);

  test('refuses any other MAC, message and key', async () => {
    const mac = await generated(key.id);
    const other = await kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const altered = Buffer.from(mac);
    altered[31] = (altered[31] ?? 0) ^ 1;
    for (const change of [
      { Mac: altered },
      { Mac: mac.subarray(0, 16) },
      { Mac: Buffer.concat([mac, Buffer.of(0)]) },
      { Message: Buffer.from('another') },
      { KeyId: other.id },
    ]) {
      await expect(
        kms.root.send(new VerifyMacCommand({ KeyId: key.id, ...common, Mac: mac, ...change })),
      ).rejects.toMatchObject({ name: 'KMSInvalidMacException' });
    }
  });

  test('takes 4096 bytes at most, and its own algorithm only', async () => {
    const send = (input: { Message?: Buffer; MacAlgorithm?: MacAlgorithmSpec }) =>
      kms.root.send(new GenerateMacCommand({ KeyId: key.id, ...common, ...input }));
    await expect(send({ Message: Buffer.alloc(4096) })).resolves.toBeDefined();
    await expect(send({ Message: Buffer.alloc(4097) })).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(send({ MacAlgorithm: 'HMAC_SHA_512' })).rejects.toMatchObject({
      name: 'InvalidKeyUsageException',
      message: 'Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.',
    });
  });

  test('is for MACs, and no other key is', async () => {
    const aes = await kms.createKey();
    await expect(kms.root.send(new GenerateMacCommand({ KeyId: aes.id, ...common }))).rejects.toMatchObject({
      name: 'InvalidKeyUsageException',
      message: `${aes.arn} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac.`,
    });
    await expect(
      kms.root.send(new VerifyMacCommand({ KeyId: aes.id, ...common, Mac: Buffer.alloc(32) })),
    ).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
    await expect(kms.root.send(new GetPublicKeyCommand({ KeyId: key.id }))).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
    });
  });

  test('can be tried', async () => {
    const Mac = await generated(key.id);
    const dry = { KeyId: key.id, ...common, DryRun: true };
    const wouldWork = { name: 'DryRunOperationException' };
    await expect(kms.root.send(new GenerateMacCommand(dry))).rejects.toMatchObject(wouldWork);
    await expect(kms.root.send(new VerifyMacCommand({ ...dry, Mac }))).rejects.toMatchObject(wouldWork);
    await expect(
      kms.root.send(new VerifyMacCommand({ ...dry, Mac: Buffer.alloc(32) })),
    ).rejects.toMatchObject({ name: 'KMSInvalidMacException' });
  });

  test('hands its alias on to another HMAC key only', async () => {
    const AliasName = 'alias/mac';
    await kms.root.send(new CreateAliasCommand({ AliasName, TargetKeyId: key.id }));
    const signing = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const other = await kms.createKey({ KeySpec: 'HMAC_512', KeyUsage: 'GENERATE_VERIFY_MAC' });
    await expect(
      kms.root.send(new UpdateAliasCommand({ AliasName, TargetKeyId: signing.id })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await kms.root.send(new UpdateAliasCommand({ AliasName, TargetKeyId: other.id }));
    await expect(
      kms.root.send(new GenerateMacCommand({ ...common, KeyId: AliasName, MacAlgorithm: 'HMAC_SHA_512' })),
    ).resolves.toMatchObject({ KeyId: other.arn });
  });

  test('is used by who has a grant for that, or a policy for the algorithm', async () => {
    const Role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
    const grantee = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/Grantee/s`, []);
    const grant = (Operations: ('GenerateMac' | 'Sign')[]) =>
      kms.root.send(new CreateGrantCommand({ KeyId: key.id, GranteePrincipal: Role('Grantee'), Operations }));
    await expect(grant(['Sign'])).rejects.toMatchObject({ name: 'ValidationException' });
    await grant(['GenerateMac']);
    const Mac = await generated(key.id);
    await expect(grantee.send(new GenerateMacCommand({ KeyId: key.id, ...common }))).resolves.toBeDefined();
    await expect(grantee.send(new VerifyMacCommand({ KeyId: key.id, ...common, Mac }))).rejects.toMatchObject(
      {
        name: 'AccessDeniedException',
        message: expect.stringMatching(/kms:VerifyMac/),
      },
    );

    const reader = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/Reader/s`, []);
    const allowed = (algorithm: string) =>
      kms.createKey({
        KeySpec: 'HMAC_256',
        KeyUsage: 'GENERATE_VERIFY_MAC',
        Policy: keyPolicy({
          Effect: 'Allow',
          Principal: { AWS: Role('Reader') },
          Action: 'kms:GenerateMac',
          Resource: '*',
          Condition: { StringEquals: { 'kms:MacAlgorithm': algorithm } },
        }),
      });
    const yes = await allowed('HMAC_SHA_256');
    const no = await allowed('HMAC_SHA_512');
    await expect(reader.send(new GenerateMacCommand({ KeyId: yes.id, ...common }))).resolves.toBeDefined();
    await expect(reader.send(new GenerateMacCommand({ KeyId: no.id, ...common }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('leaves neither message nor MAC in the records', async () => {
    const Mac = await generated(key.id);
    await kms.root.send(new VerifyMacCommand({ KeyId: key.arn, ...common, Mac }));
    expect(kms.recorded.at(-1)).toMatchObject({
      eventName: 'VerifyMac',
      responseElements: null,
      readOnly: true,
      resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: key.arn }],
    });
    expect(kms.recorded.at(-1)?.requestParameters).toEqual({
      keyId: key.arn,
      macAlgorithm: 'HMAC_SHA_256',
    });
    expect(kms.recorded.at(-2)?.requestParameters).toEqual({ keyId: key.id, macAlgorithm: 'HMAC_SHA_256' });
  });
});
