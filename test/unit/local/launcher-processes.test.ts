import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { endProcessGroup, findProcess, groupMembers } from '../../../local/ministack/processes.ts';

/** A shell that leads its own process group; it says `ready` when its traps are set. */
async function startGroup(script: string): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return { child, pid: child.pid ?? 0 };
}

test('a process is known by its pid, group and start', async () => {
  const first = await startGroup('echo ready; exec sleep 60');
  await sleep(50);
  const second = await startGroup('echo ready; exec sleep 60');
  await sleep(50);
  const [one, other] = [findProcess(first.pid), findProcess(second.pid)];
  expect(one).toMatchObject({ pid: first.pid, group: first.pid });
  expect(findProcess(first.pid)).toEqual(one);
  expect(other?.startedAt).not.toBe(one?.startedAt);
  await Promise.all([endProcessGroup(first.pid, 1_000), endProcessGroup(second.pid, 1_000)]);
  expect(findProcess(first.pid)).toBeUndefined();
});

test('a group that ignores the request to end is killed, children too', async () => {
  const { pid } = await startGroup(`trap '' TERM; sleep 60 & echo ready; wait; sleep 60`);
  expect(groupMembers(pid)).toHaveLength(2);
  await endProcessGroup(pid, 100);
  expect(groupMembers(pid)).toEqual([]);
});

test('children that outlive their leader are killed', async () => {
  const { child, pid } = await startGroup(`sleep 60 & echo ready; trap 'exit 0' TERM; wait`);
  const ended = once(child, 'exit');
  await endProcessGroup(pid, 200);
  await ended;
  expect(groupMembers(pid)).toEqual([]);
});

test('ending what is gone is harmless', async () => {
  await expect(endProcessGroup(4_194_304, 100)).resolves.toBeUndefined();
});
