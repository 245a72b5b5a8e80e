import { describe, expect, test } from 'vitest';
import { managedKeyPolicy } from '../../../lambdas/domain/key-policy.ts';
import { deletionFloorDays } from '../../../lambdas/domain/policy-floor.ts';
import { roles } from '../../machines/callers.ts';

const floor = (days: unknown, more: object = {}) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: ['kms:ScheduleKeyDeletion'],
  Resource: '*',
  Condition: { NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': days } },
  ...more,
});
const of = (...statements: unknown[]) => deletionFloorDays(JSON.stringify({ Statement: statements }));

describe('the shortest window that a key policy lets a deletion be scheduled with', () => {
  test.each([7, 14, 30])('is the one Keyward wrote: %i', (deletionWindowDays) => {
    const policy = managedKeyPolicy({
      accountId: '000000000000',
      roles,
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      deletionWindowDays,
      protects: true,
    });
    expect(deletionFloorDays(JSON.stringify(policy))).toBe(deletionWindowDays);
  });

  test.each<[string, unknown, number]>([
    ['as a text', floor('14'), 14],
    ['as a number', floor(14), 14],
    ['as a list, of which any denies', floor(['7', '21']), 21],
    ['for part of a day', floor('13.5'), 14],
    ['for one action', floor('14', { Action: 'kms:ScheduleKeyDeletion' }), 14],
    ['in other letters', floor('14', { Action: ['KMS:schedulekeydeletion'] }), 14],
    [
      'in other letters',
      floor('', { Condition: { NumericLessThan: { 'KMS:schedulekeydeletionpendingwindowindays': '14' } } }),
      14,
    ],
    [
      'under further conditions, which may hold',
      floor('', {
        Condition: {
          NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '14' },
          ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::1:role/x' },
        },
      }),
      14,
    ],
  ])('is read %s', (_how, statement, days) => {
    expect(of(statement)).toBe(days);
  });

  test('is the highest of several', () => {
    expect(of(floor('7'), { Effect: 'Allow', Action: 'kms:*' }, 'nonsense', floor('21'), floor('14'))).toBe(
      21,
    );
  });

  test('is read from a policy of one statement', () => {
    expect(deletionFloorDays(JSON.stringify({ Statement: floor('14') }))).toBe(14);
  });

  test.each<[string, unknown]>([
    ['an allowance', floor('14', { Effect: 'Allow' })],
    ['a denial of something else', floor('14', { Action: ['kms:DisableKey'] })],
    ['a denial without a window', floor('14', { Condition: { Bool: { x: 'true' } } })],
    ['a window that is no number', floor('a fortnight')],
  ])('is not read from %s', (_what, statement) => {
    expect(of(statement)).toBeUndefined();
  });

  test.each(['', 'no JSON', '{}', '[]', 'null', '{"Statement":[]}'])('is not known from «%s»', (text) => {
    expect(deletionFloorDays(text)).toBeUndefined();
  });
});
