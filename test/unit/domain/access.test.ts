import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Access, machinePrincipal, maySee, parseAccess } from '../../../lambdas/domain/access.ts';
import { InvalidPolicyFile } from '../../../lambdas/domain/errors.ts';
import { person } from './examples.ts';

const access: Access = {
  auditors: ['auditors'],
  machines: [
    { arn: 'arn:aws:iam::*:role/payments-*', groups: ['payments'] },
    { arn: 'arn:aws:iam::111122223333:role/payments-batch', groups: ['batch', 'payments'] },
    { arn: 'arn:aws:iam::*:user/payments-*', groups: ['payments'] },
    { arn: 'arn:aws:iam::111122223333:role/a.b', groups: ['dotted'] },
  ],
};

describe('policies/access.yaml', () => {
  const shipped = parseAccess(readFileSync('policies/access.yaml', 'utf8'));

  test.each(['user/payments-app', 'role/payments-app'])('knows the machine %s', (machine) => {
    expect(machinePrincipal(shipped, `arn:aws:iam::111122223333:${machine}`).groups).toEqual(['payments']);
  });

  test('names the auditors', () => {
    expect(shipped.auditors).toEqual(['auditors']);
  });
});

describe('parseAccess', () => {
  test.each([
    'arn:aws:sts::111122223333:assumed-role/payments/session',
    'arn:aws:iam::*:root',
    'arn:*:iam::111122223333:role/x',
    'arn:aws:iam::1111:role/x',
    '*',
    'arn:aws:iam::*:*',
  ])('refuses the pattern %s', (arn) => {
    expect(() => parseAccess(`auditors: []\nmachines: [{arn: '${arn}', groups: [payments]}]`)).toThrow(
      InvalidPolicyFile,
    );
  });

  test('refuses unknown fields and names every fault', () => {
    expect(() => parseAccess('machines:\n  - arn: x\n    group: payments\n')).toThrow(
      expect.objectContaining({
        details: {
          file: 'access.yaml',
          faults: [
            { path: 'auditors', line: undefined, message: 'is missing' },
            {
              path: 'machines[0].arn',
              line: 2,
              message: expect.stringContaining('ARN of an IAM role or user'),
            },
            { path: 'machines[0].groups', line: 2, message: 'is missing' },
            { path: 'machines[0]', line: 2, message: expect.stringContaining('group') },
          ],
        },
      }),
    );
  });
});

describe('machinePrincipal', () => {
  test('a session counts as its role', () => {
    expect(
      machinePrincipal(access, 'arn:aws:sts::111122223333:assumed-role/payments-batch/i-0abc/def'),
    ).toEqual({
      kind: 'machine',
      id: 'machine:arn:aws:iam::111122223333:role/payments-batch',
      name: 'payments-batch',
      groups: ['batch', 'payments'],
      mfa: false,
    });
  });

  test('keeps the partition', () => {
    expect(
      machinePrincipal(access, 'arn:aws-us-gov:sts::111122223333:assumed-role/payments-x/s'),
    ).toMatchObject({
      id: 'machine:arn:aws-us-gov:iam::111122223333:role/payments-x',
      groups: [],
    });
  });

  test.each([
    ['arn:aws:iam::111122223333:role/payments-api', ['payments']],
    ['arn:aws:iam::444455556666:user/payments-api', ['payments']],
    ['arn:aws:iam::111122223333:role/payments', []],
    ['arn:aws:iam::111122223333:role/xpayments-api', []],
    ['arn:aws:iam::111122223333:role/payments-api/role', []],
    ['arn:aws:iam::111122223333:role/x:role/payments-api', []],
    ['arn:aws:iam::111122223333:x:role/payments-api', []],
    ['x:arn:aws:iam::111122223333:role/payments-api', []],
    ['arn:aws:iam::111122223333:role/aXb', []],
    ['arn:aws:iam::111122223333:role/a.b', ['dotted']],
    ['arn:aws:iam::111122223333:root', []],
    ['arn:aws:sts::111122223333:federated-user/payments-api', []],
    ['arn:aws:sts::111122223333:assumed-role/other/payments-api', []],
  ])('%s belongs to %j', (arn, groups) => {
    expect(machinePrincipal(access, arn).groups).toEqual(groups);
  });
});

test.each([
  ['payments', true],
  ['security', true],
  ['auditors', true],
  ['marketing', false],
])('somebody of %s may see a key of payments that security decides on: %s', (group, sees) => {
  expect(maySee(person('anna', group), 'payments', ['security'], access)).toBe(sees);
});
