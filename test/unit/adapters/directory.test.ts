import { IdentitystoreClient } from '@aws-sdk/client-identitystore';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDirectory, type Directory } from '../../../lambdas/adapters/directory.ts';
import {
  IDENTITY_STORE_ID,
  type LocalDirectory,
  startLocalDirectory,
} from '../../../local/directory/server.ts';

const ISSUER = 'http://127.0.0.1:4001';

const store = { identityStoreId: IDENTITY_STORE_ID, issuer: ISSUER };
let server: LocalDirectory;
let directory: Directory;
const toldTo = (route: string, body: object) =>
  fetch(`${server.url}/_local/${route}`, { method: 'POST', body: JSON.stringify(body) });
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};
/** Nothing here waits for its turn but what a test is about. */
const hurried = { milliseconds: Date.now, pause: async () => {} };
const clientOf = (endpoint: string) =>
  new IdentitystoreClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });

/** A directory of its own, and the names of the calls that it makes. */
function counting() {
  const client = clientOf(server.url);
  const calls: string[] = [];
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        calls.push(commandName ?? '');
        return next(args);
      },
    { step: 'initialize' },
  );
  return { calls, counted: createDirectory(client, store, hurried) };
}

beforeAll(async () => {
  server = await startLocalDirectory(ISSUER);
  directory = createDirectory(clientOf(server.url), store, hurried);
});
afterAll(() => server.close());

describe('the directory', () => {
  it('tells all groups of a person, also when there are more than a page of them', async () => {
    await toldTo('members', { person: 'carol', groups: ['a', 'security', 'b', 'payments-owner', 'c'] });
    const groups = await all(directory.allGroupsOf('person:carol'));
    expect(groups).toEqual(['a', 'security', 'b', 'payments-owner', 'c']);
    await toldTo('members', { person: 'carol', groups: ['payments-owner', 'security'] });
  });

  it('tells in which of some groups a person is, in a few calls however many others there are', async () => {
    const many = Array.from({ length: 150 }, (_, n) => `team-${n}`);
    await toldTo('members', { person: 'carol', groups: [...many, 'security'] });
    const { calls, counted } = counting();
    const among = ['security', 'payments-owner', 'nobody-is-in-it', 'security'];
    await toldTo('members', { person: 'grace', groups: ['payments-owner'] });
    for (let time = 1; time <= 2; time += 1) {
      expect(await counted.groupsOf('person:carol', among)).toEqual(['security']);
    }
    const once = ['GetGroupIdCommand', 'GetUserIdCommand', 'DescribeUserCommand', 'IsMemberInGroupsCommand'];
    expect(calls.toSorted()).toEqual(
      // The ids of two groups are kept; that one is not there is asked again.
      [...once, ...once, 'GetGroupIdCommand', 'GetGroupIdCommand'].toSorted(),
    );
    expect(await counted.groupsOf('person:carol', many)).toEqual(many);
    expect(await counted.groupsOf('person:carol', [])).toEqual([]);
    await toldTo('members', { person: 'grace', groups: ['custodians'] });
    await toldTo('members', { person: 'carol', groups: ['payments-owner', 'security'] });
  });

  it('looks again for a group whose id is kept and that is gone', async () => {
    await toldTo('members', { person: 'carol', groups: ['short-lived', 'security'] });
    const { counted } = counting();
    const among = ['short-lived', 'security'];
    expect(await counted.groupsOf('person:carol', among)).toEqual(among);
    await toldTo('members', { person: 'carol', groups: ['payments-owner', 'security'] });
    expect(await counted.groupsOf('person:carol', among)).toEqual(['security']);
  });

  it('tells who somebody is', async () => {
    expect(await directory.personOf('person:bob')).toEqual({
      kind: 'person',
      id: 'person:bob',
      name: 'Bob Bakke',
    });
  });

  it('tells the members of a group, all of its pages', async () => {
    const members = await all(directory.membersOf('security'));
    expect(members.map(({ id }) => id).toSorted()).toEqual([
      'person:bob',
      'person:carol',
      'person:dave',
      'person:frank',
    ]);
    expect(members).toContainEqual({ kind: 'person', id: 'person:bob', name: 'Bob Bakke' });
  });

  it('knows at once that somebody has left a group', async () => {
    expect(await directory.groupsOf('person:dave', ['security'])).toEqual(['security']);
    await toldTo('members', { person: 'dave', groups: [] });
    expect(await directory.groupsOf('person:dave', ['security'])).toEqual([]);
    expect(await all(directory.allGroupsOf('person:dave'))).toEqual([]);
    expect((await all(directory.membersOf('security'))).map(({ id }) => id)).not.toContain('person:dave');
    await toldTo('members', { person: 'dave', groups: ['security'] });
  });

  it('knows nobody else', async () => {
    for (const id of ['person:stranger', 'machine:arn:aws:iam::1:role/x', 'bob']) {
      expect(await directory.groupsOf(id, ['security'])).toBeUndefined();
      expect(await all(directory.allGroupsOf(id))).toEqual([]);
      expect(await directory.personOf(id)).toBeUndefined();
    }
    expect(await all(directory.membersOf('nobody-is-in-it'))).toEqual([]);
    const elsewhere = createDirectory(
      clientOf(server.url),
      { ...store, issuer: 'https://other.example' },
      hurried,
    );
    expect(await elsewhere.groupsOf('person:bob', ['security'])).toBeUndefined();
    expect(await all(elsewhere.membersOf('security'))).toEqual([]);
  });

  it('says that it cannot answer rather than that somebody is not there', async () => {
    for (const error of ['ThrottlingException', 'InternalServerException']) {
      await toldTo('fault', { times: 1, error });
      await expect(directory.groupsOf('person:bob', ['security'])).rejects.toMatchObject({
        code: 'BackendBusy',
      });
    }
    const nowhere = createDirectory(clientOf('http://127.0.0.1:1'), store, hurried);
    await expect(all(nowhere.membersOf('security'))).rejects.toMatchObject({ code: 'BackendBusy' });
  });

  it('is asked ten times in any second at most, over all groups and people', async () => {
    const waits: number[] = [];
    const paced = createDirectory(clientOf(server.url), store, {
      milliseconds: () => 0,
      pause: async (wait) => void waits.push(wait),
    });
    await Promise.all([
      all(paced.membersOf('security')),
      all(paced.membersOf('payments-owner')),
      ...['bob', 'carol', 'dave'].map((name) => paced.groupsOf(`person:${name}`, ['security'])),
    ]);
    expect(waits.length).toBeGreaterThan(10);
    for (const wait of new Set(waits)) {
      expect(waits.filter((other) => other === wait).length).toBeLessThanOrEqual(10);
    }
  });

  it('is asked about no more members than somebody takes', async () => {
    const { calls, counted } = counting();
    for await (const member of counted.membersOf('security')) {
      expect(member.kind).toBe('person');
      break;
    }
    // A page of the local directory holds two.
    expect(calls).toEqual([
      'GetGroupIdCommand',
      'ListGroupMembershipsCommand',
      'DescribeUserCommand',
      'DescribeUserCommand',
    ]);
  });
});
