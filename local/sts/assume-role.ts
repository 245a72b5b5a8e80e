import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { recordTime } from '../cloudtrail/record.ts';
import { authorizeOnKey } from '../kms/authorization/authorize.ts';
import type { ConditionValues } from '../kms/authorization/conditions.ts';
import { identityPolicy, type PolicyDocument } from '../kms/authorization/policy-document.ts';
import { requestConditions } from '../kms/authorization/request-conditions.ts';
import { ServiceError } from '../kms/errors.ts';
import { type Principal, sessionOf } from '../kms/principal.ts';
import type { Caller, Credentials } from '../kms/principals.ts';
import { parseInput } from '../kms/protocol/input.ts';
import { integer, text } from '../kms/protocol/json-types.ts';
import { principalId } from '../kms/unique-ids.ts';
import { listOf, type XmlContent } from './query-protocol.ts';
import type { Role, Roles } from './roles.ts';

/** Sessions of roles that a session assumes end after an hour. */
const LONGEST_CHAINED_SECONDS = 3600;

const schema = z.object({
  RoleArn: text(20, 2048, '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF]+'),
  RoleSessionName: text(2, 64, '[\\w+=,.@-]*'),
  DurationSeconds: integer(900, 43_200).default(3600),
  Policy: text(1, 2048).optional(),
  ExternalId: text(2, 1224, '[\\w+=,.@:\\/-]*').optional(),
  SerialNumber: text(9, 256, '[\\w+=/:,.@-]*').optional(),
  TokenCode: text(6, 6, '[\\d]*').optional(),
  Tags: z.array(z.object({ Key: text(1, 128), Value: text(0, 256) })).max(50),
  TransitiveTagKeys: z.array(text(1, 128)).max(50),
});

type Input = z.infer<typeof schema>;

interface Parts {
  readonly roles: Roles;
  /** Makes the credentials known. */
  readonly register: (credentials: Credentials, principal: Principal) => void;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Makes a session of a role, with credentials of its own. Throws AccessDenied unless the role's trust policy, and where
 * that leaves it to the account of the caller its own policies, let the caller; ValidationError; and MalformedPolicyDocument.
 */
export function assumeRole(
  form: URLSearchParams,
  caller: Caller,
  { roles, register, now }: Parts,
): XmlContent {
  const input = readForm(form);
  const role = roles.find(input.RoleArn);
  authorize(caller, role, input);
  checkDuration(caller, role, input);
  const session = sessionOf(role, input.RoleSessionName, now, {
    policies: role.policies,
    permissionsBoundary: role.permissionsBoundary,
    sessionPolicies: input.Policy === undefined ? undefined : [sessionPolicy(input.Policy)],
    organizationId: role.organizationId,
    mfaAt: input.TokenCode === undefined ? undefined : now,
    ...sessionTags(caller.principal, role, input),
  });
  const credentials: Credentials = {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    sessionToken: randomBytes(96).toString('base64'),
    expiresAt: now + input.DurationSeconds * 1000,
  };
  register(credentials, session);
  return {
    AssumedRoleUser: { AssumedRoleId: principalId(session), Arn: session.arn },
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: randomBytes(30).toString('base64'),
      SessionToken: credentials.sessionToken,
      Expiration: recordTime(credentials.expiresAt),
    },
    PackedPolicySize: packedPolicySize(input),
  };
}

function readForm(form: URLSearchParams): Input {
  const single = Object.fromEntries([...form].filter(([name]) => !name.includes('.')));
  const { DurationSeconds: seconds, ...others } = single;
  if (form.has('PolicyArns.member.1.arn')) {
    throw new ServiceError('ValidationError', 'The local STS knows no managed policies: give Policy.');
  }
  return parseInput(schema, {
    ...others,
    ...(seconds === undefined ? {} : { DurationSeconds: Number(seconds) }),
    Tags: listOf(form, 'Tags'),
    TransitiveTagKeys: listOf(form, 'TransitiveTagKeys').map((item) => item['']),
  });
}

/** AWS STS does not say why, nor whether there is such a role. */
function authorize(caller: Caller, role: Role | undefined, input: Input): asserts role is Role {
  const { principal } = caller;
  if (principal.kind === 'Root') {
    throw new ServiceError('AccessDenied', 'Roles may not be assumed by root accounts.', 403);
  }
  const actions = input.Tags.length === 0 ? ['sts:AssumeRole'] : ['sts:AssumeRole', 'sts:TagSession'];
  for (const action of actions) {
    if (role !== undefined && isAllowed(caller, role, action, input)) continue;
    throw new ServiceError(
      'AccessDenied',
      `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${input.RoleArn}`,
      403,
    );
  }
}

/** A trust policy decides as a key policy does. */
function isAllowed({ account, principal }: Caller, role: Role, action: string, input: Input): boolean {
  const conditions = {
    ...requestConditions(account, principal),
    ...assumeRoleConditions(input),
    'aws:resourceaccount': [role.accountId],
  };
  try {
    authorizeOnKey(
      { principal, action, resource: role.arn, conditions },
      { accountId: role.accountId, policy: role.trustPolicy, grantAllows: () => false },
    );
    return true;
  } catch (error) {
    if (error instanceof ServiceError) return false;
    throw error;
  }
}

function assumeRoleConditions(input: Input): ConditionValues {
  return {
    'sts:externalid': input.ExternalId === undefined ? [] : [input.ExternalId],
    'sts:rolesessionname': [input.RoleSessionName],
    'sts:transitivetagkeys': input.TransitiveTagKeys,
    'aws:tagkeys': input.Tags.map(({ Key }) => Key),
    ...Object.fromEntries(
      input.Tags.map(({ Key, Value }) => [`aws:requesttag/${Key.toLowerCase()}`, [Value]]),
    ),
    ...(input.TokenCode === undefined
      ? {}
      : { 'aws:multifactorauthpresent': ['true'], 'aws:multifactorauthage': ['0'] }),
  };
}

function checkDuration({ principal }: Caller, role: Role, { DurationSeconds: seconds }: Input): void {
  if (seconds > role.maxSessionSeconds) {
    throw new ServiceError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  }
  if (principal.kind === 'AssumedRole' && seconds > LONGEST_CHAINED_SECONDS) {
    throw new ServiceError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  }
}

/** Tags of the session come before those of the role; the transitive ones of the caller's session pass on to it. */
function sessionTags(
  { tags: callersTags = {}, transitiveTagKeys: passedOn = [] }: Principal,
  role: Role,
  input: Input,
) {
  const inherited = Object.entries(callersTags).filter(([key]) => passedOn.includes(key));
  const given = input.Tags.map(({ Key, Value }): [string, string] => [Key, Value]);
  return {
    tags: { ...role.tags, ...Object.fromEntries([...given, ...inherited]) },
    transitiveTagKeys: [...passedOn, ...input.TransitiveTagKeys],
  };
}

function sessionPolicy(text: string): PolicyDocument {
  const result = identityPolicy.safeParse(jsonOf(text));
  if (result.success) return result.data;
  throw new ServiceError('MalformedPolicyDocument', z.prettifyError(result.error));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('MalformedPolicyDocument', 'This policy contains invalid Json');
  }
}

/** In percent of what a session can carry, which AWS measures in a packed form of its own; undefined for none. */
function packedPolicySize({ Policy: policy, Tags: tags }: Input): number | undefined {
  if (policy === undefined && tags.length === 0) return undefined;
  return Math.max(1, Math.ceil(((policy?.length ?? 0) / 2048) * 100));
}
