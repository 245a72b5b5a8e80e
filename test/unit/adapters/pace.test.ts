import { describe, expect, it } from 'vitest';
import { paced } from '../../../lambdas/adapters/pace.ts';

/** A pace of five in a second, with what it has callers wait. */
function five() {
  const time = { now: 1_000_000 };
  const waits: number[] = [];
  const turn = paced(5, {
    milliseconds: () => time.now,
    pause: async (wait) => void waits.push(wait),
  });
  return { time, turn, waits };
}

describe('a pace', () => {
  it('lets no more begin within any second, whoever asks, and everybody in the end', async () => {
    const { turn, waits } = five();
    await Promise.all(Array.from({ length: 17 }, () => turn()));
    const second = (at: number) => Array.from({ length: 5 }, () => at);
    expect(waits).toEqual([...second(1000), ...second(2000), 3000, 3000]);
  });

  it('goes on where it was when more come', async () => {
    const { time, turn, waits } = five();
    await Promise.all(Array.from({ length: 8 }, () => turn()));
    time.now += 1500;
    await Promise.all(Array.from({ length: 3 }, () => turn()));
    expect(waits).toEqual([1000, 1000, 1000, 500]);
  });

  it('keeps nobody waiting who asks seldom', async () => {
    const { time, turn, waits } = five();
    for (let call = 0; call < 20; call += 1) {
      await turn();
      time.now += 200;
    }
    expect(waits).toEqual([]);
  });
});
