import { describe, expect, test } from 'vitest';
import type { KeyRecord, KeyState, VersionRecord } from '../../../lambdas/domain/key.ts';
import { assertOperationAllowed } from '../../../lambdas/domain/lifecycle.ts';
import {
  completeCancellation,
  completeReinstatement,
  completeRevocation,
  completeScheduling,
  failExecution,
} from '../../../lambdas/domain/outcome.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import type { RequestParameters } from '../../../lambdas/domain/request.ts';
import { aKey, aRequest, KEY_ID, olga, REQUEST_ID } from './examples.ts';

const now = '2026-12-24T08:00:00.000Z';

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
