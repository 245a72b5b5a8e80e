import { describe, expect, test } from 'vitest';
import { ClassForbids } from '../../../lambdas/domain/errors.ts';
import {
  type ManagedKey,
  managedKeyPolicy,
  type PolicyDocument,
  type PolicyStatement,
  type StepRoles,
} from '../../../lambdas/domain/key-policy.ts';

const ACCOUNT = '111122223333';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ADMINISTRATOR = `arn:aws:iam::${ACCOUNT}:role/Administrator`;
const OWNER = `arn:aws:iam::${ACCOUNT}:role/payments-api`;

function role(name: string): string {
  return `arn:aws:iam::${ACCOUNT}:role/keyward/${name}`;
}

const roles = {
  create: role('create'),
  alias: role('alias'),
  probe: role('probe'),
  rotate: role('rotate'),
  restrict: role('restrict'),
  disable: role('disable'),
  enable: role('enable'),
  scheduleDeletion: role('schedule-deletion'),
  cancelDeletion: role('cancel-deletion'),
  discard: role('discard'),
  evidence: role('evidence'),
  breakGlass: `arn:aws:iam::${ACCOUNT}:role/break-glass`,
} satisfies StepRoles;

const dataKey: ManagedKey = {
  accountId: ACCOUNT,
  roles,
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  deletionWindowDays: 30,
  protects: true,
};
const signingKey: ManagedKey = { ...dataKey, spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' };

/** What AWS makes of the policy for a principal whose own IAM policy allows everything. */
function allows(
  policy: PolicyDocument,
  principalArn: string,
  action: string,
  context: Readonly<Record<string, string>> = {},
): boolean {
  const known: Readonly<Record<string, string>> = { ...context, 'aws:PrincipalArn': principalArn };
  const applying = policy.Statement.filter(
    ({ Action, Condition = {} }) =>
      [Action].flat().some((pattern) => pattern === 'kms:*' || pattern === action) &&
      Object.entries(Condition).every(([operator, keys]) =>
        Object.entries(keys).every(([key, values]) => holds(operator, known[key], [values].flat())),
      ),
  );
  return (
    applying.some(({ Effect }) => Effect === 'Allow') && !applying.some(({ Effect }) => Effect === 'Deny')
  );
}

function holds(operator: string, actual: string | undefined, values: readonly string[]): boolean {
  if (operator === 'ArnNotLike') return actual === undefined || !values.includes(actual);
  if (actual === undefined) return false;
  if (operator === 'NumericLessThan') return values.some((value) => Number(actual) < Number(value));
  if (operator === 'Bool') return values.includes(actual);
  throw new Error(`This test does not know the operator ${operator}.`);
}

const everybody = [...Object.values(roles), ROOT, ADMINISTRATOR, OWNER];

describe('who may manage the key', () => {
  const policy = managedKeyPolicy(dataKey);

  test.each([
    ['kms:DisableKey', [roles.disable, roles.discard]],
    ['kms:EnableKey', [roles.enable]],
    ['kms:ScheduleKeyDeletion', [roles.scheduleDeletion, roles.discard]],
    ['kms:PutKeyPolicy', [roles.create, roles.restrict]],
    ['kms:CreateAlias', [roles.alias, roles.discard]],
    ['kms:UpdateAlias', [roles.alias, roles.discard]],
    ['kms:DeleteAlias', [roles.alias, roles.discard]],
    ['kms:TagResource', [roles.create]],
    ['kms:UntagResource', [roles.create]],
    ['kms:RotateKeyOnDemand', [roles.rotate]],
    ['kms:EnableKeyRotation', [roles.rotate]],
    ['kms:DisableKeyRotation', [roles.rotate]],
  ])('%s: only %j, the break-glass role and the root user', (action, steps) => {
    const allowed = everybody.filter((principal) => allows(policy, principal, action));
    expect(new Set(allowed)).toEqual(new Set([...steps, roles.breakGlass, ROOT]));
  });

  test.each(['kms:ReplicateKey', 'kms:UpdatePrimaryRegion'])('%s: nobody', (action) => {
    expect(everybody.filter((principal) => allows(policy, principal, action))).toEqual([]);
  });

  test.each([
    'kms:CancelKeyDeletion',
    'kms:CreateGrant',
    'kms:RevokeGrant',
    'kms:DescribeKey',
    'kms:GetKeyPolicy',
  ])('%s: whoever IAM lets', (action) => {
    expect(everybody.filter((principal) => allows(policy, principal, action))).toEqual(everybody);
  });

  test('without a break-glass role nobody takes its place', () => {
    const { breakGlass: _none, ...steps } = roles;
    const bare = managedKeyPolicy({ ...dataKey, roles: steps });
    expect(JSON.stringify(bare)).not.toContain('break-glass');
    expect(allows(bare, ADMINISTRATOR, 'kms:DisableKey')).toBe(false);
    expect(allows(bare, ROOT, 'kms:PutKeyPolicy')).toBe(true);
  });

  test('a call without a principal ARN, as an AWS service makes it, is not exempt', () => {
    const statement = policy.Statement.find(({ Sid }) => Sid === 'OnlyStepsDisable');
    expect(statement?.Condition).toHaveProperty('ArnNotLike');
  });
});

describe('the deletion window', () => {
  const policy = managedKeyPolicy({ ...dataKey, deletionWindowDays: 14 });
  const schedule = (days: string | undefined, principal: string = roles.scheduleDeletion) =>
    allows(
      policy,
      principal,
      'kms:ScheduleKeyDeletion',
      days === undefined ? {} : { 'kms:ScheduleKeyDeletionPendingWindowInDays': days },
    );

  test('is not shorter than the class says, for anybody', () => {
    for (const principal of everybody) {
      expect(schedule('13', principal)).toBe(false);
      expect(schedule('7', principal)).toBe(false);
    }
  });

  test('may be what the class says, longer, or the default of 30 days', () => {
    expect([schedule('14'), schedule('30'), schedule(undefined)]).toEqual([true, true, true]);
  });
});

test('nobody passes by the lockout check, and the creator and the restricter pass it', () => {
  for (const policy of [managedKeyPolicy(dataKey), managedKeyPolicy({ ...signingKey, protects: false })]) {
    for (const principal of everybody) {
      const context = { 'kms:BypassPolicyLockoutSafetyCheck': 'true' };
      expect(allows(policy, principal, 'kms:PutKeyPolicy', context)).toBe(false);
    }
    const context = { 'kms:BypassPolicyLockoutSafetyCheck': 'false' };
    expect(allows(policy, roles.create, 'kms:PutKeyPolicy', context)).toBe(true);
    expect(allows(policy, roles.restrict, 'kms:PutKeyPolicy', context)).toBe(true);
  }
});

describe('use of the key', () => {
  const uses = [
    'kms:Encrypt',
    'kms:Decrypt',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
    'kms:GenerateDataKey',
    'kms:GenerateDataKeyWithoutPlaintext',
    'kms:GenerateDataKeyPair',
    'kms:GenerateDataKeyPairWithoutPlaintext',
    'kms:Sign',
    'kms:Verify',
    'kms:GetPublicKey',
    'kms:GenerateMac',
    'kms:VerifyMac',
    'kms:DeriveSharedSecret',
    'kms:Encapsulate',
    'kms:Decapsulate',
  ];
  const forData = ['kms:Decrypt', 'kms:ReEncryptFrom'];
  const forSignatures = ['kms:Verify', 'kms:GetPublicKey'];

  test.each([
    [
      'a data key',
      dataKey,
      [
        'kms:Encrypt',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptTo',
        ...forData,
      ],
    ],
    ['a deactivated data key', { ...dataKey, protects: false }, forData],
    ['a signing key', signingKey, ['kms:Sign', ...forSignatures]],
    ['a deactivated signing key', { ...signingKey, protects: false }, forSignatures],
  ])('%s does for everybody exactly what its class and state allow', (_what, key, allowed) => {
    const policy = managedKeyPolicy(key);
    for (const principal of everybody) {
      expect(new Set(uses.filter((action) => allows(policy, principal, action)))).toEqual(new Set(allowed));
    }
  });

  test('a spec that KMS does not have for the usage is refused', () => {
    expect(() => managedKeyPolicy({ ...dataKey, usage: 'SIGN_VERIFY' })).toThrow(ClassForbids);
  });
});

describe('the document', () => {
  const longest = (name: string) =>
    `arn:aws-us-gov:iam::${ACCOUNT}:role/${'p'.repeat(100)}/${name.padEnd(64, 'x')}`;
  const widest = managedKeyPolicy({
    ...signingKey,
    partition: 'aws-us-gov',
    roles: Object.fromEntries(
      Object.keys(roles).map((name) => [name, longest(name)]),
    ) as unknown as StepRoles,
    protects: false,
  });

  test('stays under the 32 KB that a key policy may have', () => {
    expect(Buffer.byteLength(JSON.stringify(widest))).toBeLessThan(32_768);
  });

  test('names each statement, once, in the characters that IAM allows', () => {
    const names = widest.Statement.map(({ Sid }) => Sid);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9]+$/);
  });

  test('keeps the statement for the account, in its partition, and allows nothing besides', () => {
    const allowing = widest.Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allowing).toEqual<PolicyStatement[]>([
      {
        Sid: 'AccountAdministersThroughIam',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws-us-gov:iam::${ACCOUNT}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ]);
  });

  test('denies to everybody on the key itself', () => {
    for (const statement of widest.Statement.filter(({ Effect }) => Effect === 'Deny')) {
      expect(statement).toMatchObject({ Principal: '*', Resource: '*' });
      expect(statement.Action.length).toBeGreaterThan(0);
    }
  });
});
