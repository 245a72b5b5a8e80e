import {
  createECDH,
  createHash,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  verify,
} from 'node:crypto';
import {
  type AlgorithmSpec,
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetKeyRotationStatusCommand,
  GetParametersForImportCommand,
  GetPublicKeyCommand,
  ImportKeyMaterialCommand,
  type KeySpec,
  type KeyUsageType,
  type KMSClient,
  ListKeyRotationsCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  type SigningAlgorithmSpec,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { DOES_NOT_EXPIRE, externalKey, importInto, importWith, parametersFor } from './imports.ts';
import { ACCOUNT, keyPolicy, localKms, startedKms, type TestKms } from './local-kms.ts';
import { hasOpenssl } from './openssl.ts';
import { wrapped, wrappedByOpenssl } from './wrapping.ts';

const DAY = 86_400_000;
const MESSAGE = Buffer.from('what was agreed');
const MATERIAL_ID = /^[0-9a-f]{64}$/;

let kms: TestKms;
beforeAll(async () => {
  kms = await startedKms();
});
afterAll(() => kms.close());

async function metadataOf(KeyId: string, of = kms) {
  const { KeyMetadata } = await of.root.send(new DescribeKeyCommand({ KeyId }));
  return KeyMetadata;
}

const encrypted = async (KeyId: string, of = kms) =>
  (await of.root.send(new EncryptCommand({ KeyId, Plaintext: MESSAGE }))).CiphertextBlob;

const decrypted = async (CiphertextBlob: Uint8Array | undefined, of = kms) =>
  Buffer.from((await of.root.send(new DecryptCommand({ CiphertextBlob }))).Plaintext ?? []);

const pendingImport = (arn: string) => ({
  name: 'KMSInvalidStateException',
  message: `${arn} is pending import because no key material has ever been imported or one of the imported key materials is deleted or expired.`,
});

const der = (key: KeyObject) => key.export({ format: 'der', type: 'pkcs8' });

describe('a key of imported material', () => {
  test('waits for it, and can be used then', async () => {
    const { id, arn } = await externalKey(kms);
    const waiting = await metadataOf(id);
    expect(waiting).toMatchObject({ Origin: 'EXTERNAL', KeyState: 'PendingImport', Enabled: false });
    for (const member of ['ExpirationModel', 'ValidTo', 'CurrentKeyMaterialId'] as const) {
      expect(waiting?.[member]).toBeUndefined();
    }
    await expect(encrypted(id)).rejects.toMatchObject(pendingImport(arn));
    const imported = await importInto(kms.root, id, randomBytes(32));
    expect(imported).toMatchObject({ KeyId: arn, KeyMaterialId: expect.stringMatching(MATERIAL_ID) });
    expect(await metadataOf(id)).toMatchObject({
      KeyState: 'Enabled',
      Enabled: true,
      ...DOES_NOT_EXPIRE,
      CurrentKeyMaterialId: imported.KeyMaterialId,
    });
    expect((await metadataOf(id))?.ValidTo).toBeUndefined();
    const ciphertext = await encrypted(id);
    expect(await decrypted(ciphertext)).toEqual(MESSAGE);
  });

  test('reads its ciphertext again with the same material only, and another key never does', async () => {
    const material = randomBytes(32);
    const { id, arn } = await externalKey(kms);
    await importInto(kms.root, id, material);
    const ciphertext = await encrypted(id);
    await kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: id }));
    await expect(decrypted(ciphertext)).rejects.toMatchObject(pendingImport(arn));
    await expect(importInto(kms.root, id, randomBytes(32))).rejects.toMatchObject({
      name: 'IncorrectKeyMaterialException',
    });
    expect(await metadataOf(id)).toMatchObject({ KeyState: 'PendingImport' });
    await importInto(kms.root, id, material);
    expect(await decrypted(ciphertext)).toEqual(MESSAGE);

    const twin = await externalKey(kms);
    const { KeyMaterialId } = await importInto(kms.root, twin.id, material);
    expect(KeyMaterialId).not.toBe((await metadataOf(id))?.CurrentKeyMaterialId);
    await expect(
      kms.root.send(new DecryptCommand({ KeyId: twin.id, CiphertextBlob: ciphertext })),
    ).rejects.toMatchObject({ name: 'IncorrectKeyException' });
  });

  const macs: [KeySpec, bytes: number, hash: string][] = [
    ['HMAC_224', 28, 'sha224'],
    ['HMAC_256', 128, 'sha256'],
    ['HMAC_384', 48, 'sha384'],
    ['HMAC_512', 100, 'sha512'],
  ];
  test.each(macs)('of %s makes the MACs of its material', async (spec, bytes, hash) => {
    const material = randomBytes(bytes);
    const { id, arn } = await externalKey(kms, { KeySpec: spec, KeyUsage: 'GENERATE_VERIFY_MAC' });
    const imported = await importInto(kms.root, id, material);
    expect(imported).toMatchObject({ KeyId: arn });
    expect(imported.KeyMaterialId).toBeUndefined();
    const { Mac } = await kms.root.send(
      new GenerateMacCommand({
        KeyId: id,
        Message: MESSAGE,
        MacAlgorithm: `HMAC_SHA_${hash === 'sha224' ? 224 : hash === 'sha256' ? 256 : hash === 'sha384' ? 384 : 512}`,
      }),
    );
    expect(Buffer.from(Mac ?? [])).toEqual(createHmac(hash, material).update(MESSAGE).digest());
  });

  const OAEP: AlgorithmSpec = 'RSAES_OAEP_SHA_256';
  const HYBRID: AlgorithmSpec = 'RSA_AES_KEY_WRAP_SHA_256';
  const signers: [KeySpec, AlgorithmSpec, SigningAlgorithmSpec, string | null, () => KeyObject][] = [
    [
      'RSA_2048',
      HYBRID,
      'RSASSA_PKCS1_V1_5_SHA_256',
      'sha256',
      () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    ],
    [
      'RSA_3072',
      'RSA_AES_KEY_WRAP_SHA_1',
      'RSASSA_PKCS1_V1_5_SHA_512',
      'sha512',
      () => generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey,
    ],
    ['ECC_NIST_P256', OAEP, 'ECDSA_SHA_256', 'sha256', () => curve('prime256v1')],
    ['ECC_NIST_P384', 'RSAES_OAEP_SHA_1', 'ECDSA_SHA_384', 'sha384', () => curve('secp384r1')],
    ['ECC_NIST_P521', HYBRID, 'ECDSA_SHA_512', 'sha512', () => curve('secp521r1')],
    ['ECC_SECG_P256K1', OAEP, 'ECDSA_SHA_256', 'sha256', () => curve('secp256k1')],
    ['ECC_NIST_EDWARDS25519', OAEP, 'ED25519_SHA_512', null, () => generateKeyPairSync('ed25519').privateKey],
  ];
  const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;

  test.each(signers)(
    'of %s, wrapped with %s, signs as its private key',
    async (spec, wrap, signing, hash, make) => {
      const privateKey = make();
      const { id } = await externalKey(kms, { KeySpec: spec, KeyUsage: 'SIGN_VERIFY' });
      await importInto(kms.root, id, der(privateKey), DOES_NOT_EXPIRE, wrap);
      const publicKey = createPublicKey(privateKey);
      const { PublicKey } = await kms.root.send(new GetPublicKeyCommand({ KeyId: id }));
      expect(Buffer.from(PublicKey ?? [])).toEqual(publicKey.export({ format: 'der', type: 'spki' }));
      const { Signature = new Uint8Array() } = await kms.root.send(
        new SignCommand({ KeyId: id, Message: MESSAGE, SigningAlgorithm: signing }),
      );
      expect(verify(hash, MESSAGE, publicKey, Signature)).toBe(true);
    },
  );

  test('of RSA decrypts, and of a NIST curve agrees', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { id } = await externalKey(kms, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    await importInto(kms.root, id, der(rsa.privateKey), DOES_NOT_EXPIRE, HYBRID);
    const { Plaintext } = await kms.root.send(
      new DecryptCommand({
        KeyId: id,
        EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
        CiphertextBlob: publicEncrypt({ key: rsa.publicKey, oaepHash: 'sha256' }, MESSAGE),
      }),
    );
    expect(Buffer.from(Plaintext ?? [])).toEqual(MESSAGE);

    const own = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const agreeing = await externalKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
    await importInto(kms.root, agreeing.id, der(own.privateKey));
    const peer = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey;
    const answer = await kms.root.send(
      new DeriveSharedSecretCommand({
        KeyId: agreeing.id,
        KeyAgreementAlgorithm: 'ECDH',
        PublicKey: peer.export({ format: 'der', type: 'spki' }),
      }),
    );
    const ecdh = createECDH('prime256v1');
    ecdh.setPrivateKey(own.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
    const { x = '', y = '' } = peer.export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    expect(answer.KeyOrigin).toBe('EXTERNAL');
    expect(Buffer.from(answer.SharedSecret ?? [])).toEqual(ecdh.computeSecret(point));
  });

  test('has one material for good, unless it encrypts symmetrically', async () => {
    const first = curve('prime256v1');
    const { id } = await externalKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const incorrect = { name: 'IncorrectKeyMaterialException' };
    await expect(importInto(kms.root, id, der(curve('secp384r1')))).rejects.toMatchObject(incorrect);
    await importInto(kms.root, id, der(first));
    await expect(importInto(kms.root, id, der(curve('prime256v1')))).rejects.toMatchObject(incorrect);
    await importInto(kms.root, id, der(first));
    for (const more of [
      { ImportType: 'NEW_KEY_MATERIAL' },
      { ImportType: 'EXISTING_KEY_MATERIAL' },
      { KeyMaterialDescription: 'a copy' },
      { KeyMaterialId: '0'.repeat(64) },
    ] as const) {
      await expect(
        importInto(kms.root, id, der(first), { ...DOES_NOT_EXPIRE, ...more }),
      ).rejects.toMatchObject({
        name: 'UnsupportedOperationException',
      });
    }
    await kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: id }));
    await expect(importInto(kms.root, id, der(curve('prime256v1')))).rejects.toMatchObject(incorrect);
    const { PublicKey } = await kms.root.send(new GetPublicKeyCommand({ KeyId: id }));
    expect(Buffer.from(PublicKey ?? [])).toEqual(
      createPublicKey(first).export({ format: 'der', type: 'spki' }),
    );
    await importInto(kms.root, id, der(first));
    expect(await metadataOf(id)).toMatchObject({ KeyState: 'Enabled' });
  });

  test('shows no public key before it has one', async () => {
    const { id, arn } = await externalKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    await expect(kms.root.send(new GetPublicKeyCommand({ KeyId: id }))).rejects.toMatchObject(
      pendingImport(arn),
    );
  });

  test.each([
    ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 31],
    ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 33],
    ['HMAC_256', 'GENERATE_VERIFY_MAC', 31],
    ['HMAC_256', 'GENERATE_VERIFY_MAC', 129],
  ] as const)('of %s for %s does not take %i bytes', async (KeySpec, KeyUsage, bytes) => {
    const { id } = await externalKey(kms, { KeySpec, KeyUsage });
    await expect(importInto(kms.root, id, randomBytes(bytes))).rejects.toMatchObject({
      name: 'IncorrectKeyMaterialException',
    });
  });

  const neverImported: [KeySpec, KeyUsageType][] = [
    ['ML_DSA_65', 'SIGN_VERIFY'],
    ['ML_KEM_768', 'ENCAPSULATE_DECAPSULATE'],
  ];
  test.each(neverImported)('is not of %s', async (KeySpec, KeyUsage) => {
    await expect(
      kms.root.send(new CreateKeyCommand({ KeySpec, KeyUsage, Origin: 'EXTERNAL' })),
    ).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
      message: expect.stringMatching(KeySpec),
    });
  });

  test('is not rotated automatically', async () => {
    const { id, arn } = await externalKey(kms);
    const refused = {
      name: 'UnsupportedOperationException',
      message: `${arn} origin is EXTERNAL which is not valid for this operation.`,
    };
    await expect(kms.root.send(new EnableKeyRotationCommand({ KeyId: id }))).rejects.toMatchObject(refused);
    await expect(kms.root.send(new GetKeyRotationStatusCommand({ KeyId: id }))).rejects.toMatchObject(
      refused,
    );
    await importInto(kms.root, id, randomBytes(32));
    await expect(kms.root.send(new EnableKeyRotationCommand({ KeyId: id }))).rejects.toMatchObject(refused);
    await expect(kms.root.send(new GetKeyRotationStatusCommand({ KeyId: id }))).resolves.toMatchObject({
      KeyRotationEnabled: false,
    });
  });
});

test.runIf(hasOpenssl)(
  'material that the openssl command wrapped, as the developer guide shows it',
  async () => {
    const material = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const { id } = await externalKey(kms, { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    const { token, publicKey, algorithm } = await parametersFor(kms.root, id, 'RSA_AES_KEY_WRAP_SHA_256');
    await kms.root.send(
      new ImportKeyMaterialCommand({
        KeyId: id,
        ImportToken: token,
        EncryptedKeyMaterial: wrappedByOpenssl(publicKey, algorithm, der(material)),
        ...DOES_NOT_EXPIRE,
      }),
    );
    const { PublicKey = new Uint8Array() } = await kms.root.send(new GetPublicKeyCommand({ KeyId: id }));
    expect(Buffer.from(PublicKey)).toEqual(createPublicKey(material).export({ format: 'der', type: 'spki' }));
  },
);

describe('GetParametersForImport', () => {
  const parameters = (KeyId: string, algorithm: AlgorithmSpec = 'RSAES_OAEP_SHA_256', client = kms.root) =>
    client.send(
      new GetParametersForImportCommand({
        KeyId,
        WrappingAlgorithm: algorithm,
        WrappingKeySpec: 'RSA_2048',
      }),
    );

  test.each([
    ['RSA_2048', 2048],
    ['RSA_3072', 3072],
    ['RSA_4096', 4096],
  ] as const)('gives a public key of %s, and a token, for a day', async (WrappingKeySpec, modulusLength) => {
    const { id, arn } = await externalKey(kms);
    const before = kms.clock.now().getTime();
    const answer = await kms.root.send(
      new GetParametersForImportCommand({
        KeyId: arn,
        WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
        WrappingKeySpec,
      }),
    );
    expect(answer.KeyId).toBe(arn);
    const validFor = (answer.ParametersValidTo?.getTime() ?? 0) - before;
    expect(validFor).toBeGreaterThanOrEqual(DAY);
    expect(validFor).toBeLessThan(DAY + 60_000);
    const key = createPublicKey({ key: Buffer.from(answer.PublicKey ?? []), format: 'der', type: 'spki' });
    expect(key).toMatchObject({ asymmetricKeyType: 'rsa', asymmetricKeyDetails: { modulusLength } });
    expect((await parameters(id)).ImportToken).not.toEqual((await parameters(id)).ImportToken);
  });

  test('is for keys of imported material, by their id or ARN', async () => {
    const made = await kms.createKey();
    const refused = {
      name: 'UnsupportedOperationException',
      message: `${made.arn} origin is AWS_KMS which is not valid for this operation.`,
    };
    await expect(parameters(made.id)).rejects.toMatchObject(refused);
    await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: made.id }));
    await expect(parameters(made.id)).rejects.toMatchObject(refused);
    await expect(
      kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: made.id })),
    ).rejects.toMatchObject(refused);
    const { id } = await externalKey(kms);
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/imported', TargetKeyId: id }));
    await expect(parameters('alias/imported')).rejects.toMatchObject({ name: 'InvalidArnException' });
  });

  const wrong: [KeySpec, KeyUsageType, AlgorithmSpec][] = [
    ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'RSA_AES_KEY_WRAP_SHA_256'],
    ['HMAC_256', 'GENERATE_VERIFY_MAC', 'RSA_AES_KEY_WRAP_SHA_1'],
    ['RSA_2048', 'SIGN_VERIFY', 'RSAES_OAEP_SHA_256'],
    ['ECC_NIST_P521', 'SIGN_VERIFY', 'RSAES_OAEP_SHA_1'],
    ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'RSAES_PKCS1_V1_5'],
    ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'SM2PKE'],
  ];
  test.each(wrong)('does not wrap %s for %s with %s', async (KeySpec, KeyUsage, algorithm) => {
    const { id } = await externalKey(kms, { KeySpec, KeyUsage });
    await expect(parameters(id, algorithm)).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
      message: expect.stringMatching(algorithm),
    });
  });

  test('has no wrapping key of SM2', async () => {
    const { id } = await externalKey(kms);
    await expect(
      kms.root.send(
        new GetParametersForImportCommand({
          KeyId: id,
          WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
          WrappingKeySpec: 'SM2',
        }),
      ),
    ).rejects.toMatchObject({ name: 'UnsupportedOperationException', message: expect.stringMatching('SM2') });
  });

  test('can be limited by the wrapping', async () => {
    const { id } = await externalKey(kms, {
      Policy: keyPolicy({
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:GetParametersForImport',
        Resource: '*',
        Condition: {
          StringNotEquals: {
            'kms:WrappingAlgorithm': 'RSAES_OAEP_SHA_256',
            'kms:WrappingKeySpec': 'RSA_4096',
          },
        },
      }),
    });
    await expect(parameters(id)).resolves.toBeDefined();
    await expect(parameters(id, 'RSAES_OAEP_SHA_1')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('ImportKeyMaterial refuses', () => {
  test('tokens of another key, of nobody, and of the day before', async () => {
    const own = await localKms({ clock: new VirtualClock({ realNow: () => Date.UTC(2026, 10, 25) }) });
    const { id } = await externalKey(own);
    const other = await externalKey(own);
    const parameters = await parametersFor(own.root, id);
    const invalid = { name: 'InvalidImportTokenException' };
    await expect(
      importWith(own.root, { ...parameters, keyId: other.id }, randomBytes(32)),
    ).rejects.toMatchObject(invalid);
    await expect(
      importWith(own.root, { ...parameters, token: randomBytes(64) }, randomBytes(32)),
    ).rejects.toMatchObject(invalid);
    own.clock.advance(DAY - 1);
    await expect(importWith(own.root, parameters, randomBytes(32))).resolves.toBeDefined();
    own.clock.advance(1);
    await expect(importWith(own.root, parameters, randomBytes(32))).rejects.toMatchObject({
      name: 'ExpiredImportTokenException',
    });
  });

  test('what is not wrapped under the public key of the token, with its algorithm', async () => {
    const { id } = await externalKey(kms);
    const parameters = await parametersFor(kms.root, id);
    const stranger = await parametersFor(kms.root, id);
    const invalid = { name: 'InvalidCiphertextException', $metadata: { httpStatusCode: 400 } };
    await expect(
      importWith(kms.root, { ...parameters, publicKey: stranger.publicKey }, randomBytes(32)),
    ).rejects.toMatchObject(invalid);
    await expect(
      importWith(kms.root, { ...parameters, algorithm: 'RSAES_OAEP_SHA_1' }, randomBytes(32)),
    ).rejects.toMatchObject(invalid);
    expect(await metadataOf(id)).toMatchObject({ KeyState: 'PendingImport' });
  });

  test('dates that are past, or more than 365 days away, or not wanted', async () => {
    const { id } = await externalKey(kms);
    const parameters = await parametersFor(kms.root, id);
    const at = (milliseconds: number) => new Date(kms.clock.now().getTime() + milliseconds);
    for (const terms of [
      {},
      { ExpirationModel: 'KEY_MATERIAL_EXPIRES' },
      { ValidTo: at(-1000) },
      { ValidTo: at(365 * DAY + 60_000) },
      { ...DOES_NOT_EXPIRE, ValidTo: at(DAY) },
    ] as const) {
      await expect(importWith(kms.root, parameters, randomBytes(32), terms)).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringMatching(/ValidTo/),
      });
    }
    await importWith(kms.root, parameters, randomBytes(32), { ValidTo: at(365 * DAY - 60_000) });
    expect(await metadataOf(id)).toMatchObject({ ExpirationModel: 'KEY_MATERIAL_EXPIRES' });
  });

  test('what the policy does not want to expire so late, or never', async () => {
    const latest = Math.floor(kms.clock.now().getTime() / 1000) + 3600;
    const { id } = await externalKey(kms, {
      Policy: keyPolicy(
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'kms:ImportKeyMaterial',
          Resource: '*',
          Condition: { NumericGreaterThan: { 'kms:ValidTo': String(latest) } },
        },
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'kms:ImportKeyMaterial',
          Resource: '*',
          Condition: { StringEquals: { 'kms:ExpirationModel': 'KEY_MATERIAL_DOES_NOT_EXPIRE' } },
        },
      ),
    });
    const parameters = await parametersFor(kms.root, id);
    const denied = { name: 'AccessDeniedException' };
    const material = randomBytes(32);
    const until = (seconds: number) => ({ ValidTo: new Date(seconds * 1000) });
    await expect(importWith(kms.root, parameters, material)).rejects.toMatchObject(denied);
    await expect(importWith(kms.root, parameters, material, until(latest + 1))).rejects.toMatchObject(denied);
    await expect(importWith(kms.root, parameters, material, until(latest))).resolves.toBeDefined();
  });
});

describe('material that is deleted or expires', () => {
  test('expires on its date, when the key is not used any more, and is recorded so', async () => {
    const own = await localKms();
    const { id, arn } = await externalKey(own);
    const material = randomBytes(32);
    const validTo = new Date(Math.floor(own.clock.now().getTime() / 1000) * 1000 + 10 * DAY);
    const { KeyMaterialId } = await importInto(own.root, id, material, { ValidTo: validTo });
    expect(await metadataOf(id, own)).toMatchObject({
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo: validTo,
    });
    const ciphertext = await encrypted(id, own);
    own.clock.advance('P9D');
    expect(await decrypted(ciphertext, own)).toEqual(MESSAGE);
    own.clock.advance('P3D');
    await expect(decrypted(ciphertext, own)).rejects.toMatchObject(pendingImport(arn));
    const expired = await metadataOf(id, own);
    expect(expired).toMatchObject({ KeyState: 'PendingImport', CurrentKeyMaterialId: KeyMaterialId });
    expect(expired?.ValidTo).toBeUndefined();
    const record = own.recorded.find(({ eventName }) => eventName === 'DeleteExpiredKeyMaterial');
    expect(record).toMatchObject({
      userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
      eventTime: validTo.toISOString().replace('.000Z', 'Z'),
      sourceIPAddress: 'AWS Internal',
      requestParameters: null,
      responseElements: null,
      readOnly: false,
      resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
      eventType: 'AwsServiceEvent',
      serviceEventDetails: { keyId: id, keyMaterialId: KeyMaterialId },
    });
    await importInto(own.root, id, material);
    expect(await decrypted(ciphertext, own)).toEqual(MESSAGE);
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'Enabled', ...DOES_NOT_EXPIRE });
  });

  test('gets another date by being imported again', async () => {
    const own = await localKms();
    const { id } = await externalKey(own);
    const material = randomBytes(32);
    const until = (days: number) => ({ ValidTo: new Date(own.clock.now().getTime() + days * DAY) });
    await importInto(own.root, id, material, until(1));
    await importInto(own.root, id, material, until(30));
    own.clock.advance('P29D');
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'Enabled' });
    own.clock.advance('P1D');
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'PendingImport' });
  });

  test('leaves a disabled key waiting, and enables it when it is back', async () => {
    const { id } = await externalKey(kms);
    const material = randomBytes(32);
    await importInto(kms.root, id, material);
    await kms.root.send(new DisableKeyCommand({ KeyId: id }));
    await importInto(kms.root, id, material);
    expect(await metadataOf(id)).toMatchObject({ KeyState: 'Disabled' });
    await kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: id }));
    expect(await metadataOf(id)).toMatchObject({ KeyState: 'PendingImport' });
    await kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: id }));
    await importInto(kms.root, id, material);
    expect(await metadataOf(id)).toMatchObject({ KeyState: 'Enabled' });
  });

  test('does not change a key that is pending deletion, and shows when that is cancelled', async () => {
    const own = await localKms();
    const { id, arn } = await externalKey(own);
    const material = randomBytes(32);
    const ValidTo = new Date(own.clock.now().getTime() + 2 * DAY);
    await importInto(own.root, id, material, { ValidTo });
    await own.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    const dying = {
      name: 'KMSInvalidStateException',
      message: `${arn} is pending deletion (or pending replica deletion).`,
    };
    await expect(parametersFor(own.root, id)).rejects.toMatchObject(dying);
    own.clock.advance('P3D');
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'PendingDeletion' });
    await own.root.send(new CancelKeyDeletionCommand({ KeyId: id }));
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'PendingImport' });
    await importInto(own.root, id, material);
    await own.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    await own.root.send(new CancelKeyDeletionCommand({ KeyId: id }));
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'Disabled' });
    await own.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    await own.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: id }));
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'PendingDeletion' });
  });

  test('does not expire in a key that was deleted before', async () => {
    const own = await localKms();
    const { id } = await externalKey(own);
    const ValidTo = new Date(own.clock.now().getTime() + 20 * DAY);
    await importInto(own.root, id, randomBytes(32), { ValidTo });
    await own.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    own.clock.advance('P30D');
    const events = own.recorded.filter(({ eventType }) => eventType === 'AwsServiceEvent');
    expect(events.map(({ eventName }) => eventName)).toEqual(['DeleteKey']);
  });

  test('may never have been there', async () => {
    const { id, arn } = await externalKey(kms);
    const answer = await kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: id }));
    expect(answer).toMatchObject({ KeyId: arn });
    expect(answer.KeyMaterialId).toBeUndefined();
    await expect(
      kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: id, KeyMaterialId: '0'.repeat(64) })),
    ).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});

describe('a symmetric key of several materials', () => {
  const NEW = { ...DOES_NOT_EXPIRE, ImportType: 'NEW_KEY_MATERIAL' } as const;
  const rotate = (KeyId: string, of = kms) => of.root.send(new RotateKeyOnDemandCommand({ KeyId }));
  const materialsOf = async (KeyId: string, of = kms) => {
    const { Rotations = [] } = await of.root.send(
      new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }),
    );
    return Rotations;
  };
  const drop = (KeyId: string, KeyMaterialId?: string) =>
    kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId, KeyMaterialId }));

  test('rotates to the one that was imported for it, and needs them all', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const { id, arn } = await externalKey(kms);
    const { KeyMaterialId: one } = await importInto(kms.root, id, first, {
      ...DOES_NOT_EXPIRE,
      KeyMaterialDescription: 'safe 1',
    });
    const early = await encrypted(id);
    await expect(rotate(id)).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
    const ValidTo = new Date(Math.floor(kms.clock.now().getTime() / 1000) * 1000 + DAY);
    const { KeyMaterialId: two } = await importInto(kms.root, id, second, {
      ImportType: 'NEW_KEY_MATERIAL',
      ValidTo,
    });
    expect(await metadataOf(id)).toMatchObject({ KeyState: 'Enabled', CurrentKeyMaterialId: one });
    expect((await metadataOf(id))?.ValidTo).toBeUndefined();
    expect(await materialsOf(id)).toEqual([
      {
        KeyId: id,
        KeyMaterialId: one,
        KeyMaterialDescription: 'safe 1',
        KeyMaterialState: 'CURRENT',
        ImportState: 'IMPORTED',
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      },
      {
        KeyId: id,
        KeyMaterialId: two,
        KeyMaterialState: 'PENDING_ROTATION',
        ImportState: 'IMPORTED',
        ExpirationModel: 'KEY_MATERIAL_EXPIRES',
        ValidTo,
      },
    ]);
    const rotations = () => kms.root.send(new ListKeyRotationsCommand({ KeyId: id }));
    expect((await rotations()).Rotations).toEqual([]);

    await expect(rotate(id)).resolves.toMatchObject({ KeyId: id });
    const event = kms.recorded.findLast(({ eventName }) => eventName === 'RotateKey');
    expect(event?.serviceEventDetails).toEqual({
      rotationType: 'ON_DEMAND',
      keyOrigin: 'EXTERNAL',
      previousKeyMaterialId: one,
      currentKeyMaterialId: two,
      keyId: id,
    });
    expect(await metadataOf(id)).toMatchObject({ CurrentKeyMaterialId: two, ValidTo });
    expect((await rotations()).Rotations).toEqual([
      expect.objectContaining({
        KeyMaterialId: two,
        KeyMaterialState: 'CURRENT',
        RotationType: 'ON_DEMAND',
        RotationDate: expect.any(Date),
      }),
    ]);
    const late = await encrypted(id);
    expect(await decrypted(early)).toEqual(MESSAGE);

    await expect(drop(id, one)).resolves.toMatchObject({ KeyId: arn, KeyMaterialId: one });
    expect(await materialsOf(id)).toMatchObject([
      { KeyMaterialId: one, KeyMaterialState: 'NON_CURRENT', ImportState: 'PENDING_IMPORT' },
      { KeyMaterialId: two, KeyMaterialState: 'CURRENT', ImportState: 'IMPORTED' },
    ]);
    for (const ciphertext of [early, late]) {
      await expect(decrypted(ciphertext)).rejects.toMatchObject(pendingImport(arn));
    }
    await drop(id);
    expect(await materialsOf(id)).toMatchObject([
      { ImportState: 'PENDING_IMPORT' },
      { ImportState: 'PENDING_IMPORT' },
    ]);
    await importInto(kms.root, id, second);
    await expect(decrypted(late)).rejects.toMatchObject(pendingImport(arn));
    await importInto(kms.root, id, first, { ...DOES_NOT_EXPIRE, KeyMaterialId: one });
    expect(await decrypted(early)).toEqual(MESSAGE);
    expect(await decrypted(late)).toEqual(MESSAGE);
    expect(await materialsOf(id)).toMatchObject([
      { KeyMaterialId: one, KeyMaterialDescription: 'safe 1' },
      { KeyMaterialId: two },
    ]);
  });

  test('has one that awaits its rotation at most, which can be given up', async () => {
    const { id } = await externalKey(kms);
    const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    await importInto(kms.root, id, first);
    const { KeyMaterialId: two } = await importInto(kms.root, id, second, NEW);
    await expect(importInto(kms.root, id, third, NEW)).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
    });
    await drop(id, two);
    expect(await metadataOf(id)).toMatchObject({ KeyState: 'Enabled' });
    expect(await materialsOf(id)).toHaveLength(1);
    await expect(importInto(kms.root, id, second)).rejects.toMatchObject({
      name: 'IncorrectKeyMaterialException',
    });
    const { KeyMaterialId: three } = await importInto(kms.root, id, third, NEW);
    await rotate(id);
    expect(await metadataOf(id)).toMatchObject({ CurrentKeyMaterialId: three });
  });

  test('loses one that expires before its rotation, and nothing else', async () => {
    const own = await localKms();
    const { id } = await externalKey(own);
    await importInto(own.root, id, randomBytes(32));
    const ValidTo = new Date(own.clock.now().getTime() + DAY);
    await importInto(own.root, id, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL', ValidTo });
    own.clock.advance('P2D');
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'Enabled' });
    expect(await materialsOf(id, own)).toHaveLength(1);
    await expect(rotate(id, own)).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
  });

  test('tells new from known material', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const incorrect = { name: 'IncorrectKeyMaterialException' };
    const { id } = await externalKey(kms);
    const EXISTING = { ...DOES_NOT_EXPIRE, ImportType: 'EXISTING_KEY_MATERIAL' } as const;
    await expect(importInto(kms.root, id, first, EXISTING)).rejects.toMatchObject(incorrect);
    const { KeyMaterialId = '' } = await importInto(kms.root, id, first, NEW);
    await expect(importInto(kms.root, id, second)).rejects.toMatchObject(incorrect);
    await expect(importInto(kms.root, id, first, NEW)).rejects.toMatchObject(incorrect);
    await expect(importInto(kms.root, id, second, { ...NEW, KeyMaterialId })).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await importInto(kms.root, id, second, NEW);
    await expect(importInto(kms.root, id, second, { ...EXISTING, KeyMaterialId })).rejects.toMatchObject(
      incorrect,
    );
    await expect(importInto(kms.root, id, first, { ...EXISTING, KeyMaterialId })).resolves.toMatchObject({
      KeyMaterialId,
    });
  });
});

describe('a multi-Region key', () => {
  test('is imported in each Region, and rotated when all have the material', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const { id } = await externalKey(kms, { MultiRegion: true });
    const west = kms.client('test', { region: 'us-west-2' });
    await importInto(kms.root, id, first);
    const ciphertext = await encrypted(id);
    await kms.root.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'us-west-2' }));
    const replica = async () => (await west.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata;
    expect(await replica()).toMatchObject({ KeyState: 'PendingImport', Origin: 'EXTERNAL' });
    const incorrect = { name: 'IncorrectKeyMaterialException' };
    const unsupported = { name: 'UnsupportedOperationException' };
    const NEW = { ...DOES_NOT_EXPIRE, ImportType: 'NEW_KEY_MATERIAL' } as const;
    await expect(importInto(west, id, second)).rejects.toMatchObject(incorrect);
    await expect(importInto(west, id, second, NEW)).rejects.toMatchObject(unsupported);
    await expect(
      importInto(west, id, first, { ...DOES_NOT_EXPIRE, KeyMaterialDescription: 'x' }),
    ).rejects.toMatchObject(unsupported);
    await importInto(west, id, first);
    const { Plaintext } = await west.send(new DecryptCommand({ CiphertextBlob: ciphertext }));
    expect(Buffer.from(Plaintext ?? [])).toEqual(MESSAGE);

    await importInto(kms.root, id, second, { ...NEW, KeyMaterialDescription: 'safe 2' });
    const states = async (client = kms.root) => {
      const { Rotations = [] } = await client.send(
        new ListKeyRotationsCommand({ KeyId: id, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }),
      );
      return Rotations.map(({ KeyMaterialState, ImportState }) => `${KeyMaterialState} ${ImportState}`);
    };
    const waiting = 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION';
    expect(await states()).toEqual(['CURRENT IMPORTED', `${waiting} IMPORTED`]);
    expect(await states(west)).toEqual(['CURRENT IMPORTED', `${waiting} PENDING_IMPORT`]);
    expect(await replica()).toMatchObject({ KeyState: 'Enabled' });
    const rotate = (client = kms.root) => client.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    await expect(rotate()).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
    await importInto(west, id, second, { ...DOES_NOT_EXPIRE, ImportType: 'EXISTING_KEY_MATERIAL' });
    expect(await states()).toEqual(['CURRENT IMPORTED', 'PENDING_ROTATION IMPORTED']);
    await expect(rotate(west)).rejects.toMatchObject(unsupported);
    await rotate();
    for (const client of [kms.root, west]) {
      expect(await states(client)).toEqual(['NON_CURRENT IMPORTED', 'CURRENT IMPORTED']);
    }
    const late = await west.send(new EncryptCommand({ KeyId: id, Plaintext: MESSAGE }));
    expect(await decrypted(late.CiphertextBlob)).toEqual(MESSAGE);

    await west.send(new DeleteImportedKeyMaterialCommand({ KeyId: id }));
    expect(await replica()).toMatchObject({ KeyState: 'PendingImport' });
    expect(await metadataOf(id)).toMatchObject({ KeyState: 'Enabled' });
    await importInto(west, id, second);
    expect(await replica()).toMatchObject({ KeyState: 'Enabled' });
  });

  test('is neither replicated nor moved while it waits, and not imported while it is made', async () => {
    const own = await localKms();
    const material = randomBytes(32);
    const { id, arn } = await externalKey(own, { MultiRegion: true });
    const replicate = new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'us-west-2' });
    const move = new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: 'us-west-2' });
    await expect(own.root.send(replicate)).rejects.toMatchObject(pendingImport(arn));
    await expect(own.root.send(move)).rejects.toMatchObject(pendingImport(arn));
    await importInto(own.root, id, material);
    await own.post('/_local/durations', { ReplicateKey: 60_000, UpdatePrimaryRegion: 60_000 });
    await own.root.send(replicate);
    const west = own.client('test', { region: 'us-west-2' });
    const inState = (client: KMSClient, text: string) => ({
      name: 'KMSInvalidStateException',
      message: `${arn.replace('us-east-1', client === west ? 'us-west-2' : 'us-east-1')} is ${text}.`,
    });
    const drop = (client: KMSClient) => client.send(new DeleteImportedKeyMaterialCommand({ KeyId: id }));
    const parameters = await parametersFor(own.root, id);
    for (const call of [
      () => parametersFor(west, id),
      () => importWith(west, parameters, material),
      () => drop(west),
    ]) {
      await expect(call()).rejects.toMatchObject(inState(west, 'creating'));
    }
    own.clock.advance(60_000);
    await importInto(west, id, material);
    await own.root.send(move);
    for (const call of [() => parametersFor(own.root, id), () => drop(own.root)]) {
      await expect(call()).rejects.toMatchObject(inState(own.root, 'updating'));
    }
    await importWith(own.root, parameters, material);
    own.clock.advance(60_000);
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'Enabled' });
  });

  test('that loses its material while it is moved waits for it afterwards', async () => {
    const own = await localKms();
    const material = randomBytes(32);
    const { id } = await externalKey(own, { MultiRegion: true });
    await importInto(own.root, id, material, { ValidTo: new Date(own.clock.now().getTime() + DAY) });
    await own.root.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'us-west-2' }));
    await importInto(own.client('test', { region: 'us-west-2' }), id, material);
    await own.post('/_local/durations', { UpdatePrimaryRegion: DAY });
    own.clock.advance(DAY / 2);
    await own.root.send(new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: 'us-west-2' }));
    own.clock.advance(DAY * 0.75);
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'Updating' });
    own.clock.advance(DAY / 2);
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'PendingImport' });
    await importInto(own.root, id, material);
    expect(await metadataOf(id, own)).toMatchObject({ KeyState: 'Enabled' });
  });

  test('of one material is imported in each Region too', async () => {
    const material = randomBytes(32);
    const spec = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } as const;
    const { id } = await externalKey(kms, { ...spec, MultiRegion: true });
    await importInto(kms.root, id, material);
    await kms.root.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'eu-west-1' }));
    const there = kms.client('test', { region: 'eu-west-1' });
    await expect(importInto(there, id, randomBytes(32))).rejects.toMatchObject({
      name: 'IncorrectKeyMaterialException',
    });
    await importInto(there, id, material);
    const mac = { KeyId: id, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' } as const;
    const { Mac } = await there.send(new GenerateMacCommand(mac));
    expect(Buffer.from(Mac ?? [])).toEqual(createHmac('sha256', material).update(MESSAGE).digest());
  });
});

test('records have what was asked, and neither material nor token', async () => {
  const { id, arn } = await externalKey(kms);
  const material = randomBytes(32);
  const parameters = await parametersFor(kms.root, id);
  const keyResource = [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }];
  const ofParameters = kms.recorded.at(-1);
  expect(ofParameters).toMatchObject({
    eventName: 'GetParametersForImport',
    responseElements: null,
    readOnly: true,
    resources: keyResource,
  });
  expect(ofParameters?.requestParameters).toEqual({
    keyId: id,
    wrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    wrappingKeySpec: 'RSA_2048',
  });
  const ValidTo = new Date(kms.clock.now().getTime() + DAY);
  const blob = wrapped(parameters.publicKey, 'RSAES_OAEP_SHA_256', material);
  const { KeyMaterialId } = await kms.root.send(
    new ImportKeyMaterialCommand({
      KeyId: id,
      ImportToken: parameters.token,
      EncryptedKeyMaterial: blob,
      ValidTo,
      ImportType: 'NEW_KEY_MATERIAL',
      KeyMaterialDescription: 'ExampleKeyMaterialA',
    }),
  );
  const ofImport = kms.recorded.at(-1);
  expect(ofImport).toMatchObject({ eventName: 'ImportKeyMaterial', readOnly: false, resources: keyResource });
  expect(ofImport?.requestParameters).toEqual({
    keyId: id,
    validTo: expect.stringMatching(/^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$/),
    expirationModel: 'KEY_MATERIAL_EXPIRES',
    importType: 'NEW_KEY_MATERIAL',
    keyMaterialDescription: 'ExampleKeyMaterialA',
  });
  expect(ofImport?.responseElements).toEqual({ keyId: arn, keyMaterialId: KeyMaterialId });
  await kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: id, KeyMaterialId }));
  const ofDeletion = kms.recorded.at(-1);
  expect(ofDeletion?.requestParameters).toEqual({ keyId: id, keyMaterialId: KeyMaterialId });
  expect(ofDeletion?.responseElements).toEqual({ keyId: arn, keyMaterialId: KeyMaterialId });
  const secrets = [
    material,
    blob,
    Buffer.from(parameters.token),
    createHash('sha256').update(material).digest(),
  ];
  const everything = JSON.stringify(kms.recorded);
  for (const secret of secrets) {
    for (const encoding of ['base64', 'hex', 'base64url'] as const) {
      expect(everything).not.toContain(secret.toString(encoding));
    }
  }
});
