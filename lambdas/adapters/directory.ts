import {
  DescribeGroupCommand,
  DescribeUserCommand,
  type DescribeUserCommandOutput,
  GetGroupIdCommand,
  GetUserIdCommand,
  IdentitystoreClient,
  ListGroupMembershipsCommand,
  paginateListGroupMembershipsForMember,
} from '@aws-sdk/client-identitystore';
import type { Actor } from '../domain/principal.ts';
import { awsCall, refusedWith } from './aws-call.ts';
import { environment } from './environment.ts';
import { paced, realTime, type Time } from './pace.ts';
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

/** What a group is called changes seldom, and a name that is late by minutes lets nobody in who was not. */
const NAMES_KEPT_MILLISECONDS = 5 * 60_000;

export function createDirectory(
  client: IdentitystoreClient,
  store: { readonly identityStoreId: string; readonly issuer: string },
  time: Time = realTime,
): Directory {
  keepPace(client, time);
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

  const memberIn = (user: DescribeUserCommandOutput | undefined): Actor | undefined => {
    const id = user?.ExternalIds?.find(({ Issuer: issuer }) => issuer === store.issuer)?.Id;
    if (user === undefined || user.UserStatus === 'DISABLED' || id === undefined) return undefined;
    const name = user.DisplayName ?? user.UserName ?? id;
    return { kind: 'person', id: `${PERSON}${id}`, name: name.slice(0, 256) };
  };

  const groupNameOf = async (groupId: string): Promise<string | undefined> => {
    const kept = groupNames.get(groupId);
    if (kept !== undefined && time.milliseconds() < kept.until) return kept.name;
    const name = await found('identitystore:DescribeGroup', async () => {
      const command = new DescribeGroupCommand({ IdentityStoreId, GroupId: groupId });
      return (await client.send(command)).DisplayName;
    });
    if (name !== undefined)
      groupNames.set(groupId, { name, until: time.milliseconds() + NAMES_KEPT_MILLISECONDS });
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
      const names = await Promise.all(groupIds.map(groupNameOf));
      return names.filter((name) => name !== undefined);
    },

    async *membersOf(group) {
      const GroupId = await found('identitystore:GetGroupId', async () => {
        const UniqueAttribute = { AttributePath: 'displayName', AttributeValue: group };
        const command = new GetGroupIdCommand({ IdentityStoreId, AlternateIdentifier: { UniqueAttribute } });
        return (await client.send(command)).GroupId;
      });
      if (GroupId === undefined) return;
      let NextToken: string | undefined;
      do {
        const page = await awsCall('identitystore:ListGroupMemberships', () =>
          client.send(new ListGroupMembershipsCommand({ IdentityStoreId, GroupId, NextToken })),
        );
        const userIds = (page.GroupMemberships ?? []).flatMap(({ MemberId: member }) => member?.UserId ?? []);
        for (let start = 0; start < userIds.length; start += AT_ONCE) {
          const users = await Promise.all(userIds.slice(start, start + AT_ONCE).map(userOf));
          yield* users.flatMap((user) => memberIn(user) ?? []);
        }
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
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

/** Members that are looked up together: a quorum seldom takes more. */
const AT_ONCE = 4;

/** The store allows 20 calls a second to an account, and other Lambdas ask as well. */
const CALLS_PER_SECOND = 10;

/** Has every call of a client wait for its turn: each page and each attempt, whoever asks. */
function keepPace(client: IdentitystoreClient, time: Time): void {
  const turn = paced(CALLS_PER_SECOND, time);
  client.middlewareStack.add(
    (next) => async (args) => {
      await turn();
      return next(args);
    },
    // Within the retries.
    { name: 'keepPace', step: 'finalizeRequest', override: true },
  );
}
