import { CreateKeyCommand, DescribeKeyCommand, type KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, identityPolicy, keyPolicy, localKms, ROOT, type TestKms } from '../kms/local-kms.ts';

const USER = `arn:aws:iam::${ACCOUNT}:user/ops`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/teams/Rotator`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/Rotator/run-1`;

const trust = (fields: object = {}) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: USER }, Action: 'sts:AssumeRole', ...fields }],
});
const allow = (Action: string, fields: object = {}) =>
  identityPolicy({ Effect: 'Allow', Action, Resource: '*', ...fields });

interface Reply {
  readonly status: number;
  /** The text of the first element of the name. */
  readonly text: (name: string) => string | undefined;
}

async function sts(
  kms: TestKms,
  accessKeyId: string,
  form: Record<string, string>,
  token?: string,
): Promise<Reply> {
  const response = await fetch(kms.url, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261128/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0`,
      ...(token === undefined ? {} : { 'x-amz-security-token': token }),
    },
    body: new URLSearchParams({ Version: '2011-06-15', ...form }),
  });
  const xml = await response.text();
  expect(response.headers.get('content-type')).toBe('text/xml');
  return {
    status: response.status,
    text: (name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1],
  };
}

async function withRole(role: object = {}, caller: object = {}): Promise<TestKms> {
  const kms = await localKms();
  const registered = await kms.post('/_local/roles', { arn: ROLE, trustPolicy: trust(), ...role });
  expect(registered).toEqual({ status: 200, body: { arn: ROLE } });
  await kms.post('/_local/principals', { accessKeyId: 'AKIAOPS', arn: USER, policies: [], ...caller });
  return kms;
}

const assume = (kms: TestKms, form: Record<string, string> = {}, accessKeyId = 'AKIAOPS', token?: string) =>
  sts(kms, accessKeyId, { Action: 'AssumeRole', RoleArn: ROLE, RoleSessionName: 'run-1', ...form }, token);

function clientOf(kms: TestKms, { text }: Reply): KMSClient {
  const accessKeyId = text('AccessKeyId') ?? '';
  return kms.client(accessKeyId, {
    credentials: {
      accessKeyId,
      secretAccessKey: text('SecretAccessKey') ?? '',
      sessionToken: text('SessionToken'),
    },
  });
}

const denied = { name: 'AccessDeniedException' };

test('a session of a role has credentials that call AWS KMS, until they expire', async () => {
  const kms = await withRole({ policies: [allow('kms:ListKeys')] });
  const reply = await assume(kms, { DurationSeconds: '900' });
  expect(reply.status).toBe(200);
  expect(reply.text('Arn')).toBe(SESSION);
  expect(reply.text('AssumedRoleId')).toMatch(/^AROA[A-Z2-7]{17}:run-1$/);
  expect(reply.text('AccessKeyId')).toMatch(/^ASIA[A-Z0-9]{16}$/);
  expect(Date.parse(reply.text('Expiration') ?? '')).toBeGreaterThan(Date.now() + 890_000);
  const client = clientOf(kms, reply);
  await expect(client.send(new ListKeysCommand({}))).resolves.toBeDefined();
  await expect(client.send(new CreateKeyCommand({}))).rejects.toMatchObject({
    ...denied,
    message: expect.stringContaining(`User: ${SESSION} is not authorized`),
  });
  expect(kms.recorded.at(-1)?.userIdentity.sessionContext?.sessionIssuer.arn).toBe(ROLE);
  await kms.post('/_local/clock', { advance: 'PT15M' });
  await expect(client.send(new ListKeysCommand({}))).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  const late = await sts(
    kms,
    reply.text('AccessKeyId') ?? '',
    { Action: 'GetCallerIdentity' },
    reply.text('SessionToken'),
  );
  expect([late.status, late.text('Code')]).toEqual([403, 'ExpiredToken']);
});

test('its access key is worth nothing without its token', async () => {
  const kms = await withRole();
  const reply = await assume(kms);
  const client = kms.client(reply.text('AccessKeyId') ?? '');
  await expect(client.send(new ListKeysCommand({}))).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  });
});

test('it is limited by the policy, and has the tags and the second factor, that it was assumed with', async () => {
  const kms = await withRole({
    policies: [allow('kms:DescribeKey', { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'pay' } } })],
    tags: { team: 'none' },
    trustPolicy: trust({ Action: ['sts:AssumeRole', 'sts:TagSession'] }),
  });
  const { id } = await kms.createKey();
  const describeBy = async (form: Record<string, string>) =>
    clientOf(kms, await assume(kms, form)).send(new DescribeKeyCommand({ KeyId: id }));
  const tag = { 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'pay' };
  await expect(describeBy({})).rejects.toMatchObject(denied);
  await expect(describeBy(tag)).resolves.toBeDefined();
  const Policy = JSON.stringify(allow('kms:ListKeys'));
  await expect(describeBy({ ...tag, Policy })).rejects.toMatchObject({
    message: expect.stringContaining('because no session policy allows the kms:DescribeKey action'),
  });
  const { id: guarded } = await kms.createKey({
    Policy: keyPolicy({
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:DescribeKey',
      Resource: '*',
      Condition: {
        BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' },
        Null: { 'aws:MultiFactorAuthPresent': 'true' },
      },
    }),
  });
  const describeGuarded = async (form: Record<string, string>) =>
    clientOf(kms, await assume(kms, form)).send(new DescribeKeyCommand({ KeyId: guarded }));
  await expect(describeGuarded(tag)).rejects.toMatchObject(denied);
  const factor = { SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/ops`, TokenCode: '123456' };
  await expect(describeGuarded({ ...tag, ...factor })).resolves.toBeDefined();
});

test('transitive tags pass on to the roles that a session assumes, for an hour at most', async () => {
  const second = `arn:aws:iam::${ACCOUNT}:role/Second`;
  const kms = await withRole({ trustPolicy: trust({ Action: 'sts:*' }), maxSessionDuration: 7200 });
  await kms.post('/_local/roles', {
    arn: second,
    maxSessionDuration: 7200,
    trustPolicy: trust({ Principal: { AWS: ROLE } }),
    policies: [allow('kms:ListKeys', { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'pay' } } })],
  });
  const chained = async (form: Record<string, string>, DurationSeconds = '3600') => {
    const first = await assume(kms, {
      'Tags.member.1.Key': 'team',
      'Tags.member.1.Value': 'pay',
      ...form,
    });
    const again = { RoleArn: second, DurationSeconds };
    return assume(kms, again, first.text('AccessKeyId'), first.text('SessionToken'));
  };
  const transitive = { 'TransitiveTagKeys.member.1': 'team' };
  const listBy = async (reply: Reply) => clientOf(kms, reply).send(new ListKeysCommand({}));
  await expect(listBy(await chained(transitive))).resolves.toBeDefined();
  await expect(listBy(await chained({}))).rejects.toMatchObject(denied);
  const tooLong = await chained(transitive, '7200');
  expect([tooLong.status, tooLong.text('Code')]).toEqual([400, 'ValidationError']);
});

describe('who may assume a role', () => {
  const account = { Principal: { AWS: ACCOUNT } };
  const otherUser = 'arn:aws:iam::111122223333:user/guest';

  test.each<[string, object, object, Record<string, string>, boolean]>([
    ['whom its trust policy names', {}, {}, {}, true],
    ['nobody else', {}, { arn: `${USER}2` }, {}, false],
    [
      'not the root of the account',
      { Principal: { AWS: ROOT } },
      { arn: ROOT, policies: undefined },
      {},
      false,
    ],
    ['whom the account lets', account, { policies: [allow('sts:AssumeRole')] }, {}, true],
    ['not whom it does not', account, {}, {}, false],
    [
      'not whom a policy of its own denies it',
      {},
      { policies: [identityPolicy({ Effect: 'Deny', Action: 'sts:*', Resource: ROLE })] },
      {},
      false,
    ],
    [
      'of another account whom both sides let',
      { Principal: { AWS: otherUser } },
      { arn: otherUser, policies: [allow('sts:*')] },
      {},
      true,
    ],
    [
      'of another account not on the word of the role alone',
      { Principal: { AWS: otherUser } },
      { arn: otherUser },
      {},
      false,
    ],
    [
      'who gives the external id',
      { Condition: { StringEquals: { 'sts:ExternalId': 'secret-1' } } },
      {},
      { ExternalId: 'secret-1' },
      true,
    ],
    [
      'not who gives another',
      { Condition: { StringEquals: { 'sts:ExternalId': 'secret-1' } } },
      {},
      { ExternalId: 'secret-2' },
      false,
    ],
    [
      'in a session of the right name',
      { Condition: { StringLike: { 'sts:RoleSessionName': 'run-*' } } },
      {},
      {},
      true,
    ],
    [
      'not without the second factor',
      { Condition: { Bool: { 'aws:MultiFactorAuthPresent': true } } },
      {},
      {},
      false,
    ],
    [
      'with the second factor',
      { Condition: { Bool: { 'aws:MultiFactorAuthPresent': true } } },
      {},
      { SerialNumber: 'GAHT12345678', TokenCode: '123456' },
      true,
    ],
    [
      'not with tags, without sts:TagSession',
      {},
      {},
      { 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': 'b' },
      false,
    ],
    ['no role that there is not', {}, {}, { RoleArn: `${ROLE}2` }, false],
  ])('%s', async (_who, statement, caller, form, allowed) => {
    const kms = await withRole({ trustPolicy: trust(statement) }, caller);
    const reply = await assume(kms, form);
    expect([reply.status, reply.text('Code')]).toEqual(allowed ? [200, undefined] : [403, 'AccessDenied']);
  });
});

describe('a request is refused', () => {
  test.each<[string, Record<string, string>, number, string]>([
    ['without a name for the session', { RoleSessionName: '' }, 400, 'ValidationError'],
    ['for longer than the role lasts', { DurationSeconds: '3601' }, 400, 'ValidationError'],
    ['for less than 15 minutes', { DurationSeconds: '899' }, 400, 'ValidationError'],
    ['with a policy that is not JSON', { Policy: 'Allow' }, 400, 'MalformedPolicyDocument'],
    ['with a policy that names a principal', { Policy: keyPolicy() }, 400, 'MalformedPolicyDocument'],
    ['for another operation', { Action: 'GetFederationToken' }, 400, 'InvalidAction'],
  ])('%s', async (_what, form, status, code) => {
    const reply = await assume(await withRole(), form);
    expect([reply.status, reply.text('Type'), reply.text('Code')]).toEqual([status, 'Sender', code]);
  });

  test('from nobody that is known', async () => {
    const reply = await assume(await withRole(), {}, 'AKIANOBODY');
    expect([reply.status, reply.text('Code')]).toEqual([403, 'InvalidClientTokenId']);
  });
});

test('GetCallerIdentity says who calls', async () => {
  const kms = await withRole();
  const identity = async (accessKeyId: string, token?: string) => {
    const { text } = await sts(kms, accessKeyId, { Action: 'GetCallerIdentity' }, token);
    return [text('Arn'), text('UserId'), text('Account')];
  };
  expect(await identity('test')).toEqual([ROOT, ACCOUNT, ACCOUNT]);
  expect(await identity('AKIAOPS')).toEqual([USER, expect.stringMatching(/^AIDA/), ACCOUNT]);
  const { text } = await assume(kms);
  expect(await identity(text('AccessKeyId') ?? '', text('SessionToken'))).toEqual([
    SESSION,
    text('AssumedRoleId'),
    ACCOUNT,
  ]);
});
