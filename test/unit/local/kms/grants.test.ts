import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  type GrantConstraints,
  type GrantOperation,
  type KMSClient,
  ListGrantsCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ACCOUNT, identityPolicy, keyPolicy, localKms, type TestKms } from './local-kms.ts';

const APP_ROLE = `arn:aws:iam::${ACCOUNT}:role/App`;
const APP = `arn:aws:sts::${ACCOUNT}:assumed-role/App/i-1`;
const RETIRER = `arn:aws:iam::${ACCOUNT}:user/retirer`;

const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:hello`;

const basic = {
  GranteePrincipal: APP_ROLE,
  Operations: ['Encrypt', 'Decrypt'],
} satisfies Partial<CreateGrantCommandInput>;

const refusal = { name: 'AccessDeniedException' };

describe('a grant', () => {
  test('allows its grantee its operations, until it is revoked', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const app = await kms.as(APP, []);
    const encrypt = new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') });
    await expect(app.send(encrypt)).rejects.toMatchObject(refusal);
    const { GrantId } = await kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic }));
    await expect(app.send(encrypt)).resolves.toBeDefined();
    await expect(app.send(new ListGrantsCommand({ KeyId: id }))).rejects.toMatchObject(refusal);
    const other = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/Other/i-1`, []);
    await expect(other.send(encrypt)).rejects.toMatchObject(refusal);
    await kms.root.send(new RevokeGrantCommand({ KeyId: id, GrantId }));
    await expect(app.send(encrypt)).rejects.toMatchObject(refusal);
  });

  const constraints: [string, GrantConstraints, boolean[]][] = [
    ['subset', { EncryptionContextSubset: { tenant: 'acme' } }, [true, true, false, false]],
    ['equals', { EncryptionContextEquals: { tenant: 'acme' } }, [true, false, false, false]],
  ];

  test.each(constraints)(
    'keeps to the encryption context that it %s',
    async (_what, Constraints, allowed) => {
      const kms = await localKms();
      const { id } = await kms.createKey();
      const app = await kms.as(APP, []);
      await kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic, Constraints }));
      const contexts: (Record<string, string> | undefined)[] = [
        { tenant: 'acme' },
        { tenant: 'acme', purpose: 'invoice' },
        { tenant: 'other' },
        undefined,
      ];
      const outcomes = contexts.map((EncryptionContext) =>
        app.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x'), EncryptionContext })).then(
          () => true,
          () => false,
        ),
      );
      expect(await Promise.all(outcomes)).toEqual(allowed);
    },
  );

  test('does not outweigh an explicit deny', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey({
      Policy: keyPolicy({
        Effect: 'Deny',
        Principal: { AWS: APP_ROLE },
        Action: 'kms:Encrypt',
        Resource: '*',
      }),
    });
    await kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic }));
    const app = await kms.as(APP, []);
    await expect(
      app.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') })),
    ).rejects.toMatchObject(refusal);
  });

  test('is handed on only in part', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const app = await kms.as(APP, []);
    await kms.root.send(
      new CreateGrantCommand({
        KeyId: id,
        GranteePrincipal: APP_ROLE,
        Operations: ['CreateGrant', 'Decrypt'],
      }),
    );
    const handOn = (...Operations: ('Decrypt' | 'Encrypt')[]) =>
      app.send(new CreateGrantCommand({ KeyId: id, GranteePrincipal: RETIRER, Operations }));
    await expect(handOn('Decrypt', 'Encrypt')).rejects.toMatchObject(refusal);
    await expect(handOn('Decrypt')).resolves.toBeDefined();
  });

  test('with a name is made once', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const create = (input: Partial<CreateGrantCommandInput>) =>
      kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic, ...input }));
    const first = await create({ Name: 'request-1' });
    const again = await create({ Name: 'request-1', Operations: ['Decrypt', 'Encrypt'] });
    expect(again.GrantId).toBe(first.GrantId);
    expect(again.GrantToken).not.toBe(first.GrantToken);
    const others = [
      await create({ Name: 'request-1', Operations: ['Decrypt'] }),
      await create({ Name: 'request-2' }),
      await create({}),
      await create({}),
    ];
    const ids = new Set([first, ...others].map(({ GrantId }) => GrantId));
    expect(ids.size).toBe(5);
    const { Grants } = await kms.root.send(new ListGrantsCommand({ KeyId: id }));
    expect(new Set(Grants?.map(({ GrantId }) => GrantId))).toEqual(ids);
  });

  test('is listed with its terms, by id and by grantee', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey();
    const Constraints = { EncryptionContextSubset: { tenant: 'acme' } };
    const { GrantId } = await kms.root.send(
      new CreateGrantCommand({ KeyId: arn, ...basic, RetiringPrincipal: RETIRER, Constraints, Name: 'one' }),
    );
    await kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic, GranteePrincipal: RETIRER }));
    for (const filter of [{ GrantId }, { GranteePrincipal: APP_ROLE }]) {
      const { Grants } = await kms.root.send(new ListGrantsCommand({ KeyId: id, ...filter }));
      expect(Grants).toEqual([
        {
          KeyId: arn,
          GrantId,
          Name: 'one',
          CreationDate: expect.any(Date),
          GranteePrincipal: APP_ROLE,
          RetiringPrincipal: RETIRER,
          IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
          Operations: ['Decrypt', 'Encrypt'],
          Constraints,
        },
      ]);
    }
    const page = await kms.root.send(new ListGrantsCommand({ KeyId: id, Limit: 1 }));
    expect([page.Grants?.length, page.Truncated]).toEqual([1, true]);
  });

  const service = { GranteePrincipal: undefined, GranteeServicePrincipal: 'lambda.amazonaws.com' };
  const onBehalf = { SourceArn: FUNCTION };
  const pairs = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));

  const refusals: [string, Partial<CreateGrantCommandInput>, string][] = [
    ['for signing with a symmetric key', { Operations: ['Sign'] }, 'ValidationException'],
    ['for what no grant allows', { Operations: ['ScheduleKeyDeletion' as 'Sign'] }, 'ValidationException'],
    ['that only hands on', { Operations: ['CreateGrant'] }, 'ValidationException'],
    ['for nobody', { GranteePrincipal: undefined }, 'ValidationException'],
    ['for two', { GranteeServicePrincipal: 'lambda.amazonaws.com' }, 'ValidationException'],
    ['for what is not an ARN', { GranteePrincipal: 'me' }, 'InvalidArnException'],
    ['for a group', { GranteePrincipal: `arn:aws:iam::${ACCOUNT}:group/admins` }, 'InvalidArnException'],
    [
      'for a service in place of a principal',
      { GranteePrincipal: 's3.amazonaws.com' },
      'InvalidArnException',
    ],
    [
      'with a retiring principal that is none',
      { RetiringPrincipal: 'arn:aws:iam::1:role/x' },
      'InvalidArnException',
    ],
    [
      'with two retiring principals',
      { RetiringPrincipal: RETIRER, RetiringServicePrincipal: 'lambda.amazonaws.com' },
      'ValidationException',
    ],
    ['for a service without its resource', { ...service, RetiringPrincipal: RETIRER }, 'ValidationException'],
    ['for a service that nobody retires', { ...service, Constraints: onBehalf }, 'ValidationException'],
    ['with nine pairs', { Constraints: { EncryptionContextSubset: pairs(9) } }, 'ValidationException'],
    [
      'with a long value',
      { Constraints: { EncryptionContextEquals: { k: 'v'.repeat(385) } } },
      'ValidationException',
    ],
  ];

  test.each(refusals)('is refused %s', async (_what, input, name) => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await expect(
      kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic, ...input })),
    ).rejects.toMatchObject({ name });
  });

  test('takes eight pairs of 384 characters', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const EncryptionContextEquals = { ...pairs(7), long: 'v'.repeat(384) };
    await expect(
      kms.root.send(
        new CreateGrantCommand({ KeyId: id, ...basic, Constraints: { EncryptionContextEquals } }),
      ),
    ).resolves.toBeDefined();
  });

  test.each([
    ['SIGN_VERIFY', 'ECC_NIST_P256', 'Sign', ['GenerateDataKey', 'Encrypt', 'VerifyMac']],
    ['GENERATE_VERIFY_MAC', 'HMAC_256', 'VerifyMac', ['GetPublicKey', 'Verify', 'Decrypt']],
    ['KEY_AGREEMENT', 'ECC_NIST_P256', 'DeriveSharedSecret', ['Sign', 'Encrypt', 'GenerateMac']],
  ] as const)('on a key for %s allows what such a key can do', async (KeyUsage, KeySpec, fitting, others) => {
    const kms = await localKms();
    const { id } = await kms.createKey({ KeyUsage, KeySpec });
    const create = (operation: GrantOperation, Constraints?: GrantConstraints) =>
      kms.root.send(
        new CreateGrantCommand({
          KeyId: id,
          GranteePrincipal: APP_ROLE,
          Operations: [operation],
          Constraints,
        }),
      );
    await expect(create(fitting)).resolves.toBeDefined();
    await expect(create(fitting, onBehalf)).resolves.toBeDefined();
    for (const operation of others) {
      await expect(create(operation)).rejects.toMatchObject({ name: 'ValidationException' });
    }
    await expect(create(fitting, { EncryptionContextSubset: { tenant: 'acme' } })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('is one of 50,000 of its key at most', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'local-kms-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const database = join(directory, 'kms.sqlite');
    const kms = await localKms({ database });
    const { id } = await kms.createKey();
    const { Name, ...terms } = { ...basic, Name: 'one' };
    await kms.root.send(new CreateGrantCommand({ KeyId: id, ...terms, Name }));
    const file = new DatabaseSync(database);
    file.exec(`
      WITH RECURSIVE numbers(number) AS (SELECT 2 UNION ALL SELECT number + 1 FROM numbers WHERE number < 49999)
      INSERT INTO grants (scope, id, keyId, createdAt, terms)
      SELECT scope, printf('%064x', number), keyId, createdAt, json_remove(terms, '$.name') FROM grants, numbers`);
    file.close();
    await expect(kms.root.send(new CreateGrantCommand({ KeyId: id, ...terms }))).resolves.toBeDefined();
    await expect(kms.root.send(new CreateGrantCommand({ KeyId: id, ...terms }))).rejects.toMatchObject({
      name: 'LimitExceededException',
    });
    await expect(kms.root.send(new CreateGrantCommand({ KeyId: id, ...terms, Name }))).resolves.toBeDefined();
  });

  test('to a service is for the resource it names', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey();
    const { GrantId } = await kms.root.send(
      new CreateGrantCommand({
        KeyId: id,
        ...service,
        RetiringServicePrincipal: 'lambda.amazonaws.com',
        Operations: ['Decrypt', 'DescribeKey'],
        Constraints: onBehalf,
      }),
    );
    const describeAs = async (principal: object) =>
      (await kms.register(principal)).send(new DescribeKeyCommand({ KeyId: arn }));
    const lambda = { service: 'lambda.amazonaws.com', sourceArn: FUNCTION };
    await expect(describeAs(lambda)).resolves.toBeDefined();
    await expect(describeAs({ ...lambda, sourceArn: `${FUNCTION}2` })).rejects.toMatchObject(refusal);
    await expect(describeAs({ service: 'lambda.amazonaws.com' })).rejects.toMatchObject(refusal);
    await expect(describeAs({ ...lambda, service: 's3.amazonaws.com' })).rejects.toMatchObject(refusal);
    const { Grants } = await kms.root.send(new ListGrantsCommand({ KeyId: id }));
    expect(Grants).toMatchObject([
      {
        GranteeServicePrincipal: 'lambda.amazonaws.com',
        RetiringServicePrincipal: 'lambda.amazonaws.com',
        Constraints: onBehalf,
      },
    ]);
    expect(Grants?.[0]?.GranteePrincipal).toBeUndefined();
    const caller = await kms.register(lambda);
    await caller.send(new RetireGrantCommand({ KeyId: arn, GrantId }));
    await expect(describeAs(lambda)).rejects.toMatchObject(refusal);
  });

  test('to an account is for whom the account lets use it', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey({
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: RETIRER },
          Action: 'kms:*',
          Resource: '*',
        },
      }),
      BypassPolicyLockoutSafetyCheck: true,
    });
    const maker = await kms.as(RETIRER);
    const encrypt = new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') });
    const allowed = [identityPolicy({ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' })];
    const app = await kms.as(APP, allowed);
    await expect(app.send(encrypt)).rejects.toMatchObject(refusal);
    await maker.send(
      new CreateGrantCommand({
        KeyId: id,
        GranteePrincipal: `arn:aws:iam::${ACCOUNT}:root`,
        Operations: ['Encrypt'],
      }),
    );
    await expect(app.send(encrypt)).resolves.toBeDefined();
    const other = await kms.as(APP, []);
    await expect(other.send(encrypt)).rejects.toMatchObject(refusal);
  });

  test('is not for one session when it names another', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic, GranteePrincipal: APP }));
    const encrypt = new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') });
    const app = await kms.as(APP, []);
    await expect(app.send(encrypt)).resolves.toBeDefined();
    const second = await kms.as(APP.replace('i-1', 'i-2'), []);
    await expect(second.send(encrypt)).rejects.toMatchObject(refusal);
  });
});

describe('a grant of a grant', () => {
  const acme = { tenant: 'acme' };
  const acmeInvoices = { ...acme, purpose: 'invoice' };

  test.each<[string, GrantConstraints | undefined, GrantConstraints | undefined, boolean]>([
    ['no constraint', undefined, undefined, true],
    ['one of its own', undefined, { EncryptionContextSubset: acme }, true],
    ['the same subset', { EncryptionContextSubset: acme }, { EncryptionContextSubset: acme }, true],
    ['more pairs', { EncryptionContextSubset: acme }, { EncryptionContextSubset: acmeInvoices }, true],
    ['the exact pairs', { EncryptionContextSubset: acme }, { EncryptionContextEquals: acme }, true],
    ['fewer pairs', { EncryptionContextSubset: acmeInvoices }, { EncryptionContextSubset: acme }, false],
    ['other pairs', { EncryptionContextSubset: acme }, { EncryptionContextEquals: { tenant: 'x' } }, false],
    ['none any more', { EncryptionContextSubset: acme }, undefined, false],
    ['the same exact pairs', { EncryptionContextEquals: acme }, { EncryptionContextEquals: acme }, true],
    ['a subset', { EncryptionContextEquals: acme }, { EncryptionContextSubset: acme }, false],
    ['exactly more', { EncryptionContextEquals: acme }, { EncryptionContextEquals: acmeInvoices }, false],
  ])('may have %s', async (_what, parent, child, allowed) => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await kms.root.send(
      new CreateGrantCommand({
        KeyId: id,
        GranteePrincipal: APP_ROLE,
        Operations: ['CreateGrant', 'Decrypt'],
        Constraints: parent,
      }),
    );
    const app = await kms.as(APP, []);
    const handOn = app.send(
      new CreateGrantCommand({
        KeyId: id,
        GranteePrincipal: RETIRER,
        Operations: ['Decrypt'],
        Constraints: child,
      }),
    );
    if (allowed) await expect(handOn).resolves.toBeDefined();
    else await expect(handOn).rejects.toMatchObject(refusal);
  });

  test('does not keep back whom a policy allows to make grants', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const app = await kms.as(APP, [
      identityPolicy({ Effect: 'Allow', Action: 'kms:CreateGrant', Resource: '*' }),
    ]);
    await expect(app.send(new CreateGrantCommand({ KeyId: id, ...basic }))).resolves.toBeDefined();
  });
});

describe('a grant token', () => {
  const late = (kms: TestKms) => kms.post('/_local/consistency', { seed: 1, probability: 1, reads: 50 });
  const encrypt = (KeyId: string, ...GrantTokens: string[]) =>
    new EncryptCommand({ KeyId, Plaintext: Buffer.from('x'), GrantTokens });

  test('makes a new grant work at once, for its grantee on its key', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const other = await kms.createKey();
    const app = await kms.as(APP, []);
    await late(kms);
    const { GrantToken = '' } = await kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic }));
    await expect(app.send(encrypt(id))).rejects.toMatchObject(refusal);
    await expect(app.send(encrypt(id, GrantToken))).resolves.toBeDefined();
    await expect(app.send(encrypt(other.id, GrantToken))).rejects.toMatchObject(refusal);
    const stranger = await kms.as(RETIRER, []);
    await expect(stranger.send(encrypt(id, GrantToken))).rejects.toMatchObject(refusal);
  });

  test('of any answer for the same grant will do', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const app = await kms.as(APP, []);
    await late(kms);
    const create = () => kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic, Name: 'one' }));
    await create();
    const { GrantToken = '' } = await create();
    await expect(app.send(encrypt(id, GrantToken))).resolves.toBeDefined();
  });

  test('retires a new grant at once', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const retirer = await kms.as(RETIRER, []);
    await late(kms);
    const { GrantId, GrantToken } = await kms.root.send(
      new CreateGrantCommand({ KeyId: id, ...basic, RetiringPrincipal: RETIRER }),
    );
    await expect(retirer.send(new RetireGrantCommand({ KeyId: id, GrantId }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
    await expect(retirer.send(new RetireGrantCommand({ GrantToken }))).resolves.toBeDefined();
  });

  test('that is made up is refused, wherever tokens are taken', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const GrantTokens = [Buffer.from('made up').toString('base64')];
    const calls = [
      kms.root.send(encrypt(id, ...GrantTokens)),
      kms.root.send(new DescribeKeyCommand({ KeyId: id, GrantTokens })),
      kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic, GrantTokens })),
    ];
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ name: 'InvalidGrantTokenException' });
  });

  test('of a grant that is gone opens nothing', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const app = await kms.as(APP, []);
    const { GrantId, GrantToken = '' } = await kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic }));
    await kms.root.send(new RevokeGrantCommand({ KeyId: id, GrantId }));
    await expect(app.send(encrypt(id, GrantToken))).rejects.toMatchObject(refusal);
  });
});

describe('a grant is retired', () => {
  test('by its retiring principal, with the token or with key and id', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const retirer = await kms.as(RETIRER, []);
    const create = () =>
      kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic, RetiringPrincipal: RETIRER }));
    const { GrantToken } = await create();
    await retirer.send(new RetireGrantCommand({ GrantToken }));
    const { GrantId } = await create();
    await retirer.send(new RetireGrantCommand({ KeyId: id, GrantId }));
    await expect(kms.root.send(new ListGrantsCommand({ KeyId: id }))).resolves.toMatchObject({ Grants: [] });
    await expect(retirer.send(new RetireGrantCommand({ KeyId: id, GrantId }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });

  test('by its grantee only if it says so', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const app = await kms.as(APP, []);
    const create = (Operations: CreateGrantCommandInput['Operations']) =>
      kms.root.send(new CreateGrantCommand({ KeyId: id, GranteePrincipal: APP_ROLE, Operations }));
    const kept = await create(['Decrypt']);
    const given = await create(['Decrypt', 'RetireGrant']);
    await expect(
      app.send(new RetireGrantCommand({ KeyId: id, GrantId: kept.GrantId })),
    ).rejects.toMatchObject(refusal);
    await expect(
      app.send(new RetireGrantCommand({ KeyId: id, GrantId: given.GrantId })),
    ).resolves.toBeDefined();
  });

  test.each<[string, object[] | undefined, boolean]>([
    ['by an administrator of the account', undefined, true],
    [
      'by whom the account lets do so',
      [identityPolicy({ Effect: 'Allow', Action: 'kms:RetireGrant', Resource: '*' })],
      true,
    ],
    ['not by anybody else', [], false],
  ])('%s', async (_who, policies, allowed) => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const { GrantId } = await kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic }));
    const caller = await kms.as(`arn:aws:iam::${ACCOUNT}:user/ops`, policies);
    const retire = caller.send(new RetireGrantCommand({ KeyId: id, GrantId }));
    if (allowed) await expect(retire).resolves.toBeDefined();
    else await expect(retire).rejects.toMatchObject(refusal);
  });

  test('whatever the key policy says, but not when a policy of the caller denies it', async () => {
    const kms = await localKms();
    const about = (Effect: string) => ({ Effect, Action: 'kms:RetireGrant', Resource: '*' });
    const { id } = await kms.createKey({ Policy: keyPolicy({ ...about('Deny'), Principal: '*' }) });
    const create = () =>
      kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic, RetiringPrincipal: RETIRER }));
    const kept = await kms.as(RETIRER, [identityPolicy(about('Deny'))]);
    const { GrantToken } = await create();
    await expect(kept.send(new RetireGrantCommand({ GrantToken }))).rejects.toMatchObject({
      ...refusal,
      message: expect.stringMatching(/with an explicit deny in an identity-based policy$/),
    });
    const free = await kms.as(RETIRER, []);
    await expect(free.send(new RetireGrantCommand({ GrantToken }))).resolves.toBeDefined();
  });

  test('or revoked only by an id that can be one', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const revoke = (GrantId: string) => kms.root.send(new RevokeGrantCommand({ KeyId: id, GrantId }));
    await expect(revoke('grant-1')).rejects.toMatchObject({ name: 'InvalidGrantIdException' });
    await expect(revoke('0'.repeat(64))).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  test('or revoked, or made, in a dry run: nothing changes', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const nobody = await kms.as(RETIRER, []);
    const dry = { name: 'DryRunOperationException' };
    const { GrantId } = await kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic }));
    const calls = (by: KMSClient) => [
      by.send(new CreateGrantCommand({ KeyId: id, ...basic, DryRun: true })),
      by.send(new RetireGrantCommand({ KeyId: id, GrantId, DryRun: true })),
      by.send(new RevokeGrantCommand({ KeyId: id, GrantId, DryRun: true })),
    ];
    for (const call of calls(kms.root)) await expect(call).rejects.toMatchObject(dry);
    for (const call of calls(nobody)) await expect(call).rejects.toMatchObject(refusal);
    const { Grants } = await kms.root.send(new ListGrantsCommand({ KeyId: id }));
    expect(Grants?.map((grant) => grant.GrantId)).toEqual([GrantId]);
  });

  test('not with a made-up token, nor with half a name', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await expect(kms.root.send(new RetireGrantCommand({ GrantToken: 'made-up' }))).rejects.toMatchObject({
      name: 'InvalidGrantTokenException',
    });
    await expect(kms.root.send(new RetireGrantCommand({ KeyId: id }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});

test('identity-based policies and grants add up', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const app = await kms.as(APP, [identityPolicy({ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' })]);
  await kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic, Operations: ['Decrypt'] }));
  const { CiphertextBlob } = await app.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') }));
  await expect(app.send(new DecryptCommand({ CiphertextBlob }))).resolves.toBeDefined();
});
