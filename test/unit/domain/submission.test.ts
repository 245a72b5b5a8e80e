import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPolicies } from '../../../lambdas/adapters/policy-files.ts';
import { classNamed } from '../../../lambdas/domain/key-class.ts';
import type { RequestParameters } from '../../../lambdas/domain/request.ts';
import { submitOperation } from '../../../lambdas/domain/submission.ts';
import { aKey, olga, REQUEST_ID } from './examples.ts';

const { classes } = readPolicies(join(import.meta.dirname, '../../../policies'));
const keyClass = { ...classNamed(classes, 'data-protection'), deletionWindowDays: 14 };

const submitted = (parameters: RequestParameters, key = aKey) =>
  submitOperation({
    now: '2026-11-25T03:02:22.000Z',
    requester: olga,
    keyClass,
    reason: 'No longer needed.',
    ids: { requestId: REQUEST_ID, nonce: 'e'.repeat(64) },
    key,
    parameters,
  });

describe('a destruction', () => {
  test.each([14, 15, 30])('may wait %d days when its class wants 14', (windowDays) => {
    const { request } = submitted({ operation: 'destroy', windowDays });
    expect(request?.after.parameters).toEqual({ operation: 'destroy', windowDays });
  });

  test.each([7, 13])('may not wait only %d days', (windowDays) => {
    expect(() => submitted({ operation: 'destroy', windowDays })).toThrow(
      expect.objectContaining({
        code: 'ClassForbids',
        details: { pointer: '/windowDays', allowed: { minimum: 14 } },
      }),
    );
  });
});

describe('an operation that is open', () => {
  const key = { ...aKey, openRequests: { rotate: 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W9' } };

  test('is not asked for twice', () => {
    expect(() => submitted({ operation: 'rotate', cause: 'request' }, key)).toThrow(
      expect.objectContaining({ code: 'RequestOpen', details: { requestId: key.openRequests.rotate } }),
    );
  });

  test('does not stand in the way of another', () => {
    const { key: written } = submitted({ operation: 'revoke', mode: 'suspend' }, key);
    expect(written.after.openRequests).toEqual({ ...key.openRequests, revoke: REQUEST_ID });
  });
});
