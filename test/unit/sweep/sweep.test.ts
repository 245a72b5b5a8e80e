import { expect, test } from 'vitest';
import type { DueItem } from '../../../lambdas/adapters/registry/lists.ts';
import type { Page } from '../../../lambdas/adapters/registry/registry.ts';
import { NotSettled, RecordCorrupt } from '../../../lambdas/domain/errors.ts';
import type { RequestRecord } from '../../../lambdas/domain/request.ts';
import { sweep } from '../../../lambdas/sweep/sweep.ts';
import { aRequest } from '../domain/examples.ts';

const now = '2026-11-25T03:02:22.000Z';

async function* due(...items: readonly string[]): AsyncGenerator<DueItem> {
  for (const item of items) {
    const [kind = '', id = ''] = item.split(' ');
    yield { kind: kind === 'key' ? 'key' : 'request', id, dueAt: now };
  }
}

function swept(
  items: readonly string[],
  {
    failing = '',
    millisecondsLeft = (): number => 60_000,
    listRequests = async (): Promise<Page<RequestRecord>> => ({ items: [] }),
  } = {},
) {
  const tended: string[] = [];
  const ages: number[] = [];
  const notTended: number[] = [];
  const tend = (kind: string) => async (id: string) => {
    tended.push(`${kind} ${id}`);
    if (`${kind} ${id}` === failing) throw new NotSettled('Not yet.');
    return 'done';
  };
  const run = sweep({
    registry: { listDue: () => due(...items), listRequests },
    clock: async () => now,
    tend: { key: tend('key'), request: tend('request') },
    publishOldestWaiting: (seconds) => void ages.push(seconds),
    publishNotTended: (count) => void notTended.push(count),
    millisecondsLeft,
  });
  return { run, tended, ages, notTended };
}

test('tends all that is due, each as what it is', async () => {
  const { run, tended } = swept(['key a', 'request b', 'key c']);
  expect(await run).toEqual({ tended: 3, failed: 0 });
  expect(tended).toEqual(['key a', 'request b', 'key c']);
});

test('goes on after one that fails', async () => {
  const { run, tended, notTended } = swept(['key a', 'request b', 'key c'], { failing: 'request b' });
  expect(await run).toEqual({ tended: 2, failed: 1 });
  expect(tended).toHaveLength(3);
  expect(notTended).toEqual([1]);
});

test('stops in time, and leaves the rest to the next run', async () => {
  const left = [30_000, 9_999];
  const { run, tended } = swept(['key a', 'key b', 'key c'], { millisecondsLeft: () => left.shift() ?? 0 });
  expect(await run).toEqual({ tended: 1, failed: 0 });
  expect(tended).toEqual(['key a']);
});

test('says how long the oldest request has waited, and that none does', async () => {
  const waiting = { ...aRequest, createdAt: '2026-11-25T02:02:21.100Z' };
  const { run, ages } = swept([], { listRequests: async () => ({ items: [waiting] }) });
  await run;
  expect(ages).toEqual([3600]);
  const idle = swept([]);
  await idle.run;
  expect(idle.ages).toEqual([0]);
});

test('tends what is due when the oldest request cannot be read', async () => {
  const { run, ages } = swept(['key a'], {
    listRequests: () => Promise.reject(new RecordCorrupt('Broken.')),
  });
  expect(await run).toEqual({ tended: 1, failed: 1 });
  expect(ages).toEqual([]);
});
