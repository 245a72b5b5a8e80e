import { IdentitystoreClient } from '@aws-sdk/client-identitystore';
import type { Actor } from '../domain/principal.ts';
import { environment } from './environment.ts';
import { chunksOf, createIdentityStore, type StoredUser } from './identity-store.ts';
import { realTime, type Time } from './pace.ts';
import { timeouts } from './timeouts.ts';

/**
 * Who is in which group now: the identity store of IAM Identity Center. Nothing of a membership is ever kept. Every call
 * throws BackendBusy when the store cannot be asked, and BackendRefused when it refuses.
 *
 * A person is the user whose external id is the subject of the sign-in, under the name of its issuer. That a user
 * provisioned by an identity provider carries it so is a matter of the provisioning's mapping, and not proven here.
 */
export interface Directory {
  /**
   * Which of these groups a person is in; undefined for somebody who is not there, or no longer active. A few calls,
   * however many groups the person has and however many people the groups have.
   */
  groupsOf(personId: string, among: readonly string[]): Promise<readonly string[] | undefined>;
  /**
   * All groups of a person, to look at and not to decide by: each may cost a call of its own, and whoever has no more
   * time stops. None for somebody who is not there, or no longer active.
   */
  allGroupsOf(personId: string): AsyncIterable<string>;
  /** Somebody who is there, and active. */
  personOf(personId: string): Promise<Actor | undefined>;
  /**
   * The active members of a group, by its name; nobody when there is no such group. Each costs a call of its own: whoever
   * knows enough stops.
   */
  membersOf(group: string): AsyncIterable<Actor>;
}

/** The directory that the function was deployed with. */
export function directoryOfEnvironment(): Directory {
  return createDirectory(new IdentitystoreClient({ maxAttempts: 3, requestHandler: timeouts }), {
    identityStoreId: environment('IDENTITY_STORE_ID'),
    issuer: environment('OIDC_ISSUER'),
  });
}

const PERSON = 'person:';

/** What is looked up together: a quorum seldom takes more. */
const AT_ONCE = 4;

export function createDirectory(
  client: IdentitystoreClient,
  { identityStoreId, issuer }: { readonly identityStoreId: string; readonly issuer: string },
  time: Time = realTime,
): Directory {
  const store = createIdentityStore(client, identityStoreId, time);
  const groupIds = keeping((name) => store.groupIdOf(name), time);
  const groupNames = keeping((id) => store.groupNameOf(id), time);

  const activeUser = async (personId: string): Promise<{ id: string; user: StoredUser } | undefined> => {
    if (!personId.startsWith(PERSON)) return undefined;
    const id = await store.userIdOf(issuer, personId.slice(PERSON.length));
    const user = id === undefined ? undefined : await store.userOf(id);
    return id === undefined || user === undefined || user.UserStatus === 'DISABLED'
      ? undefined
      : { id, user };
  };

  const actorIn = (user: StoredUser | undefined): Actor | undefined => {
    const id = user?.ExternalIds?.find(({ Issuer: of }) => of === issuer)?.Id;
    if (user === undefined || user.UserStatus === 'DISABLED' || id === undefined) return undefined;
    const name = user.DisplayName ?? user.UserName ?? id;
    return { kind: 'person', id: `${PERSON}${id}`, name: name.slice(0, 256) };
  };

  /** Undefined when one of the groups is gone, or the user. */
  const namesWith = async (userId: string, among: readonly string[]) => {
    const known = await Promise.all(among.map(async (name) => ({ name, id: await groupIds.of(name) })));
    const ids = known.flatMap(({ id }) => id ?? []);
    if (ids.length === 0) return [];
    const memberOf = await store.groupsWith(userId, ids);
    return memberOf === undefined
      ? undefined
      : known.flatMap(({ name, id }) => (id !== undefined && memberOf.includes(id) ? name : []));
  };

  return {
    async groupsOf(personId, among) {
      const found = await activeUser(personId);
      if (found === undefined) return undefined;
      const names = [...new Set(among)];
      const groups = await namesWith(found.id, names);
      if (groups !== undefined) return groups;
      // A group may have been made anew, under another id than was kept.
      groupIds.forget(names);
      return namesWith(found.id, names);
    },

    async *allGroupsOf(personId) {
      const found = await activeUser(personId);
      if (found === undefined) return;
      for await (const page of store.allGroupsWith(found.id)) {
        for (const ids of chunksOf(page, AT_ONCE)) {
          const names = await Promise.all(ids.map(groupNames.of));
          yield* names.filter((name) => name !== undefined);
        }
      }
    },

    async personOf(personId) {
      return actorIn((await activeUser(personId))?.user);
    },

    async *membersOf(group) {
      const groupId = await store.groupIdOf(group);
      if (groupId === undefined) return;
      for await (const page of store.usersIn(groupId)) {
        for (const userIds of chunksOf(page, AT_ONCE)) {
          const users = await Promise.all(userIds.map((id) => store.userOf(id)));
          yield* users.flatMap((user) => actorIn(user) ?? []);
        }
      }
    },
  };
}

/** What a group is called changes seldom, and a name that is late by minutes lets nobody in who was not. */
const KEPT_MILLISECONDS = 5 * 60_000;

/** Keeps answers for minutes. That something is not there is asked every time. */
function keeping(read: (key: string) => Promise<string | undefined>, time: Time) {
  const answers = new Map<string, { readonly answer: string; readonly until: number }>();
  const of = async (key: string): Promise<string | undefined> => {
    const kept = answers.get(key);
    if (kept !== undefined && time.milliseconds() < kept.until) return kept.answer;
    const answer = await read(key);
    if (answer !== undefined) answers.set(key, { answer, until: time.milliseconds() + KEPT_MILLISECONDS });
    return answer;
  };
  const forget = (keys: readonly string[]): void => {
    for (const key of keys) answers.delete(key);
  };
  return { of, forget };
}
