import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPolicies } from '../../../lambdas/adapters/policy-files.ts';
import { requestDigest } from '../../../lambdas/domain/digest.ts';
import { beginExecution } from '../../../lambdas/domain/execution.ts';
import { recordLoss } from '../../../lambdas/domain/interruption.ts';
import type { KeyRecord, KeyState, VersionRecord } from '../../../lambdas/domain/key.ts';
import { classNamed } from '../../../lambdas/domain/key-class.ts';
import { assertOperationAllowed } from '../../../lambdas/domain/lifecycle.ts';
import {
  completeActivation,
  completeCancellation,
  completeReinstatement,
  completeRevocation,
  completeScheduling,
  failExecution,
} from '../../../lambdas/domain/outcome.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import type { RequestParameters, RequestRecord } from '../../../lambdas/domain/request.ts';
import { aKey, aRequest, KEY_ID, olga, REQUEST_ID } from './examples.ts';

const now = '2026-12-24T08:00:00.000Z';
const aClass = classNamed(
  readPolicies(join(import.meta.dirname, '../../../policies')).classes,
  'data-protection',
);

function versionThatIs(state: KeyState): VersionRecord {
  return {
    keyId: KEY_ID,
    version: 1,
    state,
    kmsKeyId: 'k1',
    kmsKeyArn: 'arn:k1',
    backendState: state === 'active' ? 'Enabled' : 'Disabled',
    requestId: REQUEST_ID,
    createdAt: aKey.createdAt,
    rowVersion: 1,
  };
}

function completionOf(parameters: RequestParameters, key: KeyRecord) {
  const request = { ...aRequest, state: 'executing' as const, parameters };
  return { now, actor: actorOf(olga), request, key, versions: [versionThatIs(key.state)] };
}

/** A key whose destruction somebody else took back: it was in use when the destruction was scheduled. */
const interrupted: KeyRecord = {
  ...aKey,
  state: 'suspended',
  destruction: {
    status: 'interrupted',
    requestId: REQUEST_ID,
    scheduledAt: aKey.createdAt,
    deletionDate: now,
    priorState: 'active',
  },
};

describe('a destruction that was interrupted', () => {
  test.each([
    ['revoked for good', { operation: 'revoke', mode: 'compromise' }, completeRevocation],
    ['reinstated', { operation: 'reinstate' }, completeReinstatement],
  ] as const)(
    'is over when the key is %s: nothing is left that could be cancelled',
    (_how, parameters, complete) => {
      const { after: key } = complete(completionOf(parameters, interrupted)).key;
      expect(key.destruction?.status).toBe('cancelled');
      expect(() => assertOperationAllowed(key, { operation: 'cancel-destruction' })).toThrow(
        expect.objectContaining({ code: 'StateForbids' }),
      );
    },
  );

  test('and taken up again goes back, when it is cancelled, to where it came from', () => {
    const destroy = { operation: 'destroy', windowDays: 30 } as const;
    const again = completeScheduling({ ...completionOf(destroy, interrupted), deletionDate: now });
    expect(again.key.after.destruction).toMatchObject({ status: 'scheduled', priorState: 'active' });
    const versions = again.versions.map(({ after }) => after);
    const cancelled = completeCancellation({
      ...completionOf({ operation: 'cancel-destruction' }, again.key.after),
      versions,
    });
    expect(cancelled.key.after.state).toBe('active');
    expect(cancelled.versions[0]?.after).toMatchObject({ state: 'active', backendState: 'Enabled' });
  });
});

describe('a key with many versions', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_none, index) => ({
      ...versionThatIs('deactivated'),
      version: index + 1,
      kmsKeyArn: `arn:k${index + 1}`,
    }));
  const rotation: RequestRecord = {
    ...aRequest,
    state: 'accepted',
    parameters: { operation: 'rotate', cause: 'request' },
    approval: { quorum: 0, groups: [], expiresAfter: 'P7D' },
  };
  const begin = (count: number) =>
    beginExecution({
      now: aRequest.createdAt,
      actor: actorOf(olga),
      request: { ...rotation, digest: requestDigest(rotation) },
      key: aKey,
      decisions: [],
      versions: many(count),
    });

  test('is rotated no more while all of them can still be stopped in one transaction', () => {
    expect(() => begin(89)).not.toThrow();
    expect(() => begin(90)).toThrow(expect.objectContaining({ code: 'VersionsExhausted' }));
    const { versions, entries } = completeRevocation({
      ...completionOf({ operation: 'revoke', mode: 'compromise' }, aKey),
      versions: many(90),
    });
    // DynamoDB takes a hundred rows in one; the key and the request are two more.
    expect(versions.length + entries.length + 2).toBeLessThanOrEqual(100);
  });

  test('may lose all of them at once', () => {
    const { request, ...rest } = completionOf({ operation: 'reinstate' }, aKey);
    const { versions, entries } = recordLoss({ ...rest, request, lost: many(90) });
    expect(versions.length + entries.length + 2).toBeLessThanOrEqual(100);
  });
});

describe('an activation', () => {
  const probe = { kind: 'signature', signature: 'c2ln', algorithm: 'ECDSA_SHA_256' } as const;
  const unborn = { ...versionThatIs('pre-activation'), probe };
  const activated = (versions: VersionRecord[]) =>
    completeActivation({
      ...completionOf({ operation: 'rotate', cause: 'request' }, aKey),
      versions: [versionThatIs('active'), ...versions],
      keyClass: aClass,
    }).versions.map(({ after: { version, state } }) => [version, state]);

  test('is of what its own request has made, not of what a failed one has left', () => {
    const other = 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W6';
    const left = { ...unborn, version: 3, requestId: other };
    expect(activated([{ ...unborn, version: 2 }, left])).toEqual([
      [1, 'deactivated'],
      [2, 'active'],
    ]);
    expect(() => activated([left])).toThrow(expect.objectContaining({ code: 'BackendStateUnexpected' }));
  });
});

describe('a rotation that failed', () => {
  const failed = (cause: 'schedule' | 'request', rotationDue: string) =>
    failExecution({
      ...completionOf({ operation: 'rotate', cause }, { ...aKey, rotationDue }),
      error: { code: 'ProbeFailed', message: 'It failed.' },
    }).key.after.rotationDue;

  test('is asked for again a day later, when the schedule asked', () => {
    expect(failed('schedule', '2026-12-24T07:59:00.000Z')).toBe('2026-12-25T08:00:00.000Z');
  });

  test('does not move the schedule when somebody else asked, or nothing is due', () => {
    expect(failed('request', '2026-12-24T07:59:00.000Z')).toBe('2026-12-24T07:59:00.000Z');
    expect(failed('schedule', '2027-01-01T00:00:00.000Z')).toBe('2027-01-01T00:00:00.000Z');
  });
});
