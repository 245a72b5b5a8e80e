import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  DecryptCommand,
  EncryptCommand,
  type GrantConstraints,
  ListGrantsCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, identityPolicy, keyPolicy, localKms } from './local-kms.ts';

const APP_ROLE = `arn:aws:iam::${ACCOUNT}:role/App`;
const APP = `arn:aws:sts::${ACCOUNT}:assumed-role/App/i-1`;
const RETIRER = `arn:aws:iam::${ACCOUNT}:user/retirer`;

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

  const refusals: [string, Partial<CreateGrantCommandInput>, string][] = [
    ['for signing with a symmetric key', { Operations: ['Sign'] }, 'ValidationException'],
    [
      'for a service',
      { GranteePrincipal: undefined, GranteeServicePrincipal: 's3.amazonaws.com' },
      'UnsupportedOperationException',
    ],
    ['for nobody', { GranteePrincipal: undefined }, 'ValidationException'],
    ['for what is not a principal', { GranteePrincipal: 'me' }, 'InvalidArnException'],
  ];

  test.each(refusals)('is refused %s', async (_what, input, name) => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await expect(
      kms.root.send(new CreateGrantCommand({ KeyId: id, ...basic, ...input })),
    ).rejects.toMatchObject({ name });
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
