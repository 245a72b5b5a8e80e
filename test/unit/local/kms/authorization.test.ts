import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, identityPolicy, keyPolicy, localKms, ROOT } from './local-kms.ts';

const USER = `arn:aws:iam::${ACCOUNT}:user/ops`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Rotator`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/Rotator/run-1`;

const allow = (fields: object) => ({ Effect: 'Allow', Resource: '*', ...fields });
const deny = (fields: object) => ({ Effect: 'Deny', Resource: '*', ...fields });

/** A key policy without the account root's statement. */
const only = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });

const denied = (arn: string, action: string, resource: string, reason: string) => ({
  name: 'AccessDeniedException',
  message: `User: ${arn} is not authorized to perform: kms:${action} on resource: ${resource} ${reason}`,
});

describe('who may use a key', () => {
  const allowEncrypt = identityPolicy(allow({ Action: 'kms:Encrypt' }));
  const allowOther = identityPolicy(allow({ Action: 'kms:Decrypt' }));
  const byAccount = keyPolicy();
  const byRole = only(allow({ Principal: { AWS: ROLE }, Action: 'kms:Encrypt' }));
  const noIdentity = 'because no identity-based policy allows the kms:Encrypt action';
  const noKeyPolicy = 'because no resource-based policy allows the kms:Encrypt action';

  const cases: [string, string, string, object[] | undefined, string | undefined][] = [
    ['an administrator, through the account', byAccount, SESSION, undefined, undefined],
    [
      'a principal whose policies allow it, through the account',
      byAccount,
      SESSION,
      [allowEncrypt],
      undefined,
    ],
    ['not a principal whose policies do not', byAccount, SESSION, [allowOther], noIdentity],
    ['not a principal without any policy', byAccount, SESSION, [], noIdentity],
    ['the session of a role that the key policy names', byRole, SESSION, [], undefined],
    ['not an administrator that the key policy does not name', byRole, USER, undefined, noKeyPolicy],
    ['not the account root that the key policy does not name', byRole, ROOT, undefined, noKeyPolicy],
    [
      'everybody, when the key policy says so',
      only(allow({ Principal: '*', Action: 'kms:Encrypt' })),
      USER,
      [],
      undefined,
    ],
    [
      'the account by its number',
      only(allow({ Principal: { AWS: ACCOUNT }, Action: 'kms:Encrypt' })),
      USER,
      [allowEncrypt],
      undefined,
    ],
    [
      'not whom the key policy denies it',
      keyPolicy(deny({ Principal: { AWS: ROLE }, Action: 'kms:Encrypt' })),
      SESSION,
      undefined,
      'with an explicit deny in a resource-based policy',
    ],
    [
      'nobody of an account that the key policy denies it',
      keyPolicy(deny({ Principal: { AWS: ROOT }, Action: 'kms:Encrypt' })),
      SESSION,
      undefined,
      'with an explicit deny in a resource-based policy',
    ],
    [
      'not whom its own policies deny it',
      only(allow({ Principal: { AWS: ROLE }, Action: 'kms:Encrypt' })),
      SESSION,
      [identityPolicy(deny({ Action: 'kms:Enc*' }))],
      'with an explicit deny in an identity-based policy',
    ],
    [
      'all but the exempted actions',
      keyPolicy(deny({ Principal: '*', NotAction: ['kms:Encrypt', 'kms:PutKeyPolicy'] })),
      SESSION,
      undefined,
      undefined,
    ],
    [
      'a principal of another account that both sides allow',
      only(allow({ Principal: { AWS: 'arn:aws:iam::111122223333:user/guest' }, Action: 'kms:Encrypt' })),
      'arn:aws:iam::111122223333:user/guest',
      [allowEncrypt],
      undefined,
    ],
    [
      'not one that only the key allows',
      only(allow({ Principal: { AWS: 'arn:aws:iam::111122223333:user/guest' }, Action: 'kms:Encrypt' })),
      'arn:aws:iam::111122223333:user/guest',
      [],
      noIdentity,
    ],
  ];

  test.each(cases)('%s', async (_who, Policy, arn, policies, refusal) => {
    const kms = await localKms();
    const key = await kms.createKey({ Policy, BypassPolicyLockoutSafetyCheck: true });
    const caller = await kms.as(arn, policies);
    const call = caller.send(new EncryptCommand({ KeyId: key.arn, Plaintext: Buffer.from('x') }));
    if (refusal === undefined) await expect(call).resolves.toBeDefined();
    else await expect(call).rejects.toMatchObject(denied(arn, 'Encrypt', key.arn, refusal));
  });

  test('identity-based policies are limited to their resources', async () => {
    const kms = await localKms();
    const mine = await kms.createKey();
    const other = await kms.createKey();
    const caller = await kms.as(USER, [
      identityPolicy(allow({ Action: 'kms:Describe*', Resource: mine.arn })),
    ]);
    await expect(caller.send(new DescribeKeyCommand({ KeyId: mine.id }))).resolves.toBeDefined();
    await expect(caller.send(new DescribeKeyCommand({ KeyId: other.id }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await expect(caller.send(new ListKeysCommand({}))).rejects.toMatchObject(
      denied(USER, 'ListKeys', '*', 'because no identity-based policy allows the kms:ListKeys action'),
    );
  });
});

describe('what limits a principal', () => {
  const everything = identityPolicy(allow({ Action: 'kms:*' }));
  const decryptOnly = identityPolicy(allow({ Action: 'kms:Decrypt' }));
  const noEncrypt = identityPolicy(allow({ Action: 'kms:*' }), deny({ Action: 'kms:Encrypt' }));
  const naming = (AWS: string) => only(allow({ Principal: { AWS }, Action: 'kms:*' }));
  const session = { arn: SESSION, policies: [everything] };
  const user = { arn: USER, policies: [everything] };

  test.each<[string, string, object, string | undefined]>([
    [
      'its permissions boundary',
      keyPolicy(),
      { ...session, permissionsBoundary: decryptOnly },
      'because no permissions boundary allows the kms:Encrypt action',
    ],
    [
      'the policies of its session',
      keyPolicy(),
      { ...session, sessionPolicies: [decryptOnly] },
      'because no session policy allows the kms:Encrypt action',
    ],
    [
      'a denial of its boundary',
      naming(SESSION),
      { ...session, permissionsBoundary: noEncrypt },
      'with an explicit deny in a permissions boundary',
    ],
    [
      'a denial of its session',
      naming(SESSION),
      { ...session, sessionPolicies: [noEncrypt] },
      'with an explicit deny in a session policy',
    ],
    [
      'its boundary, though the key policy names its role',
      naming(ROLE),
      { ...session, permissionsBoundary: decryptOnly },
      'because no permissions boundary allows the kms:Encrypt action',
    ],
    [
      'its session, though the key policy names its role',
      naming(ROLE),
      { ...session, sessionPolicies: [decryptOnly] },
      'because no session policy allows the kms:Encrypt action',
    ],
    [
      'nothing, where the key policy names the session',
      naming(SESSION),
      { ...session, sessionPolicies: [decryptOnly], permissionsBoundary: decryptOnly },
      undefined,
    ],
    [
      'nothing, where the key policy names the user',
      naming(USER),
      { ...user, permissionsBoundary: decryptOnly },
      undefined,
    ],
    [
      'nothing, where the key policy names everybody',
      naming('*'),
      { ...session, permissionsBoundary: decryptOnly },
      undefined,
    ],
    [
      'nothing, within its boundary and its session',
      keyPolicy(),
      { ...session, permissionsBoundary: everything, sessionPolicies: [decryptOnly, everything] },
      undefined,
    ],
  ])('%s', async (_what, Policy, principal, refusal) => {
    const kms = await localKms();
    const { id } = await kms.createKey({ Policy, BypassPolicyLockoutSafetyCheck: true });
    const caller = await kms.register(principal);
    const call = caller.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') }));
    if (refusal === undefined) await expect(call).resolves.toBeDefined();
    else await expect(call).rejects.toMatchObject({ message: expect.stringContaining(refusal) });
  });

  test('also where no key is concerned', async () => {
    const kms = await localKms();
    const caller = await kms.register({ ...session, permissionsBoundary: decryptOnly });
    await expect(caller.send(new ListKeysCommand({}))).rejects.toMatchObject(
      denied(SESSION, 'ListKeys', '*', 'because no permissions boundary allows the kms:ListKeys action'),
    );
  });
});

describe('NotPrincipal spares', () => {
  test.each<[string, string[], object, boolean]>([
    ['a user with its account', [USER, ROOT], { arn: USER }, true],
    ['no user without its account', [USER], { arn: USER }, false],
    ['a session with its role and its account', [SESSION, ROLE, ACCOUNT], { arn: SESSION }, true],
    ['no session without its role', [SESSION, ROOT], { arn: SESSION }, false],
    ['no session by its role alone', [ROLE, ROOT], { arn: SESSION }, false],
    ['the root of the account', [ROOT], { arn: ROOT }, true],
    [
      'nobody that has a permissions boundary',
      [USER, ROOT],
      { arn: USER, permissionsBoundary: identityPolicy(allow({ Action: '*' })) },
      false,
    ],
  ])('%s', async (_whom, AWS, principal, spared) => {
    const kms = await localKms();
    const { id } = await kms.createKey({
      Policy: keyPolicy(deny({ NotPrincipal: { AWS }, Action: 'kms:DisableKey' })),
    });
    const caller = await kms.register(principal);
    const call = caller.send(new DisableKeyCommand({ KeyId: id }));
    if (spared) await expect(call).resolves.toBeDefined();
    else await expect(call).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('the elements of a statement', () => {
  test.each<[string, object, boolean]>([
    ['a Resource that has a variable', { Resource: 'arn:aws:kms:*:*:${aws:PrincipalTag/kind}/*' }, true],
    [
      'a Resource whose variable has no value',
      { Resource: 'arn:aws:kms:*:*:${aws:PrincipalTag/none}/*' },
      false,
    ],
    ['a Resource with a default', { Resource: "arn:aws:kms:*:*:${aws:PrincipalTag/none, 'key'}/*" }, true],
    ['a NotResource of another kind', { NotResource: 'arn:aws:kms:*:*:alias/*' }, true],
    ['a NotResource that covers the key', { NotResource: 'arn:aws:kms:*' }, false],
    ['a NotAction', { Action: undefined, NotAction: 'kms:Decrypt' }, true],
    ['a NotAction that covers the call', { Action: undefined, NotAction: ['kms:enc*'] }, false],
    ['an Action of every service', { Action: '*:Encrypt' }, true],
    ['an Action in other letters', { Action: 'KMS:encrypt' }, true],
    ['a Resource in other letters', { Resource: 'ARN:aws:kms:*' }, false],
  ])('%s', async (_what, fields, allowed) => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const statement = 'NotResource' in fields ? { Effect: 'Allow' } : allow({});
    const caller = await kms.register({
      arn: USER,
      tags: { kind: 'key' },
      policies: [identityPolicy({ ...statement, Action: 'kms:Encrypt', ...fields })],
    });
    const call = caller.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') }));
    if (allowed) await expect(call).resolves.toBeDefined();
    else await expect(call).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('a policy without a version has no variables', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const policy = (Version?: string) => ({
      Version,
      Statement: allow({
        Action: 'kms:DescribeKey',
        Condition: { StringEquals: { 'aws:username': '${aws:username}' } },
      }),
    });
    const describeBy = async (version?: string) =>
      (await kms.as(USER, [policy(version)])).send(new DescribeKeyCommand({ KeyId: id }));
    await expect(describeBy('2012-10-17')).resolves.toBeDefined();
    await expect(describeBy('2008-10-17')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(describeBy()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

test('a federated user is named by its session, and has no user name', async () => {
  const kms = await localKms();
  const bob = `arn:aws:sts::${ACCOUNT}:federated-user/bob`;
  const { id } = await kms.createKey({
    Policy: keyPolicy(allow({ Principal: { AWS: bob }, Action: 'kms:DescribeKey' })),
  });
  const limits = { policies: [], sessionPolicies: [identityPolicy(allow({ Action: 'kms:Encrypt' }))] };
  const caller = await kms.register({ arn: bob, ...limits });
  await expect(caller.send(new DescribeKeyCommand({ KeyId: id }))).resolves.toBeDefined();
  await expect(caller.send(new DisableKeyCommand({ KeyId: id }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
  expect(kms.recorded.at(-1)?.userIdentity).toMatchObject({
    type: 'FederatedUser',
    principalId: `${ACCOUNT}:bob`,
    arn: bob,
    sessionContext: { sessionIssuer: { type: 'Root', principalId: ACCOUNT, arn: ROOT } },
  });
  const other = await kms.register({ arn: `${bob}2`, ...limits });
  await expect(other.send(new DescribeKeyCommand({ KeyId: id }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
});

describe('a service', () => {
  const forTrail = allow({
    Principal: { Service: 'cloudtrail.amazonaws.com' },
    Action: 'kms:DescribeKey',
    Condition: { ArnLike: { 'aws:SourceArn': `arn:aws:cloudtrail:*:${ACCOUNT}:trail/*` } },
  });
  const trail = {
    service: 'cloudtrail.amazonaws.com',
    sourceArn: `arn:aws:cloudtrail:us-east-1:${ACCOUNT}:trail/all`,
  };

  test.each<[string, object, boolean]>([
    ['that the key policy names', trail, true],
    ['on behalf of another resource', { ...trail, sourceArn: `arn:aws:s3:::${ACCOUNT}` }, false],
    ['that it does not name', { ...trail, service: 'sns.amazonaws.com' }, false],
    ['with the name of a user', { arn: USER, policies: [] }, false],
  ])('%s', async (_what, principal, allowed) => {
    const kms = await localKms();
    const { arn } = await kms.createKey({ Policy: keyPolicy(forTrail) });
    const caller = await kms.register(principal);
    const call = caller.send(new DescribeKeyCommand({ KeyId: arn }));
    if (allowed) await expect(call).resolves.toBeDefined();
    else await expect(call).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('has no policies of its own', async () => {
    const kms = await localKms();
    const caller = await kms.register(trail);
    await expect(caller.send(new ListKeysCommand({}))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('is recorded by its name, and one that calls for somebody beside them', async () => {
    const kms = await localKms();
    const { arn } = await kms.createKey({ Policy: keyPolicy(forTrail) });
    const describeKey = new DescribeKeyCommand({ KeyId: arn });
    await (await kms.register(trail)).send(describeKey);
    await (await kms.register({ arn: USER, viaService: 'ec2.us-east-1.amazonaws.com' })).send(describeKey);
    await (await kms.register({ arn: SESSION, mfa: true })).send(describeKey);
    const records = kms.recorded.slice(-3);
    expect(records.map(({ sourceIPAddress }) => sourceIPAddress)).toEqual([
      'cloudtrail.amazonaws.com',
      'ec2.amazonaws.com',
      '127.0.0.1',
    ]);
    expect(records[1]?.userAgent).toBe('ec2.amazonaws.com');
    const [byService, viaService, withMfa] = records.map(({ userIdentity }) => userIdentity);
    expect(byService).toEqual({ type: 'AWSService', invokedBy: 'cloudtrail.amazonaws.com' });
    expect(viaService).toMatchObject({ type: 'IAMUser', arn: USER, invokedBy: 'ec2.amazonaws.com' });
    expect(withMfa?.sessionContext?.attributes.mfaAuthenticated).toBe('true');
  });
});

describe('the floors of a managed key', () => {
  test('nobody schedules its deletion in fewer than 30 days', async () => {
    const kms = await localKms();
    const key = await kms.createKey({
      Policy: keyPolicy(
        deny({
          Principal: '*',
          Action: 'kms:ScheduleKeyDeletion',
          Condition: { NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '30' } },
        }),
      ),
    });
    const schedule = (days: number) =>
      kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: key.id, PendingWindowInDays: days }));
    await expect(schedule(29)).rejects.toMatchObject(
      denied(ROOT, 'ScheduleKeyDeletion', key.arn, 'with an explicit deny in a resource-based policy'),
    );
    await expect(schedule(30)).resolves.toMatchObject({ KeyState: 'PendingDeletion' });
  });

  test('only the exempted roles disable it', async () => {
    const kms = await localKms();
    const key = await kms.createKey({
      Policy: keyPolicy(
        deny({
          Principal: '*',
          Action: ['kms:DisableKey', 'kms:PutKeyPolicy'],
          Condition: {
            ArnNotLike: { 'aws:PrincipalArn': [ROLE, `arn:aws:iam::${ACCOUNT}:role/break-glass-*`, ROOT] },
          },
        }),
      ),
    });
    const disable = new DisableKeyCommand({ KeyId: key.id });
    const admin = await kms.as(USER);
    await expect(admin.send(disable)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const glass = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/break-glass-1/alice`);
    await expect(glass.send(disable)).resolves.toBeDefined();
    const rotator = await kms.as(SESSION);
    await expect(rotator.send(disable)).resolves.toBeDefined();
    // Not by a name that only looks like the role's.
    const posing = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/Rotator2/Rotator`);
    await expect(posing.send(disable)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('the managed-key tag opens and shuts', async () => {
    const kms = await localKms();
    const policies = [
      identityPolicy(
        allow({
          Action: 'kms:DisableKey',
          Condition: { StringEquals: { 'aws:ResourceTag/managed-by': 'keyward' } },
        }),
      ),
    ];
    const step = await kms.as(SESSION, policies);
    const managed = await kms.createKey({ Tags: [{ TagKey: 'managed-by', TagValue: 'keyward' }] });
    const foreign = await kms.createKey();
    await expect(step.send(new DisableKeyCommand({ KeyId: managed.id }))).resolves.toBeDefined();
    await expect(step.send(new DisableKeyCommand({ KeyId: foreign.id }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('a key is made only with its tag, and keeps it', async () => {
    const kms = await localKms();
    const step = await kms.as(SESSION, [
      identityPolicy(
        allow({
          Action: ['kms:CreateKey', 'kms:TagResource'],
          Condition: { StringEquals: { 'aws:RequestTag/managed-by': 'keyward' } },
        }),
        allow({ Action: 'kms:UntagResource' }),
        deny({
          Action: 'kms:UntagResource',
          Condition: { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['managed-by'] } },
        }),
      ),
    ]);
    await expect(step.send(new CreateKeyCommand({}))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    const { id } = await kms.createKey({ Tags: [{ TagKey: 'managed-by', TagValue: 'keyward' }] }, step);
    await expect(
      step.send(new TagResourceCommand({ KeyId: id, Tags: [{ TagKey: 'managed-by', TagValue: 'me' }] })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(
      step.send(new UntagResourceCommand({ KeyId: id, TagKeys: ['team', 'managed-by'] })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(
      step.send(new UntagResourceCommand({ KeyId: id, TagKeys: ['team'] })),
    ).resolves.toBeDefined();
  });

  test('CreateKey with tags also needs kms:TagResource', async () => {
    const kms = await localKms();
    const maker = await kms.as(USER, [identityPolicy(allow({ Action: 'kms:CreateKey' }))]);
    await expect(maker.send(new CreateKeyCommand({}))).resolves.toBeDefined();
    await expect(
      maker.send(new CreateKeyCommand({ Tags: [{ TagKey: 'team', TagValue: 'pay' }] })),
    ).rejects.toMatchObject({ message: expect.stringMatching(/kms:TagResource/) });
  });

  test('aliases: on the alias, the old key and the new key', async () => {
    const kms = await localKms();
    const from = await kms.createKey();
    const to = await kms.createKey();
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: from.id }));
    const alias = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/pay`;
    const move = new UpdateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: to.id });
    for (const missing of [alias, from.arn, to.arn]) {
      const Resource = [alias, from.arn, to.arn].filter((arn) => arn !== missing);
      const caller = await kms.as(USER, [identityPolicy(allow({ Action: 'kms:UpdateAlias', Resource }))]);
      await expect(caller.send(move)).rejects.toMatchObject({ message: expect.stringContaining(missing) });
    }
    const caller = await kms.as(USER, [
      identityPolicy(allow({ Action: 'kms:UpdateAlias', Resource: [alias, from.arn, to.arn] })),
    ]);
    await expect(caller.send(move)).resolves.toBeDefined();
  });

  test('use by alias, by encryption context, and by the aliases of a key', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: id }));
    const encrypt = (KeyId: string, tenant?: string) =>
      new EncryptCommand({
        KeyId,
        Plaintext: Buffer.from('x'),
        EncryptionContext: tenant === undefined ? undefined : { tenant },
      });
    const conditional = (Condition: object) =>
      kms.as(USER, [identityPolicy(allow({ Action: 'kms:*', Condition }))]);
    const refusal = { name: 'AccessDeniedException' };

    const byRequestAlias = await conditional({ StringEquals: { 'kms:RequestAlias': 'alias/pay' } });
    await expect(byRequestAlias.send(encrypt('alias/pay'))).resolves.toBeDefined();
    await expect(byRequestAlias.send(encrypt(id))).rejects.toMatchObject(refusal);

    const byResourceAlias = await conditional({
      'ForAnyValue:StringLike': { 'kms:ResourceAliases': 'alias/p*' },
    });
    await expect(byResourceAlias.send(encrypt(id))).resolves.toBeDefined();

    // In a key policy the aliases of the key count for nothing.
    const { id: shut } = await kms.createKey({
      Policy: keyPolicy(
        allow({
          Principal: { AWS: USER },
          Action: 'kms:Encrypt',
          Condition: { 'ForAnyValue:StringLike': { 'kms:ResourceAliases': 'alias/*' } },
        }),
      ),
    });
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/shut', TargetKeyId: shut }));
    const withoutPolicies = await kms.as(USER, []);
    await expect(withoutPolicies.send(encrypt(shut))).rejects.toMatchObject(refusal);

    const byContext = await conditional({ StringEquals: { 'kms:EncryptionContext:tenant': 'acme' } });
    await expect(byContext.send(encrypt(id, 'acme'))).resolves.toBeDefined();
    await expect(byContext.send(encrypt(id, 'other'))).rejects.toMatchObject(refusal);
    await expect(byContext.send(encrypt(id))).rejects.toMatchObject(refusal);
  });

  test('the safety check is bypassed only by who may', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey({
      Policy: keyPolicy(
        deny({
          Principal: '*',
          Action: 'kms:PutKeyPolicy',
          Condition: { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'true' } },
        }),
      ),
    });
    const put = (BypassPolicyLockoutSafetyCheck: boolean) =>
      kms.root.send(
        new PutKeyPolicyCommand({ KeyId: id, Policy: keyPolicy(), BypassPolicyLockoutSafetyCheck }),
      );
    await expect(put(true)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(put(false)).resolves.toBeDefined();
  });
});

test('a denied call changes nothing', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const nobody = await kms.as(USER, []);
  await expect(nobody.send(new DisableKeyCommand({ KeyId: id }))).rejects.toThrow();
  await expect(nobody.send(new GetKeyPolicyCommand({ KeyId: id }))).rejects.toThrow();
  const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
  expect(KeyMetadata?.KeyState).toBe('Enabled');
});
