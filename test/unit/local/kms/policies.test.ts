import {
  CreateKeyCommand,
  GetKeyPolicyCommand,
  ListKeyPoliciesCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, keyPolicy, localKms, ROOT } from './local-kms.ts';

const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/operator`;

const statement = (fields: object) => ({ Effect: 'Allow', Action: 'kms:*', Resource: '*', ...fields });

test('a key without a policy of its own has the account root statement', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const { Policy, PolicyName } = await kms.root.send(new GetKeyPolicyCommand({ KeyId: id }));
  expect(PolicyName).toBe('default');
  expect(JSON.parse(Policy ?? '')).toMatchObject({
    Statement: [{ Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' }],
  });
  await expect(kms.root.send(new ListKeyPoliciesCommand({ KeyId: id }))).resolves.toMatchObject({
    PolicyNames: ['default'],
    Truncated: false,
  });
});

test('a policy is put and read back as it was written', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const Policy = keyPolicy(statement({ Sid: 'spaced', Principal: { AWS: OPERATOR } })).replaceAll(',', ' , ');
  await kms.root.send(new PutKeyPolicyCommand({ KeyId: id, PolicyName: 'default', Policy }));
  await expect(kms.root.send(new GetKeyPolicyCommand({ KeyId: id }))).resolves.toMatchObject({ Policy });
});

test('a policy has the name default', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  await expect(
    kms.root.send(new GetKeyPolicyCommand({ KeyId: id, PolicyName: 'other' })),
  ).rejects.toMatchObject({ name: 'NotFoundException' });
  await expect(
    kms.root.send(new PutKeyPolicyCommand({ KeyId: id, PolicyName: 'other', Policy: keyPolicy() })),
  ).rejects.toMatchObject({ name: 'ValidationException' });
});

describe('a policy is malformed', () => {
  const condition = (Condition: object) => keyPolicy(statement({ Principal: '*', Condition }));
  const principal = (Principal: unknown) => keyPolicy(statement({ Principal }));

  test.each([
    ['that is not JSON', 'Allow everybody'],
    ['that is a list', '[]'],
    ['without a statement', JSON.stringify({ Version: '2012-10-17' })],
    ['with an empty list of statements', JSON.stringify({ Version: '2012-10-17', Statement: [] })],
    [
      'of an unknown version',
      JSON.stringify({ Version: '2026-01-01', Statement: statement({ Principal: '*' }) }),
    ],
    ['with an unknown effect', keyPolicy(statement({ Effect: 'Permit', Principal: '*' }))],
    ['without a principal', keyPolicy(statement({}))],
    ['with an unknown element', keyPolicy(statement({ Principal: '*', Resources: '*' }))],
    ['with Action and NotAction', keyPolicy(statement({ Principal: '*', NotAction: 'kms:Sign' }))],
    ['with Resource and NotResource', keyPolicy(statement({ Principal: '*', NotResource: '*' }))],
    ['with an action of no service', keyPolicy(statement({ Principal: '*', Action: 'Decrypt' }))],
    ['with NotPrincipal that allows', keyPolicy(statement({ NotPrincipal: { AWS: OPERATOR } }))],
    [
      'with Principal and NotPrincipal',
      keyPolicy(statement({ Effect: 'Deny', Principal: '*', NotPrincipal: { AWS: OPERATOR } })),
    ],
    ['with a misspelt operator', condition({ StringEqual: { 'aws:PrincipalArn': OPERATOR } })],
    ['with a date that is none', condition({ DateLessThan: { 'aws:CurrentTime': 'tomorrow' } })],
    ['with an address that is none', condition({ IpAddress: { 'aws:SourceIp': '10.0.0.0/40' } })],
    ['with a pattern for a principal', principal({ AWS: `arn:aws:iam::${ACCOUNT}:role/*` })],
    ['with a group for a principal', principal({ AWS: `arn:aws:iam::${ACCOUNT}:group/admins` })],
    ['with the id of a deleted role', principal({ AWS: 'AROAEXAMPLEEXAMPLE00' })],
    ['with every service', principal({ Service: '*' })],
    ['with a user of Amazon S3', principal({ CanonicalUser: '79a59df900b949e5' })],
    ['with a word for a principal', principal('everybody')],
    ['with nobody', principal({})],
  ])('%s', async (_what, Policy) => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const name = 'MalformedPolicyDocumentException';
    await expect(kms.root.send(new PutKeyPolicyCommand({ KeyId: id, Policy }))).rejects.toMatchObject({
      name,
    });
    await expect(kms.root.send(new CreateKeyCommand({ Policy }))).rejects.toMatchObject({ name });
  });

  test('and says so of its principals as AWS KMS does', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const Policy = principal({ AWS: [OPERATOR, 'nobody'] });
    await expect(kms.root.send(new PutKeyPolicyCommand({ KeyId: id, Policy }))).rejects.toMatchObject({
      message: 'Policy contains a statement with one or more invalid principals.',
    });
  });

  test.each([
    ['kms:EncryptionContext:tenant', 'encryption context'],
    ['aws:RequestTag/team', 'tag'],
  ])('that asks ForAllValues of %s', async (key, what) => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const Policy = condition({ 'ForAllValues:StringEquals': { [key]: 'x' } });
    await expect(kms.root.send(new PutKeyPolicyCommand({ KeyId: id, Policy }))).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
      message:
        'OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches ' +
        `requests without the specified ${what} or with an unspecified ${what}. To fix, remove ForAllValues.`,
    });
  });

  test('but not for want of an action or a resource: such a statement has no effect', async () => {
    const kms = await localKms();
    const everything = { Principal: '*', Effect: 'Deny' };
    const { id } = await kms.createKey({
      Policy: keyPolicy({ ...everything, Action: 'kms:*' }, { ...everything, Resource: '*' }),
    });
    await expect(kms.root.send(new GetKeyPolicyCommand({ KeyId: id }))).resolves.toBeDefined();
  });

  test('but with characters beyond Latin-1 the request is not valid', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const put = (Sid: string) =>
      kms.root.send(
        new PutKeyPolicyCommand({ KeyId: id, Policy: keyPolicy(statement({ Sid, Principal: '*' })) }),
      );
    await expect(put('key \u20AC')).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(put('clé \u00FF')).resolves.toBeDefined();
  });

  test('but a longer one than 32 KB is over the limit', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const Policy = keyPolicy().padEnd(32_769);
    await expect(kms.root.send(new PutKeyPolicyCommand({ KeyId: id, Policy }))).rejects.toMatchObject({
      name: 'LimitExceededException',
    });
    await kms.root.send(new PutKeyPolicyCommand({ KeyId: id, Policy: keyPolicy().padEnd(32_768) }));
  });
});

describe('the lock-out check', () => {
  const onlyOperator = JSON.stringify({
    Version: '2012-10-17',
    Statement: [statement({ Principal: { AWS: OPERATOR } })],
  });
  const denying = keyPolicy({
    Effect: 'Deny',
    Principal: '*',
    Action: 'kms:PutKeyPolicy',
    Resource: '*',
    Condition: { ArnNotEquals: { 'aws:PrincipalArn': OPERATOR } },
  });

  test.each([
    ['names others only', onlyOperator],
    ['denies it to the caller', denying],
  ])('refuses a policy that %s', async (_what, Policy) => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const refusal = {
      name: 'MalformedPolicyDocumentException',
      message: 'The new key policy will not allow you to update the key policy in the future.',
    };
    await expect(kms.root.send(new PutKeyPolicyCommand({ KeyId: id, Policy }))).rejects.toMatchObject(
      refusal,
    );
    await expect(kms.root.send(new CreateKeyCommand({ Policy }))).rejects.toMatchObject(refusal);
    const operator = await kms.as(OPERATOR);
    await operator.send(new PutKeyPolicyCommand({ KeyId: id, Policy }));
  });

  const policies = [
    { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:CreateKey', Resource: '*' } },
  ];
  const role = `arn:aws:iam::${ACCOUNT}:role/Maker`;
  const session = { arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Maker/run-1` };
  const allowing = (fields: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [statement({ Principal: '*', ...fields })] });
  const when = (Condition: object) => allowing({ Condition });

  test.each<[string, string, object, boolean]>([
    ['the role of the caller', allowing({ Principal: { AWS: role } }), session, true],
    ['another role', allowing({ Principal: { AWS: `${role}2` } }), session, false],
    ['the account of the caller, whatever its own policies', keyPolicy(), { ...session, policies }, true],
    ['another account', allowing({ Principal: { AWS: '111122223333' } }), session, false],
    ['other actions', allowing({ Action: 'kms:Put?' }), session, false],
    ['other resources', allowing({ Resource: 'arn:aws:kms:*:*:alias/*' }), session, false],
    ['calls from here', when({ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }), session, true],
    ['calls from elsewhere', when({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }), session, false],
    ['calls until now', when({ DateLessThan: { 'aws:CurrentTime': '2020-01-01' } }), session, false],
    ['who has a second factor', when({ Bool: { 'aws:MultiFactorAuthPresent': true } }), session, false],
    [
      'who has one, as the caller does',
      when({ Bool: { 'aws:MultiFactorAuthPresent': true } }),
      { ...session, mfa: true },
      true,
    ],
    [
      'calls that do not bypass the check',
      when({ Null: { 'kms:BypassPolicyLockoutSafetyCheck': true } }),
      session,
      true,
    ],
    ['keys of the same kind', when({ StringEquals: { 'kms:KeySpec': 'SYMMETRIC_DEFAULT' } }), session, true],
    ['keys of another kind', when({ StringEquals: { 'kms:KeySpec': 'RSA_2048' } }), session, false],
  ])('asks that the policy allow: %s', async (_what, Policy, caller, passes) => {
    const kms = await localKms();
    const client = await kms.register(caller);
    const created = client.send(new CreateKeyCommand({ Policy }));
    if (passes) await expect(created).resolves.toBeDefined();
    else await expect(created).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
  });

  test('is bypassed on request', async () => {
    const kms = await localKms();
    const BypassPolicyLockoutSafetyCheck = true;
    const { id } = await kms.createKey({ Policy: onlyOperator, BypassPolicyLockoutSafetyCheck });
    await expect(kms.root.send(new GetKeyPolicyCommand({ KeyId: id }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('leaves no key behind', async () => {
    const kms = await localKms();
    await expect(kms.root.send(new CreateKeyCommand({ Policy: onlyOperator }))).rejects.toThrow();
    const { body } = await kms.post('/_local/clock', { advance: 'PT0S' });
    expect(body).toMatchObject({ offsetMilliseconds: 0 });
    expect(kms.recorded.filter(({ errorCode }) => errorCode === undefined)).toEqual([]);
  });
});
