/** What a number of calls took. */
export interface Load {
  readonly callsPerSecond: number;
  /** Of each call, in milliseconds, ascending. */
  readonly latencies: readonly number[];
}

/** Makes so many calls, so many of them at a time. */
export async function load(calls: number, inFlight: number, call: () => Promise<unknown>): Promise<Load> {
  const latencies: number[] = [];
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < calls) {
      begun += 1;
      const from = performance.now();
      await call();
      latencies.push(performance.now() - from);
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - from) / 1000;
  return { callsPerSecond: calls / seconds, latencies: latencies.toSorted((a, b) => a - b) };
}

/** The value below which so many percent of them lie. */
export function percentile(ascending: readonly number[], percent: number): number {
  const index = Math.min(Math.floor((ascending.length * percent) / 100), ascending.length - 1);
  return ascending[index] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    50,
  );
}
