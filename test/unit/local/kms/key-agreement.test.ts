import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import {
  CreateGrantCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  GetPublicKeyCommand,
  type KeySpec,
  SignCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharedSecret } from '../../../../local/kms/cryptography/key-agreement.ts';
import { ACCOUNT, keyPolicy, startedKms, type TestKms } from './local-kms.ts';
import { hasOpenssl, openssl } from './openssl.ts';

let kms: TestKms;
beforeAll(async () => {
  kms = await startedKms();
});
afterAll(() => kms.close());

const algorithm = { KeyAgreementAlgorithm: 'ECDH' } as const;
const der = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });

async function agreeing(KeySpec: KeySpec = 'ECC_NIST_P256') {
  const { id, arn } = await kms.createKey({ KeySpec, KeyUsage: 'KEY_AGREEMENT' });
  const { PublicKey = new Uint8Array() } = await kms.root.send(new GetPublicKeyCommand({ KeyId: id }));
  return { id, arn, publicKey: Buffer.from(PublicKey) };
}

async function derive(KeyId: string, PublicKey: Uint8Array) {
  const { SharedSecret } = await kms.root.send(
    new DeriveSharedSecretCommand({ KeyId, PublicKey, ...algorithm }),
  );
  return Buffer.from(SharedSecret ?? []);
}

/** The uncompressed point of a public key, from its JWK. */
function pointOf(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

const curves: [KeySpec, curve: string, bytes: number][] = [
  ['ECC_NIST_P256', 'prime256v1', 32],
  ['ECC_NIST_P384', 'secp384r1', 48],
  ['ECC_NIST_P521', 'secp521r1', 66],
];

test('the shared secret of RFC 5903, 8.1', () => {
  const hex = (text: string) => Buffer.from(text, 'hex');
  const ecdh = createECDH('prime256v1');
  const jwkOf = (x: string, y: string) => ({
    kty: 'EC',
    crv: 'P-256',
    x: hex(x).toString('base64url'),
    y: hex(y).toString('base64url'),
  });
  ecdh.setPrivateKey(hex('c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433'));
  const own = jwkOf(
    'dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180',
    '5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3',
  );
  const peer = jwkOf(
    'd12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63',
    '56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab',
  );
  const key = createPrivateKey({ key: { ...own, d: ecdh.getPrivateKey('base64url') }, format: 'jwk' });
  const secret = key.export({ format: 'der', type: 'pkcs8' });
  const peerKey = der(createPublicKey({ key: peer, format: 'jwk' }));
  expect(sharedSecret(secret, peerKey)?.toString('hex')).toBe(
    'd6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de',
  );
});

describe.each(curves)('a %s key', (spec, curve, bytes) => {
  test('agrees with node:crypto, openssl and another key of the KMS', async () => {
    const { id, arn, publicKey } = await agreeing(spec);
    const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata).toMatchObject({ KeyUsage: 'KEY_AGREEMENT', KeyAgreementAlgorithms: ['ECDH'] });
    const peer = generateKeyPairSync('ec', { namedCurve: curve });
    const answer = await kms.root.send(
      new DeriveSharedSecretCommand({ KeyId: id, PublicKey: der(peer.publicKey), ...algorithm }),
    );
    expect(answer).toMatchObject({ KeyId: arn, KeyAgreementAlgorithm: 'ECDH', KeyOrigin: 'AWS_KMS' });
    const secret = Buffer.from(answer.SharedSecret ?? []);
    expect(secret).toHaveLength(bytes);

    const ecdh = createECDH(curve);
    ecdh.setPrivateKey(peer.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
    const theirs = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
    expect(ecdh.computeSecret(pointOf(theirs))).toEqual(secret);

    const other = await agreeing(spec);
    expect(await derive(id, other.publicKey)).toEqual(await derive(other.id, publicKey));
    if (!hasOpenssl) return;
    const peerPem = Buffer.from(peer.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const ownPem = Buffer.from(theirs.export({ format: 'pem', type: 'spki' }));
    expect(openssl('pkeyutl', '-derive', '-inkey', peerPem, '-peerkey', ownPem)).toEqual(secret);
  });

  test('keeps the zeros at the front of a secret', async () => {
    const { id, publicKey } = await agreeing(spec);
    const theirs = pointOf(createPublicKey({ key: publicKey, format: 'der', type: 'spki' }));
    // One of some 256 peers gives a secret that begins with a zero byte; of P-521 more than half do.
    for (let round = 0; round < 5000; round += 1) {
      const peer = generateKeyPairSync('ec', { namedCurve: curve });
      const ecdh = createECDH(curve);
      ecdh.setPrivateKey(peer.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
      const secret = ecdh.computeSecret(theirs);
      if (secret[0] !== 0) continue;
      expect(await derive(id, der(peer.publicKey))).toEqual(secret);
      return;
    }
    expect.unreachable('No secret began with a zero byte.');
  });
});

describe('is refused', () => {
  const peers: [string, () => Buffer][] = [
    ['of another curve', () => der(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey)],
    ['of secp256k1', () => der(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)],
    ['of X25519', () => der(generateKeyPairSync('x25519').publicKey)],
    ['of RSA', () => der(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)],
    ['that is no key', () => Buffer.from('key')],
    ['that is the point alone', () => pointOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)],
    [
      'that is not on the curve',
      () => {
        const key = der(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
        const last = key.length - 1;
        key[last] = (key[last] ?? 0) ^ 1;
        return key;
      },
    ],
  ];

  test.each(peers)('a public key %s', async (_what, peer) => {
    const { id } = await agreeing();
    await expect(derive(id, peer())).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('a key for another use', async () => {
    const signing = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const own = await agreeing();
    await expect(derive(signing.id, own.publicKey)).rejects.toMatchObject({
      name: 'InvalidKeyUsageException',
      message: `${signing.arn} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret.`,
    });
    const message = { SigningAlgorithm: 'ECDSA_SHA_256', Message: Buffer.from('x') } as const;
    await expect(kms.root.send(new SignCommand({ KeyId: own.id, ...message }))).rejects.toMatchObject({
      name: 'InvalidKeyUsageException',
    });
  });
});

test('it can be tried', async () => {
  const { id, publicKey: PublicKey } = await agreeing();
  await expect(
    kms.root.send(new DeriveSharedSecretCommand({ KeyId: id, PublicKey, ...algorithm, DryRun: true })),
  ).rejects.toMatchObject({ name: 'DryRunOperationException' });
});

test('grants and policies can allow it', async () => {
  const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
  const app = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/App/s`, []);
  const { id, publicKey: PublicKey } = await agreeing();
  const input = { KeyId: id, PublicKey, ...algorithm };
  await expect(app.send(new DeriveSharedSecretCommand(input))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringMatching(/kms:DeriveSharedSecret/),
  });
  const grant = (Operations: ('DeriveSharedSecret' | 'GetPublicKey' | 'Sign')[]) =>
    kms.root.send(new CreateGrantCommand({ KeyId: id, GranteePrincipal: role('App'), Operations }));
  await expect(grant(['Sign'])).rejects.toMatchObject({ name: 'ValidationException' });
  await grant(['DeriveSharedSecret', 'GetPublicKey']);
  await expect(app.send(new DeriveSharedSecretCommand(input))).resolves.toBeDefined();

  const other = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/Other/s`, []);
  const guarded = await kms.createKey({
    KeySpec: 'ECC_NIST_P256',
    KeyUsage: 'KEY_AGREEMENT',
    Policy: keyPolicy({
      Effect: 'Allow',
      Principal: { AWS: role('Other') },
      Action: 'kms:DeriveSharedSecret',
      Resource: '*',
      Condition: { StringEquals: { 'kms:KeyAgreementAlgorithm': 'ECDH' } },
    }),
  });
  await expect(
    other.send(new DeriveSharedSecretCommand({ ...input, KeyId: guarded.id })),
  ).resolves.toBeDefined();
});

test('its record has the algorithm, neither key nor secret', async () => {
  const { id, arn, publicKey } = await agreeing();
  await derive(id, publicKey);
  const record = kms.recorded.at(-1);
  expect(record).toMatchObject({
    eventName: 'DeriveSharedSecret',
    readOnly: true,
    responseElements: null,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
  });
  expect(record?.requestParameters).toEqual({ keyId: id, keyAgreementAlgorithm: 'ECDH' });
});
