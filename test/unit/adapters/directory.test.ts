import { IdentitystoreClient } from '@aws-sdk/client-identitystore';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDirectory, type Directory } from '../../../lambdas/adapters/directory.ts';
import {
  IDENTITY_STORE_ID,
  type LocalDirectory,
  startLocalDirectory,
} from '../../../local/directory/server.ts';

const ISSUER = 'http://127.0.0.1:4001';

let server: LocalDirectory;
let directory: Directory;
const toldTo = (route: string, body: object) =>
  fetch(`${server.url}/_local/${route}`, { method: 'POST', body: JSON.stringify(body) });
const clientOf = (endpoint: string) =>
  new IdentitystoreClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });

beforeAll(async () => {
  server = await startLocalDirectory(ISSUER);
  directory = createDirectory(clientOf(server.url), { identityStoreId: IDENTITY_STORE_ID, issuer: ISSUER });
});
afterAll(() => server.close());

describe('the directory', () => {
  it('tells the groups of a person, also when there are more than a page of them', async () => {
    await toldTo('members', { person: 'carol', groups: ['a', 'security', 'b', 'payments-owner', 'c'] });
    expect(await directory.groupsOf('person:carol')).toEqual(['a', 'security', 'b', 'payments-owner', 'c']);
    await toldTo('members', { person: 'carol', groups: ['payments-owner', 'security'] });
  });

  it('tells the members of a group, all of its pages', async () => {
    const members = await directory.membersOf('security');
    expect(members.map(({ id }) => id).toSorted()).toEqual([
      'person:bob',
      'person:carol',
      'person:dave',
      'person:frank',
    ]);
    expect(members).toContainEqual({ kind: 'person', id: 'person:bob', name: 'Bob Bakke' });
  });

  it('knows at once that somebody has left a group', async () => {
    expect(await directory.groupsOf('person:dave')).toEqual(['security']);
    await toldTo('members', { person: 'dave', groups: [] });
    expect(await directory.groupsOf('person:dave')).toEqual([]);
    expect((await directory.membersOf('security')).map(({ id }) => id)).not.toContain('person:dave');
    await toldTo('members', { person: 'dave', groups: ['security'] });
  });

  it('knows nobody else', async () => {
    for (const id of ['person:stranger', 'machine:arn:aws:iam::1:role/x', 'bob']) {
      expect(await directory.groupsOf(id)).toBeUndefined();
    }
    expect(await directory.membersOf('nobody-is-in-it')).toEqual([]);
    const elsewhere = createDirectory(clientOf(server.url), {
      identityStoreId: IDENTITY_STORE_ID,
      issuer: 'https://other.example',
    });
    expect(await elsewhere.groupsOf('person:bob')).toBeUndefined();
    expect(await elsewhere.membersOf('security')).toEqual([]);
  });

  it('says that it cannot answer rather than that somebody is not there', async () => {
    for (const error of ['ThrottlingException', 'InternalServerException']) {
      await toldTo('fault', { times: 1, error });
      await expect(directory.groupsOf('person:bob')).rejects.toMatchObject({ code: 'BackendBusy' });
    }
    const nowhere = createDirectory(clientOf('http://127.0.0.1:1'), {
      identityStoreId: IDENTITY_STORE_ID,
      issuer: ISSUER,
    });
    await expect(nowhere.membersOf('security')).rejects.toMatchObject({ code: 'BackendBusy' });
  });
});
