import {
  CreateAliasCommand,
  CreateGrantCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  ListGrantsCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  type ReEncryptCommandInput,
  RetireGrantCommand,
  RevokeGrantCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, identityPolicy, keyPolicy, localKms } from './local-kms.ts';

const OTHER = '111122223333';
const GUEST = `arn:aws:iam::${OTHER}:user/guest`;
const RETIRER = `arn:aws:iam::${OTHER}:role/Retirer`;

const everything = [identityPolicy({ Effect: 'Allow', Action: 'kms:*', Resource: '*' })];
const letGuest = (fields: object) =>
  keyPolicy({ Effect: 'Allow', Principal: { AWS: GUEST }, Action: 'kms:*', Resource: '*', ...fields });

const HIDDEN =
  'because the resource does not exist in this Region, no resource-based policies allow access, ' +
  'or a resource-based policy explicitly denies access';
const hidden = (action: string, what = 'on this resource') => ({
  name: 'AccessDeniedException',
  message: `User: ${GUEST} is not authorized to perform: kms:${action} ${what} ${HIDDEN}`,
});

describe('another account does not learn', () => {
  const encrypt = (KeyId: string) => new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') });

  test.each<[string, string]>([
    ['that no policy lets it', keyPolicy()],
    ['that a policy denies it', letGuest({ Effect: 'Deny' })],
  ])('%s', async (_what, Policy) => {
    const kms = await localKms();
    const { arn } = await kms.createKey({ Policy });
    const guest = await kms.as(GUEST, everything);
    await expect(guest.send(encrypt(arn))).rejects.toMatchObject(hidden('Encrypt'));
    await expect(guest.send(new DescribeKeyCommand({ KeyId: arn }))).rejects.toMatchObject(
      hidden('DescribeKey'),
    );
  });

  test('whether there is such a key or alias', async () => {
    const kms = await localKms();
    const guest = await kms.as(GUEST, everything);
    const places = ['key/1234abcd-12ab-34cd-56ef-1234567890ab', 'alias/none'];
    for (const place of places) {
      const KeyId = `arn:aws:kms:us-east-1:${ACCOUNT}:${place}`;
      await expect(guest.send(encrypt(KeyId))).rejects.toMatchObject(hidden('Encrypt'));
    }
  });

  test('of which key a ciphertext is', async () => {
    const kms = await localKms();
    const { arn } = await kms.createKey();
    const { CiphertextBlob } = await kms.root.send(encrypt(arn));
    const guest = await kms.as(GUEST, everything);
    const byCiphertext = 'on the resource associated with this ciphertext';
    await expect(guest.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject(
      hidden('Decrypt', byCiphertext),
    );
    const abroad = kms.client('test', { region: 'eu-west-1' });
    await expect(abroad.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`${byCiphertext} ${HIDDEN}`),
    });
  });

  test('of which key of two, when it re-encrypts', async () => {
    const kms = await localKms();
    const { arn } = await kms.createKey();
    const { CiphertextBlob } = await kms.root.send(encrypt(arn));
    const guest = await kms.as(GUEST, everything);
    const { arn: own } = await kms.createKey({}, guest);
    const absent = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/none`;
    const reEncrypt = (input: Partial<ReEncryptCommandInput>) =>
      guest.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: own, ...input }));
    await expect(reEncrypt({})).rejects.toMatchObject(
      hidden('ReEncryptFrom', 'on the resource associated with this ciphertext'),
    );
    await expect(reEncrypt({ SourceKeyId: absent })).rejects.toMatchObject(hidden('ReEncryptFrom'));
    const mine = (await guest.send(encrypt(own))).CiphertextBlob;
    await expect(reEncrypt({ CiphertextBlob: mine, DestinationKeyId: absent })).rejects.toMatchObject(
      hidden('ReEncryptTo'),
    );
    await expect(reEncrypt({ CiphertextBlob: mine, DestinationKeyId: arn })).rejects.toMatchObject(
      hidden('ReEncryptTo'),
    );
  });

  test('but what its own policies do not allow', async () => {
    const kms = await localKms();
    const { arn } = await kms.createKey({ Policy: letGuest({}) });
    const guest = await kms.as(GUEST, []);
    await expect(guest.send(encrypt(arn))).rejects.toMatchObject({
      message: `User: ${GUEST} is not authorized to perform: kms:Encrypt on resource: ${arn} because no identity-based policy allows the kms:Encrypt action`,
    });
  });
});

test('a denial of who decrypts speaks of the ciphertext, unless the request names the key', async () => {
  const kms = await localKms();
  const { arn } = await kms.createKey();
  const { CiphertextBlob } = await kms.root.send(
    new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from('x') }),
  );
  const USER = `arn:aws:iam::${ACCOUNT}:user/ops`;
  const nobody = await kms.as(USER, []);
  const refused = (action: string, where: string) => ({
    message: `User: ${USER} is not authorized to perform: kms:${action} ${where} because no identity-based policy allows the kms:${action} action`,
  });
  const byCiphertext = 'on the resource associated with this ciphertext';
  await expect(nobody.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject(
    refused('Decrypt', byCiphertext),
  );
  await expect(nobody.send(new DecryptCommand({ CiphertextBlob, KeyId: arn }))).rejects.toMatchObject(
    refused('Decrypt', `on resource: ${arn}`),
  );
  await expect(
    nobody.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: arn })),
  ).rejects.toMatchObject(refused('ReEncryptFrom', byCiphertext));
});

describe('a key of another account', () => {
  const uses: [string, (client: KMSClient, arn: string) => Promise<unknown>][] = [
    ['DescribeKey', (client, arn) => client.send(new DescribeKeyCommand({ KeyId: arn }))],
    [
      'Encrypt',
      (client, arn) => client.send(new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from('x') })),
    ],
    ['GetKeyRotationStatus', (client, arn) => client.send(new GetKeyRotationStatusCommand({ KeyId: arn }))],
    ['ListGrants', (client, arn) => client.send(new ListGrantsCommand({ KeyId: arn }))],
  ];
  const management: [string, (client: KMSClient, arn: string) => Promise<unknown>][] = [
    ['GetKeyPolicy', (client, arn) => client.send(new GetKeyPolicyCommand({ KeyId: arn }))],
    [
      'PutKeyPolicy',
      (client, arn) => client.send(new PutKeyPolicyCommand({ KeyId: arn, Policy: letGuest({}) })),
    ],
    ['ListResourceTags', (client, arn) => client.send(new ListResourceTagsCommand({ KeyId: arn }))],
    ['ScheduleKeyDeletion', (client, arn) => client.send(new ScheduleKeyDeletionCommand({ KeyId: arn }))],
    [
      'CreateAlias',
      (client, arn) => client.send(new CreateAliasCommand({ AliasName: 'alias/mine', TargetKeyId: arn })),
    ],
  ];

  test.each(uses)('is there for %s, where both sides allow it', async (_name, use) => {
    const kms = await localKms();
    const { arn } = await kms.createKey({ Policy: letGuest({}) });
    await expect(use(await kms.as(GUEST, everything), arn)).resolves.toBeDefined();
    await expect(use(await kms.as(GUEST, []), arn)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const { arn: shut } = await kms.createKey();
    await expect(use(await kms.as(GUEST, everything), shut)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test.each(management)('is not there for %s, whatever the policies say', async (_name, manage) => {
    const kms = await localKms();
    const { arn } = await kms.createKey({ Policy: letGuest({}) });
    await expect(manage(await kms.as(GUEST, everything), arn)).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });

  test.each([
    ['the account of its caller', { 'kms:CallerAccount': OTHER }],
    ['its own account', { 'aws:ResourceAccount': ACCOUNT }],
  ])('can be lent by %s', async (_what, condition) => {
    const kms = await localKms();
    const Policy = letGuest({ Principal: '*', Condition: { StringEquals: condition } });
    const { arn } = await kms.createKey({ Policy });
    const guest = await kms.as(GUEST, everything);
    await expect(guest.send(new DescribeKeyCommand({ KeyId: arn }))).resolves.toBeDefined();
    const stranger = await kms.as('arn:aws:iam::999999999999:user/stranger', everything);
    const call = stranger.send(new DescribeKeyCommand({ KeyId: arn }));
    if ('kms:CallerAccount' in condition) {
      await expect(call).rejects.toMatchObject({ name: 'AccessDeniedException' });
    } else await expect(call).resolves.toBeDefined();
  });
});

test('a key of another account decrypts its ciphertext under its id too, and only that', async () => {
  const kms = await localKms();
  const { id, arn } = await kms.createKey({ Policy: letGuest({}) });
  const guest = await kms.as(GUEST, everything);
  const { CiphertextBlob } = await guest.send(
    new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from('x') }),
  );
  await expect(guest.send(new DecryptCommand({ CiphertextBlob, KeyId: id }))).resolves.toMatchObject({
    KeyId: arn,
  });
  const own = await kms.createKey({}, await kms.as(`arn:aws:iam::${OTHER}:root`));
  await expect(
    guest.send(new ReEncryptCommand({ CiphertextBlob, SourceKeyId: id, DestinationKeyId: own.id })),
  ).resolves.toMatchObject({ SourceKeyId: arn });
  const another = await kms.createKey({ Policy: letGuest({}) });
  await expect(guest.send(new DecryptCommand({ CiphertextBlob, KeyId: another.id }))).rejects.toMatchObject({
    name: 'NotFoundException',
  });
});

describe('a grant across accounts', () => {
  test('needs no policy of its grantee, and is retired from there', async () => {
    const kms = await localKms();
    const { arn } = await kms.createKey();
    const guest = await kms.as(GUEST, []);
    const retirer = await kms.as(`arn:aws:sts::${OTHER}:assumed-role/Retirer/1`, []);
    const encrypt = () => guest.send(new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from('x') }));
    const create = () =>
      kms.root.send(
        new CreateGrantCommand({
          KeyId: arn,
          GranteePrincipal: GUEST,
          RetiringPrincipal: RETIRER,
          Operations: ['Encrypt'],
        }),
      );
    const { GrantToken } = await create();
    await expect(encrypt()).resolves.toBeDefined();
    await retirer.send(new RetireGrantCommand({ GrantToken }));
    await expect(encrypt()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const { GrantId } = await create();
    await expect(guest.send(new RetireGrantCommand({ KeyId: arn, GrantId }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await retirer.send(new RetireGrantCommand({ KeyId: arn, GrantId }));
    await expect(encrypt()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('to an account is handed on by its own policies', async () => {
    const kms = await localKms();
    const { arn } = await kms.createKey();
    await kms.root.send(
      new CreateGrantCommand({
        KeyId: arn,
        GranteePrincipal: `arn:aws:iam::${OTHER}:root`,
        RetiringPrincipal: `arn:aws:iam::${OTHER}:root`,
        Operations: ['DescribeKey'],
      }),
    );
    const describeAs = async (policies: object[]) =>
      (await kms.as(GUEST, policies)).send(new DescribeKeyCommand({ KeyId: arn }));
    await expect(describeAs(everything)).resolves.toBeDefined();
    await expect(describeAs([])).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const { Grants } = await kms.root.send(new ListGrantsCommand({ KeyId: arn }));
    const GrantId = Grants?.[0]?.GrantId;
    const retire = async (policies: object[]) =>
      (await kms.as(GUEST, policies)).send(new RetireGrantCommand({ KeyId: arn, GrantId }));
    await expect(retire([])).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(retire(everything)).resolves.toBeDefined();
  });

  test('is made, and revoked, from another account that both sides let', async () => {
    const kms = await localKms();
    const { arn } = await kms.createKey({ Policy: letGuest({}) });
    const guest = await kms.as(GUEST, everything);
    const { GrantId } = await guest.send(
      new CreateGrantCommand({ KeyId: arn, GranteePrincipal: RETIRER, Operations: ['Decrypt'] }),
    );
    const { Grants } = await kms.root.send(new ListGrantsCommand({ KeyId: arn }));
    expect(Grants).toMatchObject([{ GrantId, IssuingAccount: `arn:aws:iam::${OTHER}:root` }]);
    await expect(guest.send(new RevokeGrantCommand({ KeyId: arn, GrantId }))).resolves.toBeDefined();
  });
});
