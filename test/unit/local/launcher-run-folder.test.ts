import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findProcess } from '../../../local/ministack/processes.ts';
import { liveStarts, openRunFolder, removeLeftovers } from '../../../local/stage/run-folder.ts';

let localFolder: string;
let sleeper: ChildProcess;
let sleeperPid: number;

beforeEach(async () => {
  localFolder = mkdtempSync(join(tmpdir(), 'keyward-runs-'));
  sleeper = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  await new Promise((resolve) => sleeper.once('spawn', resolve));
  sleeperPid = sleeper.pid ?? 0;
});

afterEach(() => {
  sleeper.kill('SIGKILL');
  rmSync(localFolder, { recursive: true, force: true });
});

/** The folder of a run whose process is gone, and which had the sleeper as its child. */
function leaveCrashedRun(childStartedAt: string): string {
  const folder = join(localFolder, 'run-4194304');
  mkdirSync(folder);
  const state = {
    purpose: 'test',
    owner: { pid: 4194304, startedAt: '1', what: 'run' },
    children: [{ pid: sleeperPid, startedAt: childStartedAt, what: 'MiniStack' }],
    ports: {},
  };
  writeFileSync(join(folder, 'state.json'), JSON.stringify(state));
  return folder;
}

test('a run records its process, children and ports, and is alive', async () => {
  const run = openRunFolder('start', localFolder);
  run.recordChild(sleeperPid, 'MiniStack');
  run.recordPort('kms', 'http://127.0.0.1:4711');
  expect(JSON.parse(readFileSync(join(run.path, 'state.json'), 'utf8'))).toEqual({
    purpose: 'start',
    owner: { pid: process.pid, startedAt: findProcess(process.pid)?.startedAt, what: 'run' },
    children: [{ pid: sleeperPid, startedAt: findProcess(sleeperPid)?.startedAt, what: 'MiniStack' }],
    ports: { kms: 4711 },
  });
  expect(liveStarts(localFolder)).toEqual([process.pid]);
  expect(await removeLeftovers(localFolder)).toEqual([]);
  expect(existsSync(run.path)).toBe(true);
});

test('two runs of one process have folders of their own, and test runs are not starts', () => {
  const [first, second] = [openRunFolder('test', localFolder), openRunFolder('test', localFolder)];
  expect(second.path).not.toBe(first.path);
  expect(liveStarts(localFolder)).toEqual([]);
  first.remove();
  second.remove();
  expect(readdirSync(localFolder)).toEqual([]);
});

test('a process that exits leaves nothing, without waiting', async () => {
  const run = openRunFolder('test', localFolder);
  run.recordChild(sleeperPid, 'MiniStack');
  const exited = new Promise((resolve) => sleeper.once('exit', (_, signal) => resolve(signal)));
  run.abandon();
  expect(readdirSync(localFolder)).toEqual([]);
  expect(await exited).toBe('SIGKILL');
});

test('what a crashed run left is ended and removed', async () => {
  const folder = leaveCrashedRun(findProcess(sleeperPid)?.startedAt ?? '');
  const exited = new Promise((resolve) => sleeper.once('exit', resolve));
  expect(await removeLeftovers(localFolder)).toEqual([`removed ${folder}, ended MiniStack (${sleeperPid})`]);
  await exited;
  expect(existsSync(folder)).toBe(false);
});

test('a process that got the pid of a dead one is left alone', async () => {
  const folder = leaveCrashedRun('an earlier start');
  expect(await removeLeftovers(localFolder)).toEqual([`removed ${folder}`]);
  expect(findProcess(sleeperPid)).toBeDefined();
});

test('a folder without a readable state is removed, other files are not', async () => {
  mkdirSync(join(localFolder, 'run-77'));
  writeFileSync(join(localFolder, 'run-77', 'state.json'), '{');
  mkdirSync(join(localFolder, 'ministack-1.2.3'));
  await removeLeftovers(localFolder);
  expect(readdirSync(localFolder)).toEqual(['ministack-1.2.3']);
});
