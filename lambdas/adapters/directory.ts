import {
  DescribeGroupCommand,
  DescribeUserCommand,
  GetGroupIdCommand,
  GetUserIdCommand,
  IdentitystoreClient,
  paginateListGroupMemberships,
  paginateListGroupMembershipsForMember,
} from '@aws-sdk/client-identitystore';
import type { Actor } from '../domain/principal.ts';
import { awsCall, refusedWith } from './aws-call.ts';
import { environment } from './environment.ts';
import { timeouts } from './timeouts.ts';

/**
 * Who is in which group now: the identity store of IAM Identity Center. Nothing of a membership is ever kept. Every call
 * throws BackendBusy when the store cannot be asked, and BackendRefused when it refuses.
 *
 * A person is the user whose external id is the subject of the sign-in, under the name of its issuer. That a user
 * provisioned by an identity provider carries it so is a matter of the provisioning's mapping, and not proven here.
 */
export interface Directory {
  /** The names of a person's groups; undefined for somebody who is not there, or no longer active. */
  groupsOf(personId: string): Promise<readonly string[] | undefined>;
  /** The active members of a group, by its name; nobody when there is no such group. */
  membersOf(group: string): Promise<readonly Actor[]>;
}

/** The directory that the function was deployed with. */
export function directoryOfEnvironment(): Directory {
  return createDirectory(new IdentitystoreClient({ maxAttempts: 3, requestHandler: timeouts }), {
    identityStoreId: environment('IDENTITY_STORE_ID'),
    issuer: environment('OIDC_ISSUER'),
  });
}

const PERSON = 'person:';

/** What a group is called changes seldom, and a name that is late by minutes lets nobody in who was not. */
const NAMES_KEPT_MILLISECONDS = 5 * 60_000;

export function createDirectory(
  client: IdentitystoreClient,
  store: { readonly identityStoreId: string; readonly issuer: string },
  milliseconds: () => number = Date.now,
): Directory {
  const IdentityStoreId = store.identityStoreId;
  const groupNames = new Map<string, { readonly name: string; readonly until: number }>();

  const userIdOf = async (personId: string): Promise<string | undefined> => {
    if (!personId.startsWith(PERSON)) return undefined;
    const ExternalId = { Issuer: store.issuer, Id: personId.slice(PERSON.length) };
    return found('identitystore:GetUserId', async () => {
      const command = new GetUserIdCommand({ IdentityStoreId, AlternateIdentifier: { ExternalId } });
      return (await client.send(command)).UserId;
    });
  };

  const userOf = (UserId: string) =>
    found('identitystore:DescribeUser', () =>
      client.send(new DescribeUserCommand({ IdentityStoreId, UserId })),
    );

  const groupNameOf = async (groupId: string): Promise<string | undefined> => {
    const kept = groupNames.get(groupId);
    if (kept !== undefined && milliseconds() < kept.until) return kept.name;
    const name = await found('identitystore:DescribeGroup', async () => {
      const command = new DescribeGroupCommand({ IdentityStoreId, GroupId: groupId });
      return (await client.send(command)).DisplayName;
    });
    if (name !== undefined)
      groupNames.set(groupId, { name, until: milliseconds() + NAMES_KEPT_MILLISECONDS });
    return name;
  };

  return {
    async groupsOf(personId) {
      const userId = await userIdOf(personId);
      const user = userId === undefined ? undefined : await userOf(userId);
      if (userId === undefined || user === undefined || user.UserStatus === 'DISABLED') return undefined;
      const groupIds = await awsCall('identitystore:ListGroupMembershipsForMember', async () => {
        const ids: string[] = [];
        const pages = paginateListGroupMembershipsForMember(
          { client },
          { IdentityStoreId, MemberId: { UserId: userId } },
        );
        for await (const { GroupMemberships: memberships = [] } of pages) {
          for (const { GroupId: id } of memberships) if (id !== undefined) ids.push(id);
        }
        return ids;
      });
      const names = await inTurns(groupIds, groupNameOf);
      return names.filter((name) => name !== undefined);
    },

    async membersOf(group) {
      const groupId = await found('identitystore:GetGroupId', async () => {
        const UniqueAttribute = { AttributePath: 'displayName', AttributeValue: group };
        const command = new GetGroupIdCommand({ IdentityStoreId, AlternateIdentifier: { UniqueAttribute } });
        return (await client.send(command)).GroupId;
      });
      if (groupId === undefined) return [];
      const userIds = await awsCall('identitystore:ListGroupMemberships', async () => {
        const ids: string[] = [];
        const pages = paginateListGroupMemberships({ client }, { IdentityStoreId, GroupId: groupId });
        for await (const { GroupMemberships: memberships = [] } of pages) {
          for (const { MemberId: member } of memberships) if (member?.UserId) ids.push(member.UserId);
        }
        return ids;
      });
      const users = await inTurns(userIds, userOf);
      return users.flatMap((user) => {
        const id = user?.ExternalIds?.find(({ Issuer: issuer }) => issuer === store.issuer)?.Id;
        if (user === undefined || user.UserStatus === 'DISABLED' || id === undefined) return [];
        const name = user.DisplayName ?? user.UserName ?? id;
        return [{ kind: 'person' as const, id: `${PERSON}${id}`, name: name.slice(0, 256) }];
      });
    },
  };
}

/** The answer of a call; undefined when what it asks about is not there. */
async function found<T>(name: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await awsCall(name, call);
  } catch (error) {
    if (refusedWith(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}

/** The store allows 20 calls a second to an account. */
const AT_ONCE = 8;

async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}
