import { setTimeout as sleep } from 'node:timers/promises';
import { liveStarts, removeLeftovers } from './stage/run-folder.ts';

// `npm stop`: ends the `npm start` runs of this checkout and whatever crashed runs left. Test runs are left alone.
const PATIENCE_MS = 20_000;

const starts = liveStarts();
for (const pid of starts) {
  console.log(`ending npm start (${pid})`);
  process.kill(pid, 'SIGTERM');
}
for (const end = Date.now() + PATIENCE_MS; liveStarts().length > 0 && Date.now() < end; ) await sleep(100);

const stuck = liveStarts();
for (const line of await removeLeftovers()) console.log(line);
if (stuck.length > 0) {
  console.error(
    `STOP_INCOMPLETE: npm start (${stuck.join(', ')}) does not end. End it by hand: kill -9 <pid>, then npm stop.`,
  );
  process.exitCode = 1;
} else {
  console.log('nothing is left running');
}
