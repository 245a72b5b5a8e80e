import { createPrivateKey, createPublicKey, decapsulate, encapsulate, sign, verify } from 'node:crypto';
import {
  CreateGrantCommand,
  type DataKeyPairSpec,
  DecryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  type GrantOperation,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { exportJWK, importPKCS8 } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCOUNT, keyPolicy, startedKms, type TestKms } from './local-kms.ts';
import { hasOpenssl, openssl } from './openssl.ts';

const EncryptionContext = { tenant: 'acme' };
const MESSAGE = Buffer.from('what was agreed');

let kms: TestKms;
let key: { id: string; arn: string };
beforeAll(async () => {
  kms = await startedKms();
  key = await kms.createKey();
});
afterAll(() => kms.close());

const decrypted = async (CiphertextBlob: Uint8Array | undefined) =>
  (await kms.root.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))).Plaintext;

const pairs: [DataKeyPairSpec, hash: string | null, object][] = [
  ['RSA_2048', 'sha256', { asymmetricKeyType: 'rsa', asymmetricKeyDetails: { modulusLength: 2048 } }],
  ['RSA_3072', 'sha256', { asymmetricKeyType: 'rsa', asymmetricKeyDetails: { modulusLength: 3072 } }],
  ['RSA_4096', 'sha256', { asymmetricKeyType: 'rsa', asymmetricKeyDetails: { modulusLength: 4096 } }],
  ['ECC_NIST_P256', 'sha256', { asymmetricKeyDetails: { namedCurve: 'prime256v1' } }],
  ['ECC_NIST_P384', 'sha384', { asymmetricKeyDetails: { namedCurve: 'secp384r1' } }],
  ['ECC_NIST_P521', 'sha512', { asymmetricKeyDetails: { namedCurve: 'secp521r1' } }],
  ['ECC_SECG_P256K1', 'sha256', { asymmetricKeyDetails: { namedCurve: 'secp256k1' } }],
  ['ECC_NIST_EDWARDS25519', null, { asymmetricKeyType: 'ed25519' }],
];

describe.each(pairs)('a %s pair', (KeyPairSpec, hash, details) => {
  test('is one pair, in PKCS #8 and SubjectPublicKeyInfo, with its private key encrypted', async () => {
    const made = await kms.root.send(
      new GenerateDataKeyPairCommand({ KeyId: key.id, KeyPairSpec, EncryptionContext }),
    );
    expect(made).toMatchObject({
      KeyId: key.arn,
      KeyPairSpec,
      KeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const privateDer = Buffer.from(made.PrivateKeyPlaintext ?? []);
    const publicDer = Buffer.from(made.PublicKey ?? []);
    const privateKey = createPrivateKey({ key: privateDer, format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey({ key: publicDer, format: 'der', type: 'spki' });
    expect(publicKey).toMatchObject(details);
    expect(verify(hash, MESSAGE, publicKey, sign(hash, MESSAGE, privateKey))).toBe(true);
    expect(await decrypted(made.PrivateKeyCiphertextBlob)).toEqual(made.PrivateKeyPlaintext);
    await expect(
      kms.root.send(new DecryptCommand({ CiphertextBlob: made.PrivateKeyCiphertextBlob })),
    ).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    if (!hasOpenssl) return;
    const theirs = openssl('pkey', '-inform', 'DER', '-in', privateDer, '-pubout', '-outform', 'DER');
    expect(theirs).toEqual(publicDer);
  }, 60_000);

  test('comes without its private key', async () => {
    const made = await kms.root.send(
      new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId: key.id, KeyPairSpec, EncryptionContext }),
    );
    expect(Object.keys(made).toSorted()).toEqual([
      '$metadata',
      'KeyId',
      'KeyMaterialId',
      'KeyPairSpec',
      'PrivateKeyCiphertextBlob',
      'PublicKey',
    ]);
    const privateDer = Buffer.from((await decrypted(made.PrivateKeyCiphertextBlob)) ?? []);
    const privateKey = createPrivateKey({ key: privateDer, format: 'der', type: 'pkcs8' });
    expect(createPublicKey(privateKey).export({ format: 'der', type: 'spki' })).toEqual(
      Buffer.from(made.PublicKey ?? []),
    );
  }, 60_000);
});

test.each(['ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'] as const)(
  'a %s pair encapsulates',
  async (KeyPairSpec) => {
    const made = await kms.root.send(
      new GenerateDataKeyPairCommand({ KeyId: key.id, KeyPairSpec, EncryptionContext }),
    );
    expect(made).toMatchObject({ KeyId: key.arn, KeyPairSpec });
    const publicDer = Buffer.from(made.PublicKey ?? []);
    const privateDer = Buffer.from((await decrypted(made.PrivateKeyCiphertextBlob)) ?? []);
    expect(privateDer).toEqual(Buffer.from(made.PrivateKeyPlaintext ?? []));
    // The seed alone, 64 bytes in an encoding as long for all parameters (RFC 9935, appendix C.1.1).
    expect(privateDer).toHaveLength(86);
    const privateKey = createPrivateKey({ key: privateDer, format: 'der', type: 'pkcs8' });
    expect(privateDer.subarray(-64)).toEqual(privateKey.export({ format: 'raw-seed' }));
    expect(privateKey.asymmetricKeyType).toBe(KeyPairSpec.toLowerCase().replaceAll('_', '-'));
    const { sharedKey, ciphertext } = encapsulate({ key: publicDer, format: 'der', type: 'spki' });
    expect(decapsulate(privateKey, ciphertext)).toEqual(sharedKey);
  },
);

test('jose reads the private key', async () => {
  const { PrivateKeyPlaintext = new Uint8Array() } = await kms.root.send(
    new GenerateDataKeyPairCommand({ KeyId: key.id, KeyPairSpec: 'ECC_NIST_P256' }),
  );
  const base64 = Buffer.from(PrivateKeyPlaintext).toString('base64');
  const pem = `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----`;
  const jwk = await exportJWK(await importPKCS8(pem, 'ES256', { extractable: true }));
  expect(jwk).toMatchObject({ kty: 'EC', crv: 'P-256', d: expect.any(String) });
});

test('two pairs are not the same', async () => {
  const make = () =>
    kms.root.send(new GenerateDataKeyPairCommand({ KeyId: key.id, KeyPairSpec: 'ECC_NIST_P256' }));
  expect((await make()).PublicKey).not.toEqual((await make()).PublicKey);
});

test('a data key comes without its plaintext', async () => {
  const make = (size: { KeySpec?: 'AES_128' | 'AES_256'; NumberOfBytes?: number }) =>
    kms.root.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId: key.id, EncryptionContext, ...size }));
  for (const [size, bytes] of [
    [{ KeySpec: 'AES_128' }, 16],
    [{ KeySpec: 'AES_256' }, 32],
    [{ NumberOfBytes: 64 }, 64],
  ] as const) {
    const made = await make(size);
    expect(Object.keys(made).toSorted()).toEqual(['$metadata', 'CiphertextBlob', 'KeyId', 'KeyMaterialId']);
    expect(made.KeyId).toBe(key.arn);
    expect(await decrypted(made.CiphertextBlob)).toHaveLength(bytes);
  }
  for (const size of [{}, { KeySpec: 'AES_128', NumberOfBytes: 16 } as const, { NumberOfBytes: 1025 }]) {
    await expect(make(size)).rejects.toMatchObject({ name: 'ValidationException' });
  }
});

const common = { KeyPairSpec: 'ECC_NIST_P256' } as const;

type Send = (
  client: KMSClient,
  KeyId: string,
  more?: { readonly DryRun?: boolean; readonly EncryptionContext?: Record<string, string> },
) => Promise<{ readonly KeyMaterialId?: string | undefined }>;

/** Each with the name that policies and grants have for it. */
const operations: [GrantOperation, Send][] = [
  [
    'GenerateDataKeyWithoutPlaintext',
    (client, KeyId, more) =>
      client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: 'AES_256', ...more })),
  ],
  [
    'GenerateDataKeyPair',
    (client, KeyId, more) => client.send(new GenerateDataKeyPairCommand({ KeyId, ...common, ...more })),
  ],
  [
    'GenerateDataKeyPairWithoutPlaintext',
    (client, KeyId, more) =>
      client.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, ...common, ...more })),
  ],
  [
    'GenerateDataKey',
    (client, KeyId, more) => client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', ...more })),
  ],
];

describe.each(operations)('%s', (operation, send) => {
  test('is refused to keys that do not encrypt symmetrically', async () => {
    const rsa = await kms.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    const hmac = await kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    for (const { id } of [rsa, hmac]) {
      await expect(send(kms.root, id)).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
    }
  });

  test('can be tried', async () => {
    await expect(send(kms.root, key.id, { DryRun: true })).rejects.toMatchObject({
      name: 'DryRunOperationException',
    });
  });

  test('is allowed by a grant of just that, in the context that it says', async () => {
    const { id } = await kms.createKey();
    const role = `${operation}er`;
    const app = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/${role}/s`, []);
    await kms.root.send(
      new CreateGrantCommand({
        KeyId: id,
        GranteePrincipal: `arn:aws:iam::${ACCOUNT}:role/${role}`,
        Operations: [operation],
        Constraints: { EncryptionContextSubset: EncryptionContext },
      }),
    );
    await expect(send(app, id, { EncryptionContext })).resolves.toBeDefined();
    const denied = { name: 'AccessDeniedException', message: expect.stringMatching(`kms:${operation} `) };
    await expect(send(app, id)).rejects.toMatchObject(denied);
    for (const [other, sendOther] of operations) {
      if (other === operation) continue;
      await expect(sendOther(app, id, { EncryptionContext })).rejects.toMatchObject({
        name: 'AccessDeniedException',
      });
    }
  });

  test('is recorded without what it made', async () => {
    const made = await send(kms.root, key.arn, { EncryptionContext });
    const record = kms.recorded.at(-1);
    expect(record).toMatchObject({
      eventName: operation,
      responseElements: null,
      readOnly: true,
      additionalEventData: { keyMaterialId: made.KeyMaterialId },
      resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: key.arn }],
    });
    expect(record?.requestParameters).toEqual({
      keyId: key.arn,
      encryptionContext: EncryptionContext,
      ...(operation.startsWith('GenerateDataKeyPair')
        ? { keyPairSpec: 'ECC_NIST_P256' }
        : { keySpec: 'AES_256' }),
    });
  });
});

test('a policy can name the kind of pair', async () => {
  const { id } = await kms.createKey({
    Policy: keyPolicy({
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:GenerateDataKeyPair*',
      Resource: '*',
      Condition: { StringNotEquals: { 'kms:DataKeyPairSpec': 'ECC_NIST_P384' } },
    }),
  });
  const make = (KeyPairSpec: DataKeyPairSpec) =>
    kms.root.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId: id, KeyPairSpec }));
  await expect(make('ECC_NIST_P384')).resolves.toBeDefined();
  await expect(make('ECC_NIST_P256')).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('there is no SM2 pair here', async () => {
  await expect(
    kms.root.send(new GenerateDataKeyPairCommand({ KeyId: key.id, KeyPairSpec: 'SM2' })),
  ).rejects.toMatchObject({
    name: 'UnsupportedOperationException',
    message: expect.stringMatching('SM2'),
  });
});

test.each(['SYMMETRIC_DEFAULT', 'HMAC_256', 'ML_DSA_65'])('there are no %s pairs', async (spec) => {
  const body = { KeyId: key.id, KeyPairSpec: spec };
  const response = await fetch(kms.url, {
    method: 'POST',
    headers: {
      'x-amz-target': 'TrentService.GenerateDataKeyPair',
      authorization: 'AWS4-HMAC-SHA256 Credential=test/20261125/us-east-1/kms/aws4_request',
    },
    body: JSON.stringify(body),
  });
  await expect(response.json()).resolves.toMatchObject({ __type: 'ValidationException' });
});
