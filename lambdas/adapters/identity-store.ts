import {
  DescribeGroupCommand,
  DescribeUserCommand,
  type DescribeUserCommandOutput,
  GetGroupIdCommand,
  GetUserIdCommand,
  type IdentitystoreClient,
  IsMemberInGroupsCommand,
  ListGroupMembershipsCommand,
  ListGroupMembershipsForMemberCommand,
} from '@aws-sdk/client-identitystore';
import { awsCall, refusedWith } from './aws-call.ts';
import { paced, realTime, type Time } from './pace.ts';

export type StoredUser = DescribeUserCommandOutput;

/**
 * The calls of IAM Identity Center's identity store, each at its pace. Of what is not there the answer is undefined; every
 * call throws BackendBusy when the store cannot be asked, and BackendRefused when it refuses.
 */
export interface IdentityStore {
  userIdOf(issuer: string, externalId: string): Promise<string | undefined>;
  userOf(userId: string): Promise<StoredUser | undefined>;
  groupIdOf(name: string): Promise<string | undefined>;
  groupNameOf(groupId: string): Promise<string | undefined>;
  /** Which of the groups a user is in. Undefined when the user or one of the groups is not there. */
  groupsWith(userId: string, groupIds: readonly string[]): Promise<readonly string[] | undefined>;
  /** Page by page. */
  allGroupsWith(userId: string): AsyncIterable<readonly string[]>;
  /** Page by page. */
  usersIn(groupId: string): AsyncIterable<readonly string[]>;
}

export function createIdentityStore(
  client: IdentitystoreClient,
  IdentityStoreId: string,
  time: Time = realTime,
): IdentityStore {
  keepPace(client, time);
  return {
    userIdOf: (issuer, externalId) =>
      found('identitystore:GetUserId', async () => {
        const AlternateIdentifier = { ExternalId: { Issuer: issuer, Id: externalId } };
        return (await client.send(new GetUserIdCommand({ IdentityStoreId, AlternateIdentifier }))).UserId;
      }),

    userOf: (UserId) =>
      found('identitystore:DescribeUser', () =>
        client.send(new DescribeUserCommand({ IdentityStoreId, UserId })),
      ),

    groupIdOf: (name) =>
      found('identitystore:GetGroupId', async () => {
        const UniqueAttribute = { AttributePath: 'displayName', AttributeValue: name };
        const command = new GetGroupIdCommand({ IdentityStoreId, AlternateIdentifier: { UniqueAttribute } });
        return (await client.send(command)).GroupId;
      }),

    groupNameOf: (GroupId) =>
      found(
        'identitystore:DescribeGroup',
        async () => (await client.send(new DescribeGroupCommand({ IdentityStoreId, GroupId }))).DisplayName,
      ),

    groupsWith: (UserId, groupIds) =>
      found('identitystore:IsMemberInGroups', async () => {
        const answers = await Promise.all(
          chunksOf(groupIds, MOST_GROUPS_ASKED).map((GroupIds) =>
            client.send(
              new IsMemberInGroupsCommand({ IdentityStoreId, MemberId: { UserId }, GroupIds: [...GroupIds] }),
            ),
          ),
        );
        return answers
          .flatMap(({ Results: results = [] }) => results)
          .flatMap(({ GroupId: id, MembershipExists: isIn }) =>
            isIn === true && id !== undefined ? id : [],
          );
      }),

    async *allGroupsWith(UserId) {
      let NextToken: string | undefined;
      do {
        const command = new ListGroupMembershipsForMemberCommand({
          IdentityStoreId,
          MemberId: { UserId },
          NextToken,
        });
        const page = await awsCall('identitystore:ListGroupMembershipsForMember', () => client.send(command));
        yield (page.GroupMemberships ?? []).flatMap(({ GroupId: id }) => id ?? []);
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
    },

    async *usersIn(GroupId) {
      let NextToken: string | undefined;
      do {
        const command = new ListGroupMembershipsCommand({ IdentityStoreId, GroupId, NextToken });
        const page = await awsCall('identitystore:ListGroupMemberships', () => client.send(command));
        yield (page.GroupMemberships ?? []).flatMap(({ MemberId: member }) => member?.UserId ?? []);
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
    },
  };
}

/** IsMemberInGroups takes no more. */
const MOST_GROUPS_ASKED = 100;

export function chunksOf<T>(all: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
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

/** The store allows 20 calls a second to an account, and other processes ask as well. */
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
