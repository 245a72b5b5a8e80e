import { expect, test } from 'vitest';
import type { DueItem } from '../../../lambdas/adapters/registry/lists.ts';
import { NotSettled } from '../../../lambdas/domain/errors.ts';
import { sweep } from '../../../lambdas/sweep/sweep.ts';

const now = '2026-11-25T03:02:22.000Z';

async function* due(...items: readonly string[]): AsyncGenerator<DueItem> {
  for (const item of items) {
    const [kind = '', id = ''] = item.split(' ');
    yield { kind: kind === 'key' ? 'key' : 'request', id, dueAt: now };
  }
}

function swept(items: readonly string[], { failing = '', millisecondsLeft = (): number => 60_000 } = {}) {
  const tended: string[] = [];
  const tend = (kind: string) => async (id: string) => {
    tended.push(`${kind} ${id}`);
    if (`${kind} ${id}` === failing) throw new NotSettled('Not yet.');
    return 'done';
  };
  const run = sweep({
    registry: { listDue: () => due(...items) },
    clock: async () => now,
    tend: { key: tend('key'), request: tend('request') },
    millisecondsLeft,
  });
  return { run, tended };
}

test('tends all that is due, each as what it is', async () => {
  const { run, tended } = swept(['key a', 'request b', 'key c']);
  expect(await run).toEqual({ tended: 3, failed: 0 });
  expect(tended).toEqual(['key a', 'request b', 'key c']);
});

test('goes on after one that fails', async () => {
  const { run, tended } = swept(['key a', 'request b', 'key c'], { failing: 'request b' });
  expect(await run).toEqual({ tended: 2, failed: 1 });
  expect(tended).toHaveLength(3);
});

test('stops in time, and leaves the rest to the next run', async () => {
  const left = [30_000, 9_999];
  const { run, tended } = swept(['key a', 'key b', 'key c'], { millisecondsLeft: () => left.shift() ?? 0 });
  expect(await run).toEqual({ tended: 1, failed: 0 });
  expect(tended).toEqual(['key a']);
});
