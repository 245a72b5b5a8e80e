import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  DisableKeyCommand,
  type KMSClient,
  ListRetirableGrantsCommand,
  type ListRetirableGrantsCommandInput,
  paginateListRetirableGrants,
  ReplicateKeyCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, identityPolicy, localKms } from './local-kms.ts';

const RETIRER = `arn:aws:iam::${ACCOUNT}:user/retirer`;
const APP = `arn:aws:iam::${ACCOUNT}:role/App`;
const OTHER_ROOT = 'arn:aws:iam::111122223333:root';

const grantOn = (by: KMSClient, KeyId: string, input: Partial<CreateGrantCommandInput> = {}) =>
  by.send(
    new CreateGrantCommand({
      KeyId,
      GranteePrincipal: APP,
      RetiringPrincipal: RETIRER,
      Operations: ['Decrypt'],
      ...input,
    }),
  );
const list = async (by: KMSClient, input: ListRetirableGrantsCommandInput = { RetiringPrincipal: RETIRER }) =>
  (await by.send(new ListRetirableGrantsCommand(input))).Grants ?? [];

test('the grants that a principal retires are listed, of all keys and accounts of the Region', async () => {
  const kms = await localKms();
  const mine = await kms.createKey();
  const other = await kms.as(OTHER_ROOT);
  const theirs = await kms.createKey({}, other);
  const abroad = kms.client('test', { region: 'eu-west-1' });
  const far = await kms.createKey({}, abroad);
  const Constraints = { EncryptionContextSubset: { tenant: 'acme' } };
  const first = await grantOn(kms.root, mine.id, { Constraints, Name: 'one' });
  const second = await grantOn(other, theirs.id);
  await grantOn(abroad, far.id);
  await grantOn(kms.root, mine.id, { RetiringPrincipal: undefined });
  await grantOn(kms.root, mine.id, { RetiringPrincipal: APP, GranteePrincipal: RETIRER });
  const grants = await list(kms.root);
  expect(grants).toHaveLength(2);
  expect(grants.find(({ GrantId }) => GrantId === first.GrantId)).toEqual({
    KeyId: mine.arn,
    GrantId: first.GrantId,
    Name: 'one',
    CreationDate: expect.any(Date),
    GranteePrincipal: APP,
    RetiringPrincipal: RETIRER,
    IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
    Operations: ['Decrypt'],
    Constraints,
  });
  expect(grants.find(({ GrantId }) => GrantId === second.GrantId)).toMatchObject({
    KeyId: theirs.arn,
    IssuingAccount: OTHER_ROOT,
  });
});

test('whatever the state of the key, until the grant is gone', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const { GrantId } = await grantOn(kms.root, id);
  await kms.root.send(new DisableKeyCommand({ KeyId: id }));
  expect(await list(kms.root)).toHaveLength(1);
  await kms.root.send(new RevokeGrantCommand({ KeyId: id, GrantId }));
  expect(await list(kms.root)).toEqual([]);
});

test('of a multi-Region key, those on its key in this Region', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey({ MultiRegion: true });
  await kms.root.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'eu-west-1' }));
  const abroad = kms.client('test', { region: 'eu-west-1' });
  const here = await grantOn(kms.root, id);
  const there = await grantOn(abroad, id);
  expect((await list(kms.root)).map(({ GrantId }) => GrantId)).toEqual([here.GrantId]);
  expect((await list(abroad)).map(({ GrantId }) => GrantId)).toEqual([there.GrantId]);
});

test('page by page', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const made = await Promise.all(Array.from({ length: 5 }, () => grantOn(kms.root, id)));
  const pages: number[] = [];
  const found: (string | undefined)[] = [];
  const paged = paginateListRetirableGrants(
    { client: kms.root, pageSize: 2 },
    { RetiringPrincipal: RETIRER },
  );
  for await (const { Grants = [] } of paged) {
    pages.push(Grants.length);
    found.push(...Grants.map(({ GrantId }) => GrantId));
  }
  expect(pages).toEqual([2, 2, 1]);
  expect(new Set(found)).toEqual(new Set(made.map(({ GrantId }) => GrantId)));
  await expect(list(kms.root, { RetiringPrincipal: RETIRER, Marker: 'made-up' })).rejects.toMatchObject({
    name: 'InvalidMarkerException',
  });
});

describe('it is refused', () => {
  test.each<[string, ListRetirableGrantsCommandInput, string]>([
    ['for nobody', {}, 'ValidationException'],
    [
      'for two',
      { RetiringPrincipal: RETIRER, RetiringServicePrincipal: 's3.amazonaws.com' },
      'ValidationException',
    ],
    ['for what is no principal', { RetiringPrincipal: 'retirer' }, 'InvalidArnException'],
    ['for a principal of another account', { RetiringPrincipal: OTHER_ROOT }, 'AccessDeniedException'],
    ['for a service', { RetiringServicePrincipal: 's3.amazonaws.com' }, 'AccessDeniedException'],
    ['for more than a hundred', { RetiringPrincipal: RETIRER, Limit: 101 }, 'ValidationException'],
  ])('%s', async (_what, input, name) => {
    const kms = await localKms();
    await expect(list(kms.root, input)).rejects.toMatchObject({ name });
  });

  test('without permission on the principal itself', async () => {
    const kms = await localKms();
    const allowed = (Resource: string) => [
      identityPolicy({ Effect: 'Allow', Action: 'kms:ListRetirableGrants', Resource }),
    ];
    await expect(list(await kms.as(APP.replace('role', 'user'), allowed(RETIRER)))).resolves.toEqual([]);
    await expect(list(await kms.as(APP.replace('role', 'user'), allowed(APP)))).rejects.toMatchObject({
      message: expect.stringContaining(`kms:ListRetirableGrants on resource: ${RETIRER} because no identity`),
    });
  });
});

test('a service finds the grants that it retires', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const { GrantId } = await grantOn(kms.root, id, {
    RetiringPrincipal: undefined,
    RetiringServicePrincipal: 'rds.amazonaws.com',
  });
  const rds = await kms.register({ service: 'rds.amazonaws.com' });
  const grants = await list(rds, { RetiringServicePrincipal: 'rds.amazonaws.com' });
  expect(grants).toMatchObject([{ GrantId, RetiringServicePrincipal: 'rds.amazonaws.com' }]);
});
