import { describe, expect, it } from 'vitest';
import { readOutcome } from '../../../lambdas/approvals/read-outcome.ts';
import type { Change } from '../../../lambdas/domain/change.ts';
import type { RequestRecord } from '../../../lambdas/domain/request.ts';
import { aKey, aRequest, REQUEST_ID } from '../domain/examples.ts';

const before = '2026-12-02T03:02:21.000Z';
const after = '2026-12-02T03:02:22.000Z';

async function outcomeOf(state: RequestRecord['state'], now: string, timedOut: boolean) {
  const commits: Change[] = [];
  const outcome = await readOutcome({
    registry: {
      getRequest: async () => ({ ...aRequest, state }),
      getKey: async () => aKey,
      commit: async (change) => void commits.push(change),
    },
    clock: async () => now,
  })({ requestId: REQUEST_ID, timedOut });
  return { ...outcome, commits };
}

describe('the outcome of an approval', () => {
  it.each([
    ['approved', 'approved'],
    ['executing', 'approved'],
    ['succeeded', 'approved'],
    ['failed', 'cancelled'],
    ['denied', 'denied'],
    ['expired', 'expired'],
    ['cancelled', 'cancelled'],
  ] as const)('of a request that is %s is %s, whatever woke the wait', async (state, outcome) => {
    for (const timedOut of [true, false]) {
      const read = await outcomeOf(state, after, timedOut);
      expect(read.outcome).toBe(outcome);
      expect(read.commits).toEqual([]);
    }
  });

  it('is still open when the wait was woken for nothing', async () => {
    const read = await outcomeOf('awaiting-approval', before, false);
    expect(read.outcome).toBe('waiting');
    expect(read.timeoutSeconds).toBe(301);
  });

  it('is still open when the timer was early', async () => {
    expect((await outcomeOf('awaiting-approval', before, true)).outcome).toBe('waiting');
  });

  it('is expired when the time is over, and recorded so', async () => {
    const read = await outcomeOf('awaiting-approval', after, true);
    expect(read.outcome).toBe('expired');
    expect(read.commits[0]?.request?.after.state).toBe('expired');
  });
});
