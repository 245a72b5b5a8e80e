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
  test.each([
    ['that is not JSON', 'Allow everybody'],
    ['without a statement', JSON.stringify({ Version: '2012-10-17' })],
    ['without a principal', keyPolicy(statement({}))],
    [
      'with a pattern for a principal',
      keyPolicy(statement({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/*` } })),
    ],
    ['with an unknown element', keyPolicy(statement({ Principal: '*', NotResource: '*' }))],
    ['with Action and NotAction', keyPolicy(statement({ Principal: '*', NotAction: 'kms:Sign' }))],
    [
      'with an operator that is not judged',
      keyPolicy(
        statement({ Principal: '*', Condition: { DateLessThan: { 'aws:CurrentTime': '2027-01-01' } } }),
      ),
    ],
    [
      'with a misspelt operator',
      keyPolicy(statement({ Principal: '*', Condition: { StringEqual: { 'aws:PrincipalArn': OPERATOR } } })),
    ],
    [
      'with a policy variable',
      keyPolicy(
        statement({
          Principal: '*',
          Condition: { StringEquals: { 'aws:ResourceTag/owner': '${aws:username}' } },
        }),
      ),
    ],
  ])('%s', async (_what, Policy) => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const name = 'MalformedPolicyDocumentException';
    await expect(kms.root.send(new PutKeyPolicyCommand({ KeyId: id, Policy }))).rejects.toMatchObject({
      name,
    });
    await expect(kms.root.send(new CreateKeyCommand({ Policy }))).rejects.toMatchObject({ name });
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
