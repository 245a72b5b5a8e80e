import { availableParallelism } from 'node:os';
import { inspect } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { runApprovals } from './approvals.ts';

// `npm run test:chaos [runs] [seed]`: approvals by chance, 10,000 times and more, on every core. The same seed plays the
// same again; without one each day has its own.

const part = z.object({ runs: z.number(), seed: z.number() });
const EVERY_MILLISECONDS = 5_000;

if (isMainThread) await runAll(process.argv.slice(2));
else await runPart();

async function runPart(): Promise<void> {
  const { runs, seed } = part.parse(workerData);
  const tell = () => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
    parentPort?.postMessage('run');
  };
  await runApprovals({ runs, seed, onRun: tell });
}

async function runAll([given = '10000', chosen]: readonly string[]): Promise<void> {
  const runs = z.coerce.number().int().positive().parse(given);
  const seed = z.coerce
    .number()
    .int()
    .parse(chosen ?? new Date().toISOString().slice(0, 10).replaceAll('-', ''));
  const workers = Math.min(availableParallelism(), runs);
  process.stdout.write(`${runs} runs with seed ${seed} on ${workers} cores\n`);
  let done = 0;
  const tell = (): void => void process.stdout.write(`  ${done} of ${runs}\n`);
  const beat = setInterval(tell, EVERY_MILLISECONDS);
  const failures = await Promise.all(
    Array.from({ length: workers }, (_, index) => {
      const share = Math.floor(runs / workers) + (index < runs % workers ? 1 : 0);
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { runs: share, seed: seed + index },
      });
      worker.on('message', () => {
        done += 1;
      });
      return new Promise<string | undefined>((resolve) => {
        worker.once('error', (error: unknown) => resolve(inspect(error)));
        worker.once('exit', (status) => resolve(status === 0 ? undefined : `A worker ended with ${status}.`));
      });
    }),
  );
  clearInterval(beat);
  const found = failures.filter((failure) => failure !== undefined);
  for (const failure of found) process.stdout.write(`${failure}\n`);
  process.stdout.write(
    found.length === 0
      ? `${done} runs, all as foretold\n`
      : `not as foretold; play it again with seed ${seed}\n`,
  );
  process.exitCode = found.length === 0 ? 0 : 1;
}
