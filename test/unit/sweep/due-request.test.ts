import { describe, expect, test } from 'vitest';
import type { Start } from '../../../lambdas/adapters/executions.ts';
import { recordChange } from '../../../lambdas/domain/change.ts';
import { requestDigest } from '../../../lambdas/domain/digest.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import type { RequestRecord } from '../../../lambdas/domain/request.ts';
import { tendRequest } from '../../../lambdas/sweep/due-request.ts';
import { memoryRegistry } from '../../machines/memory-registry.ts';
import { aKey, aRequest, olga, REQUEST_ID } from '../domain/examples.ts';

/** The record was last written at 03:02:22. */
const AFTER_2_MINUTES = '2026-11-25T03:04:22.000Z';
const AFTER_15_MINUTES = '2026-11-25T03:17:22.000Z';
const turn = Math.floor(Date.parse(AFTER_15_MINUTES) / 900_000);

type Status = 'running' | 'ended' | 'missing';

/** The sweep over one request, and what it starts. */
async function over(
  request: Partial<RequestRecord>,
  statuses: Readonly<Partial<Record<string, Status>>> = {},
) {
  const registry = memoryRegistry();
  const draft: RequestRecord = { ...aRequest, rowVersion: 1, ...request };
  await registry.commit(
    recordChange({
      now: '2026-11-25T03:02:22.000Z',
      actor: actorOf(olga),
      key: { after: { ...aKey, openRequests: { revoke: REQUEST_ID } } },
      request: { after: { ...draft, digest: requestDigest(draft) } },
      entries: [{ event: 'requested', details: {} }],
    }),
  );
  const started: Start[] = [];
  const tend = tendRequest({
    registry,
    executions: {
      start: async (_requestId, _operation, how) => {
        started.push(how);
      },
      statusOf: async (_requestId, _operation, how) => statuses[how] ?? 'missing',
    },
  });
  return { registry, started, tendAt: async (now: string) => tend(REQUEST_ID, now) };
}

describe('an accepted request', () => {
  test('that nothing has started is started, and not too early', async () => {
    const { started, tendAt } = await over({ state: 'accepted' });
    expect(await tendAt('2026-11-25T03:04:21.999Z')).toBe('nothing');
    expect(await tendAt(AFTER_2_MINUTES)).toBe('started');
    expect(started).toEqual(['run']);
  });

  test('whose execution ended is not started anew: it is undone', async () => {
    const { started, tendAt } = await over({ state: 'accepted' }, { run: 'ended' });
    expect(await tendAt(AFTER_15_MINUTES)).toBe('undo started');
    expect(started).toEqual([`undo-${turn}`]);
  });
});

test('a request whose time for approval is over ends, and gives its place back', async () => {
  const { registry, started, tendAt } = await over({ state: 'awaiting-approval' });
  expect(await tendAt('2026-12-02T03:02:21.999Z')).toBe('nothing');
  expect(await tendAt('2026-12-02T03:02:22.000Z')).toBe('expired');
  expect((await registry.getRequest(REQUEST_ID))?.state).toBe('expired');
  expect((await registry.getKey(aKey.keyId))?.openRequests).toEqual({});
  expect(started).toEqual([]);
});

describe('a request that makes no progress', () => {
  const compromise = { operation: 'revoke', mode: 'compromise' } as const;
  const error = { code: 'ProbeFailed', message: 'It failed.' };

  test('is left alone while its execution runs', async () => {
    const { started, tendAt } = await over({ state: 'executing' }, { run: 'running' });
    expect(await tendAt(AFTER_15_MINUTES)).toBe('still running');
    expect(started).toEqual([]);
  });

  test.each([
    ['undone', { state: 'executing' }, `undo-${turn}`],
    [
      'carried on, when it is never given up',
      { state: 'executing', parameters: compromise },
      `again-${turn}`,
    ],
    [
      'undone, when undoing has begun, even so',
      { state: 'executing', parameters: compromise, error },
      `undo-${turn}`,
    ],
    ['undone, when it was only approved', { state: 'approved' }, `undo-${turn}`],
  ] as const)('is %s', async (_how, request, start) => {
    const { started, tendAt } = await over(request, { run: 'ended' });
    await tendAt('2026-11-25T03:17:21.999Z');
    expect(started).toEqual([]);
    await tendAt(AFTER_15_MINUTES);
    expect(started).toEqual([start]);
  });

  test.each([
    ['that attempt runs', { [`undo-${turn}`]: 'running' }],
    ['the attempt of the turn before runs', { [`undo-${turn - 1}`]: 'running' }],
    ['that attempt has failed, until the next turn', { [`undo-${turn}`]: 'ended' }],
  ] as const)('is left alone while %s', async (_what, statuses) => {
    const { started, tendAt } = await over({ state: 'executing' }, { run: 'ended', ...statuses });
    await tendAt(AFTER_15_MINUTES);
    expect(started).toEqual([]);
  });

  test('is tried again every turn, and never marked as failed', async () => {
    const { registry, started, tendAt } = await over(
      { state: 'executing' },
      { run: 'ended', [`undo-${turn}`]: 'ended', [`undo-${turn + 1}`]: 'ended' },
    );
    await tendAt('2026-11-25T03:45:00.000Z');
    expect(started).toEqual([`undo-${turn + 2}`]);
    expect((await registry.getRequest(REQUEST_ID))?.state).toBe('executing');
  });
});

test.each(['succeeded', 'failed', 'denied', 'expired', 'cancelled'] as const)(
  'a request that is %s is left alone for ever',
  async (state) => {
    const { started, tendAt } = await over({ state });
    expect(await tendAt('2036-01-01T00:00:00.000Z')).toBe('nothing');
    expect(started).toEqual([]);
  },
);
