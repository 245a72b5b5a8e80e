import { constants, createPublicKey, privateDecrypt, publicEncrypt } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  DecryptCommand,
  DisableKeyCommand,
  EncryptCommand,
  GetKeyLastUsageCommand,
  GetPublicKeyCommand,
  ReEncryptCommand,
  type ReEncryptCommandInput,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { privateKeyOf } from '../../../../local/kms/cryptography/material.ts';
import { ACCOUNT, identityPolicy, keyPolicy, localKms, startedKms, type TestKms } from './local-kms.ts';
import { databaseFile, storedSecret } from './stored-material.ts';

const PLAINTEXT = Buffer.from('what nobody else shall read');
const OLD = { tenant: 'acme' };
const NEW = { tenant: 'acme', version: '2' };

let kms: TestKms;
beforeAll(async () => {
  kms = await startedKms();
});
afterAll(() => kms.close());

/** Two symmetric keys, and something that the first has encrypted. */
async function subject() {
  const [source, destination] = [await kms.createKey(), await kms.createKey()];
  const { CiphertextBlob } = await kms.root.send(
    new EncryptCommand({ KeyId: source.id, Plaintext: PLAINTEXT, EncryptionContext: OLD }),
  );
  const input = {
    CiphertextBlob,
    SourceEncryptionContext: OLD,
    DestinationKeyId: destination.id,
    DestinationEncryptionContext: NEW,
  } satisfies ReEncryptCommandInput;
  return { source, destination, input };
}

async function plaintextOf(CiphertextBlob: Uint8Array | undefined, EncryptionContext = NEW) {
  const { Plaintext, KeyId } = await kms.root.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
  return { plaintext: Buffer.from(Plaintext ?? []), by: KeyId };
}

describe('between symmetric keys', () => {
  test('the text is then under the other key, in the other context', async () => {
    const { source, destination, input } = await subject();
    for (const SourceKeyId of [undefined, source.id, source.arn]) {
      const made = await kms.root.send(new ReEncryptCommand({ ...input, SourceKeyId }));
      expect(made).toMatchObject({
        SourceKeyId: source.arn,
        KeyId: destination.arn,
        SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        SourceKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
        DestinationKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      expect(made).not.toHaveProperty('Plaintext');
      expect(made.SourceKeyMaterialId).not.toBe(made.DestinationKeyMaterialId);
      expect(await plaintextOf(made.CiphertextBlob)).toEqual({ plaintext: PLAINTEXT, by: destination.arn });
      await expect(
        kms.root.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext: OLD })),
      ).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    }
  });

  test('a key takes over its own text, after a rotation with its new material', async () => {
    const { source, input } = await subject();
    await kms.root.send(new RotateKeyOnDemandCommand({ KeyId: source.id }));
    const made = await kms.root.send(new ReEncryptCommand({ ...input, DestinationKeyId: source.id }));
    expect(made.SourceKeyMaterialId).not.toBe(made.DestinationKeyMaterialId);
    expect(await plaintextOf(made.CiphertextBlob)).toEqual({ plaintext: PLAINTEXT, by: source.arn });
  });

  test('both can be named by an alias', async () => {
    const { source, destination, input } = await subject();
    for (const [name, { id }] of [
      ['alias/from', source],
      ['alias/to', destination],
    ] as const) {
      await kms.root.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: id }));
    }
    await expect(
      kms.root.send(
        new ReEncryptCommand({ ...input, SourceKeyId: 'alias/from', DestinationKeyId: 'alias/to' }),
      ),
    ).resolves.toMatchObject({ SourceKeyId: source.arn, KeyId: destination.arn });
  });

  const refusals: [string, (own: Awaited<ReturnType<typeof subject>>) => object, string][] = [
    ['another context', () => ({ SourceEncryptionContext: NEW }), 'InvalidCiphertextException'],
    ['no context', () => ({ SourceEncryptionContext: undefined }), 'InvalidCiphertextException'],
    ['another key', ({ destination }) => ({ SourceKeyId: destination.id }), 'IncorrectKeyException'],
    ['other bytes', () => ({ CiphertextBlob: Buffer.alloc(200) }), 'InvalidCiphertextException'],
    ['no destination', () => ({ DestinationKeyId: 'alias/nothing' }), 'NotFoundException'],
    [
      'an algorithm of other keys',
      () => ({
        DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
        DestinationEncryptionContext: undefined,
      }),
      'InvalidKeyUsageException',
    ],
    ['a dry run', () => ({ DryRun: true }), 'DryRunOperationException'],
  ];

  test.each(refusals)('it is refused with %s', async (_what, change, name) => {
    const own = await subject();
    await expect(kms.root.send(new ReEncryptCommand({ ...own.input, ...change(own) }))).rejects.toMatchObject(
      { name },
    );
  });

  test.each(['source', 'destination'] as const)('the %s must be enabled', async (which) => {
    const own = await subject();
    await kms.root.send(new DisableKeyCommand({ KeyId: own[which].id }));
    await expect(kms.root.send(new ReEncryptCommand(own.input))).rejects.toMatchObject({
      name: 'DisabledException',
      message: `${own[which].arn} is disabled.`,
    });
  });

  test('it is a use of both keys', async () => {
    const { source, destination, input } = await subject();
    await kms.root.send(new ReEncryptCommand(input));
    for (const { id } of [source, destination]) {
      const { KeyLastUsage } = await kms.root.send(new GetKeyLastUsageCommand({ KeyId: id }));
      expect(KeyLastUsage).toMatchObject({ Operation: 'ReEncrypt' });
    }
  });

  test('its record names both keys, and nothing of the text', async () => {
    const { source, destination, input } = await subject();
    await kms.root.send(new ReEncryptCommand(input));
    const record = kms.recorded.at(-1);
    expect(record).toMatchObject({
      eventName: 'ReEncrypt',
      readOnly: true,
      responseElements: null,
      resources: [source, destination].map(({ arn }) => ({
        accountId: ACCOUNT,
        type: 'AWS::KMS::Key',
        ARN: arn,
      })),
    });
    expect(record?.requestParameters).toEqual({
      sourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      sourceEncryptionContext: OLD,
      destinationKeyId: destination.id,
      destinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      destinationEncryptionContext: NEW,
    });
  });
});

describe('with an RSA key', () => {
  const hashes = { RSAES_OAEP_SHA_256: 'sha256', RSAES_OAEP_SHA_1: 'sha1' } as const;
  const padding = constants.RSA_PKCS1_OAEP_PADDING;

  test.each(['RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1'] as const)(
    'what was encrypted outside with %s comes under a symmetric key, and back',
    async (algorithm) => {
      const file = databaseFile();
      const own = await localKms({ database: file });
      const rsa = await own.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
      const aes = await own.createKey();
      const { PublicKey = new Uint8Array() } = await own.root.send(
        new GetPublicKeyCommand({ KeyId: rsa.id }),
      );
      const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
      const oaepHash = hashes[algorithm];
      const inward = await own.root.send(
        new ReEncryptCommand({
          CiphertextBlob: publicEncrypt({ key, padding, oaepHash }, PLAINTEXT),
          SourceKeyId: rsa.id,
          SourceEncryptionAlgorithm: algorithm,
          DestinationKeyId: aes.id,
          DestinationEncryptionContext: NEW,
        }),
      );
      expect(inward.SourceKeyMaterialId).toBeUndefined();
      const { Plaintext } = await own.root.send(
        new DecryptCommand({ CiphertextBlob: inward.CiphertextBlob, EncryptionContext: NEW }),
      );
      expect(Buffer.from(Plaintext ?? [])).toEqual(PLAINTEXT);

      const outward = await own.root.send(
        new ReEncryptCommand({
          CiphertextBlob: inward.CiphertextBlob,
          SourceEncryptionContext: NEW,
          DestinationKeyId: rsa.id,
          DestinationEncryptionAlgorithm: algorithm,
        }),
      );
      expect(outward).toMatchObject({ KeyId: rsa.arn, DestinationEncryptionAlgorithm: algorithm });
      expect(outward.DestinationKeyMaterialId).toBeUndefined();
      const privateKey = privateKeyOf(storedSecret(file, rsa.id));
      expect(
        privateDecrypt({ key: privateKey, padding, oaepHash }, outward.CiphertextBlob ?? new Uint8Array()),
      ).toEqual(PLAINTEXT);
    },
  );

  test('it needs its name as the source, has no context, and holds one block', async () => {
    const { source, input } = await subject();
    const rsa = await kms.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    const algorithm = 'RSAES_OAEP_SHA_256';
    const refused = { name: 'ValidationException' };
    await expect(
      kms.root.send(new ReEncryptCommand({ ...input, SourceEncryptionAlgorithm: algorithm })),
    ).rejects.toMatchObject(refused);
    const outward = { DestinationKeyId: rsa.id, DestinationEncryptionAlgorithm: algorithm } as const;
    await expect(kms.root.send(new ReEncryptCommand({ ...input, ...outward }))).rejects.toMatchObject(
      refused,
    );
    const { CiphertextBlob } = await kms.root.send(
      new EncryptCommand({ KeyId: source.id, Plaintext: Buffer.alloc(191) }),
    );
    await expect(kms.root.send(new ReEncryptCommand({ CiphertextBlob, ...outward }))).rejects.toMatchObject(
      refused,
    );
  });
});

describe('a dry run without a ciphertext', () => {
  const ignoring = { DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT' as const] };

  test('says whether the caller may', async () => {
    const { source, destination } = await subject();
    const input = { SourceKeyId: source.id, DestinationKeyId: destination.id, ...ignoring };
    const user = (name: string, Action: string) =>
      kms.as(`arn:aws:iam::${ACCOUNT}:user/${name}`, [
        identityPolicy({ Effect: 'Allow', Action, Resource: '*' }),
      ]);
    const may = await user('may', 'kms:*');
    const mayNot = await user('may-not', 'kms:ReEncryptFrom');
    const worked = { name: 'DryRunOperationException' };
    const refused = { name: 'AccessDeniedException' };
    await expect(may.send(new ReEncryptCommand(input))).rejects.toMatchObject(worked);
    await expect(mayNot.send(new ReEncryptCommand(input))).rejects.toMatchObject(refused);
    const decrypting = { KeyId: source.id, ...ignoring };
    await expect(may.send(new DecryptCommand(decrypting))).rejects.toMatchObject(worked);
    await expect(mayNot.send(new DecryptCommand(decrypting))).rejects.toMatchObject(refused);
  });

  test('names its key, and is a dry run', async () => {
    const { source, destination, input } = await subject();
    const refused = { name: 'ValidationException' };
    for (const wrong of [
      { DestinationKeyId: destination.id, ...ignoring },
      { ...input, SourceKeyId: source.id, ...ignoring, DryRun: false },
      { SourceKeyId: source.id, DestinationKeyId: destination.id, DryRun: true },
    ]) {
      await expect(kms.root.send(new ReEncryptCommand(wrong))).rejects.toMatchObject(refused);
    }
    for (const wrong of [ignoring, { KeyId: source.id, DryRun: true }, { KeyId: source.id }]) {
      await expect(
        kms.root.send(new DecryptCommand({ CiphertextBlob: undefined, ...wrong })),
      ).rejects.toMatchObject(refused);
    }
  });
});

describe('who may', () => {
  const sessionOf = (role: string) => `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/s`;
  const roleArn = (role: string) => `arn:aws:iam::${ACCOUNT}:role/${role}`;
  const allow = (Action: string, Resource: string, Condition?: object) => ({
    Effect: 'Allow',
    Action,
    Resource,
    ...(Condition === undefined ? {} : { Condition }),
  });

  test('ReEncryptFrom on the one key and ReEncryptTo on the other are both needed', async () => {
    const { source, destination, input } = await subject();
    const send = async (role: string, ...statements: object[]) => {
      const client = await kms.as(sessionOf(role), [identityPolicy(...statements)]);
      return client.send(new ReEncryptCommand(input));
    };
    const from = allow('kms:ReEncryptFrom', source.arn);
    const to = allow('kms:ReEncryptTo', destination.arn);
    await expect(send('Both', from, to)).resolves.toBeDefined();
    await expect(send('Wildcard', allow('kms:ReEncrypt*', '*'))).resolves.toBeDefined();
    await expect(send('From', from)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`kms:ReEncryptTo on resource: ${destination.arn}`),
    });
    await expect(send('To', to)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('kms:ReEncryptFrom on the resource associated with this ciphertext'),
    });
    await expect(
      send('Reverse', allow('kms:ReEncryptTo', source.arn), allow('kms:ReEncryptFrom', destination.arn)),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(send('Otherwise', allow('kms:ReEncrypt', '*'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('each half is judged in its own encryption context', async () => {
    const { input } = await subject();
    const inContext = (action: string, version: string) =>
      allow(action, '*', { StringEquals: { 'kms:EncryptionContext:version': version } });
    const anywhere = allow('kms:ReEncryptFrom', '*');
    const right = await kms.as(sessionOf('Right'), [
      identityPolicy(anywhere, inContext('kms:ReEncryptTo', '2')),
    ]);
    await expect(right.send(new ReEncryptCommand(input))).resolves.toBeDefined();
    const wrong = await kms.as(sessionOf('Wrong'), [
      identityPolicy(inContext('kms:ReEncryptFrom', '2'), allow('kms:ReEncryptTo', '*')),
    ]);
    await expect(wrong.send(new ReEncryptCommand(input))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringMatching(/kms:ReEncryptFrom/),
    });
  });

  test('a key can be made to keep its text', async () => {
    const own = await kms.createKey({
      Policy: keyPolicy({
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:ReEncrypt*',
        Resource: '*',
        Condition: { Bool: { 'kms:ReEncryptOnSameKey': 'false' } },
      }),
    });
    const other = await kms.createKey();
    const { CiphertextBlob } = await kms.root.send(
      new EncryptCommand({ KeyId: own.id, Plaintext: PLAINTEXT }),
    );
    const send = (DestinationKeyId: string) =>
      kms.root.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId }));
    await expect(send(own.id)).resolves.toBeDefined();
    await expect(send(other.id)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('grants allow the halves, each within its constraints', async () => {
    const { source, destination, input } = await subject();
    const app = await kms.as(sessionOf('Mover'), []);
    const grant = (KeyId: string, operation: 'ReEncryptFrom' | 'ReEncryptTo', context: object) =>
      kms.root.send(
        new CreateGrantCommand({
          KeyId,
          GranteePrincipal: roleArn('Mover'),
          Operations: [operation],
          Constraints: { EncryptionContextEquals: { ...context } },
        }),
      );
    await grant(source.id, 'ReEncryptFrom', OLD);
    await expect(app.send(new ReEncryptCommand(input))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await grant(destination.id, 'ReEncryptTo', NEW);
    await expect(app.send(new ReEncryptCommand(input))).resolves.toBeDefined();
    await expect(
      app.send(new ReEncryptCommand({ ...input, DestinationEncryptionContext: OLD })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(
      app.send(new DecryptCommand({ CiphertextBlob: input.CiphertextBlob, EncryptionContext: OLD })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
