import { describe, expect, it } from 'vitest';
import { beginAgain } from '../../../lambdas/adapters/begin-again.ts';
import { AlreadyDecided, BackendBusy, RowConflict } from '../../../lambdas/domain/errors.ts';

const quickly = { milliseconds: 0 };

/** Work whose end meets these errors, one after the other, and then goes through. */
function meeting(...errors: readonly Error[]) {
  const left = [...errors];
  const begun: number[] = [];
  const begin = async () => {
    begun.push(left.length);
    return async () => {
      const error = left.shift();
      if (error !== undefined) throw error;
      return 'done';
    };
  };
  return { begin, begun };
}

describe('work that begins again', () => {
  it('does so from its beginning, when its end meets what passes', async () => {
    const { begin, begun } = meeting(new RowConflict('First.'), new BackendBusy('Busy.'));
    expect(await beginAgain(begin, quickly)).toBe('done');
    expect(begun).toEqual([2, 1, 0]);
  });

  it('gives up after some attempts, with what the last one met', async () => {
    const { begin, begun } = meeting(...[1, 2, 3, 4, 5].map((n) => new RowConflict(`Lost ${n}.`)));
    await expect(beginAgain(begin, quickly)).rejects.toThrow('Lost 4.');
    expect(begun).toHaveLength(4);
  });

  it('does not when what it met stays', async () => {
    for (const error of [new AlreadyDecided('Before.'), new Error('A fault.')]) {
      const { begin, begun } = meeting(error);
      await expect(beginAgain(begin, quickly)).rejects.toBe(error);
      expect(begun).toHaveLength(1);
    }
  });

  it('does not when it fails before its end, such as at a service that is busy', async () => {
    let begun = 0;
    const begin = () => {
      begun += 1;
      return Promise.reject(new BackendBusy('Busy.'));
    };
    await expect(beginAgain(begin, quickly)).rejects.toThrow('Busy.');
    expect(begun).toBe(1);
  });
});
