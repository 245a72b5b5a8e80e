import { describe, expect, it } from 'vitest';
import { asFarAs } from '../../../lambdas/approvals/portal/api/as-far-as.ts';

async function* numbers(until: number, then: () => Promise<unknown> = async () => {}) {
  for (let n = 1; n <= until; n += 1) yield n;
  await then();
}

describe('a list that a page waits for', () => {
  it('is whole when all of it comes', async () => {
    expect(await asFarAs(numbers(3), { most: 3, milliseconds: 1000 })).toEqual({
      items: [1, 2, 3],
      complete: true,
    });
  });

  it('ends where it is long enough', async () => {
    expect(await asFarAs(numbers(4), { most: 3, milliseconds: 1000 })).toEqual({
      items: [1, 2, 3],
      complete: false,
    });
  });

  it('ends when the time is over, with what there is', async () => {
    const never = () => new Promise(() => {});
    expect(await asFarAs(numbers(2, never), { most: 3, milliseconds: 20 })).toEqual({
      items: [1, 2],
      complete: false,
    });
  });

  it('is none when it cannot be read', async () => {
    const failing = () => Promise.reject(new Error('Down.'));
    await expect(asFarAs(numbers(2, failing), { most: 3, milliseconds: 1000 })).rejects.toThrow('Down.');
  });
});
