import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { people } from '../signin/people.ts';

/** The identity store of the made-up organisation. */
export const IDENTITY_STORE_ID = 'd-1234567890';

export interface LocalDirectory {
  readonly url: string;
  close(): Promise<void>;
}

class ServiceError extends Error {
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = code;
    this.status = status;
  }
}

const PAGE = 2;

const store = { IdentityStoreId: z.literal(IDENTITY_STORE_ID) };
const paged = { NextToken: z.string().optional(), MaxResults: z.number().optional() };
const inputs = {
  GetUserId: z.object({
    ...store,
    AlternateIdentifier: z.object({ ExternalId: z.object({ Issuer: z.string(), Id: z.string() }) }),
  }),
  DescribeUser: z.object({ ...store, UserId: z.string() }),
  GetGroupId: z.object({
    ...store,
    AlternateIdentifier: z.object({
      UniqueAttribute: z.object({ AttributePath: z.literal('displayName'), AttributeValue: z.string() }),
    }),
  }),
  DescribeGroup: z.object({ ...store, GroupId: z.string() }),
  IsMemberInGroups: z.object({
    ...store,
    MemberId: z.object({ UserId: z.string() }),
    GroupIds: z.array(z.string()).min(1).max(100),
  }),
  ListGroupMembershipsForMember: z.object({ ...store, ...paged, MemberId: z.object({ UserId: z.string() }) }),
  ListGroupMemberships: z.object({ ...store, ...paged, GroupId: z.string() }),
} as const;

const membersChange = z.strictObject({ person: z.string(), groups: z.array(z.string()) });
const faultChange = z.strictObject({ times: z.int().nonnegative(), error: z.string() });

/**
 * Starts the part of IAM Identity Center's identity store that Keyward asks, over the people of the local sign-in, on a
 * free port of 127.0.0.1. Pages hold two memberships, so that whoever forgets to turn the page is found out.
 *
 * `POST /_local/members {person, groups}` moves somebody between groups; without groups they are still known.
 * `POST /_local/fault {times, error}` has the next calls fail.
 */
export async function startLocalDirectory(issuer: string): Promise<LocalDirectory> {
  const groupsOf = new Map(people.map(({ name, groups }) => [name, groups]));
  let fault = { times: 0, error: '' };

  const userOf = (userId: string) => {
    const person = people.find(({ name }) => `user-${name}` === userId);
    if (person === undefined) throw missing(userId);
    return person;
  };
  const groupOf = (groupId: string): string => {
    const name = groupId.replace(/^group-/, '');
    if (![...groupsOf.values()].some((groups) => groups.includes(name))) throw missing(groupId);
    return name;
  };
  const membership = (user: string, group: string) => ({
    IdentityStoreId: IDENTITY_STORE_ID,
    MembershipId: `membership-${user}-${group}`,
    GroupId: `group-${group}`,
    MemberId: { UserId: `user-${user}` },
  });

  const operations: Readonly<Record<string, (body: unknown) => object>> = {
    GetUserId: (body) => {
      const { Issuer: of, Id: id } = inputs.GetUserId.parse(body).AlternateIdentifier.ExternalId;
      if (of !== issuer || !groupsOf.has(id)) throw missing(id);
      return { IdentityStoreId: IDENTITY_STORE_ID, UserId: `user-${id}` };
    },
    DescribeUser: (body) => {
      const { UserId: userId } = inputs.DescribeUser.parse(body);
      const { name, fullName } = userOf(userId);
      return {
        IdentityStoreId: IDENTITY_STORE_ID,
        UserId: userId,
        UserName: name,
        DisplayName: fullName,
        ExternalIds: [{ Issuer: issuer, Id: name }],
        UserStatus: 'ENABLED',
      };
    },
    GetGroupId: (body) => {
      const { AttributeValue: name } = inputs.GetGroupId.parse(body).AlternateIdentifier.UniqueAttribute;
      return { IdentityStoreId: IDENTITY_STORE_ID, GroupId: `group-${groupOf(`group-${name}`)}` };
    },
    DescribeGroup: (body) => {
      const { GroupId: groupId } = inputs.DescribeGroup.parse(body);
      return { IdentityStoreId: IDENTITY_STORE_ID, GroupId: groupId, DisplayName: groupOf(groupId) };
    },
    IsMemberInGroups: (body) => {
      const { MemberId: member, GroupIds: groupIds } = inputs.IsMemberInGroups.parse(body);
      const { name } = userOf(member.UserId);
      return {
        Results: groupIds.map((groupId) => ({
          GroupId: groupId,
          MemberId: member,
          MembershipExists: groupsOf.get(name)?.includes(groupOf(groupId)) ?? false,
        })),
      };
    },
    ListGroupMembershipsForMember: (body) => {
      const { MemberId: member, NextToken: at } = inputs.ListGroupMembershipsForMember.parse(body);
      const { name } = userOf(member.UserId);
      return page(
        (groupsOf.get(name) ?? []).map((group) => membership(name, group)),
        at,
      );
    },
    ListGroupMemberships: (body) => {
      const { GroupId: groupId, NextToken: at } = inputs.ListGroupMemberships.parse(body);
      const group = groupOf(groupId);
      const members = [...groupsOf].filter(([, groups]) => groups.includes(group));
      return page(
        members.map(([name]) => membership(name, group)),
        at,
      );
    },
  };

  const answer = (request: IncomingMessage, body: unknown): object => {
    if (request.url === '/_local/members') {
      const { person, groups } = membersChange.parse(body);
      groupsOf.set(person, groups);
      return {};
    }
    if (request.url === '/_local/fault') {
      fault = faultChange.parse(body);
      return {};
    }
    if (fault.times > 0) {
      fault = { ...fault, times: fault.times - 1 };
      throw new ServiceError(
        fault.error,
        'A fault of the test.',
        fault.error === 'ThrottlingException' ? 400 : 500,
      );
    }
    const operation = String(request.headers['x-amz-target'] ?? '').replace(/^AWSIdentityStore\./, '');
    const run = operations[operation];
    if (run === undefined) {
      throw new ServiceError('UnknownOperationException', `The local identity store has no ${operation}.`);
    }
    return run(body);
  };

  const server = createServer((request, response) => {
    void text(request)
      .then((body) => answer(request, JSON.parse(body === '' ? '{}' : body)))
      .then(
        (result) => ({ status: 200, result }),
        (error: unknown) => refusalOf(error),
      )
      .then(({ status, result }) =>
        response
          .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
          .end(JSON.stringify(result)),
      );
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address !== 'string') resolve(address.port);
      else reject(new Error('DIRECTORY_START: no TCP port was given; see whether 127.0.0.1 is up.'));
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function page(all: readonly object[], at = '0') {
  const from = Number(at);
  const next = from + PAGE;
  return {
    GroupMemberships: all.slice(from, next),
    ...(next < all.length ? { NextToken: String(next) } : {}),
  };
}

function missing(id: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `There is no ${id}.`);
}

function refusalOf(error: unknown) {
  const known =
    error instanceof ServiceError
      ? error
      : new ServiceError(
          error instanceof z.ZodError ? 'ValidationException' : 'InternalServerException',
          String(error),
          error instanceof z.ZodError ? 400 : 500,
        );
  return { status: known.status, result: { __type: known.name, Message: known.message } };
}
