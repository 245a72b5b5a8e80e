import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { endProcessGroup, findProcess, killProcessGroup } from '../ministack/processes.ts';

const checkoutFolder = fileURLToPath(new URL('../../.local', import.meta.url));
const GRACE_MS = 3_000;

const RecordedProcess = z.object({ pid: z.number(), startedAt: z.string(), what: z.string() });
const RunState = z.object({
  purpose: z.enum(['start', 'test']),
  owner: RecordedProcess,
  /** Leaders of process groups that belong to the run. */
  children: z.array(RecordedProcess),
  ports: z.record(z.string(), z.number()),
});
type RecordedProcess = z.infer<typeof RecordedProcess>;

/** `start` is `npm start`; `test` is a test run. */
export type Purpose = z.infer<typeof RunState>['purpose'];
type RunState = z.infer<typeof RunState>;

/** The folder `.local/run-<pid>` of one run, with a record of what to end and remove should the run crash. */
export type RunFolder = {
  readonly path: string;
  recordChild(pid: number, what: string): void;
  forgetChild(pid: number): void;
  recordPort(name: string, url: string): void;
  remove(): void;
  /** For a process about to exit: kills the children's groups without waiting for them, and removes the folder. */
  abandon(): void;
};

/** Makes the folder of this process's run. A second run of one process gets a folder of its own. */
export function openRunFolder(purpose: Purpose, localFolder = checkoutFolder): RunFolder {
  const base = join(localFolder, `run-${process.pid}`);
  let path = base;
  for (let n = 2; existsSync(path); n += 1) path = `${base}-${n}`;
  mkdirSync(path, { recursive: true });
  let state: RunState = { purpose, owner: describe(process.pid, 'run'), children: [], ports: {} };
  const save = (change: Partial<RunState>): void => {
    state = { ...state, ...change };
    // Renamed into place, so that a reader sees a whole file whenever this process dies.
    const draft = join(path, 'state.json.draft');
    writeFileSync(draft, `${JSON.stringify(state, undefined, 2)}\n`);
    renameSync(draft, stateFile(path));
  };
  save({});
  return {
    path,
    recordChild: (pid, what) => save({ children: [...state.children, describe(pid, what)] }),
    forgetChild: (pid) => save({ children: state.children.filter((child) => child.pid !== pid) }),
    recordPort: (name, url) => save({ ports: { ...state.ports, [name]: Number(new URL(url).port) } }),
    remove: () => rmSync(path, { recursive: true, force: true }),
    abandon: () => {
      for (const { pid } of state.children.filter(isAlive)) killProcessGroup(pid);
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/**
 * Ends the processes that dead runs left, by pid and start time, and removes their folders; live runs stay untouched.
 * @returns a line for each run that was cleaned up
 */
export async function removeLeftovers(localFolder = checkoutFolder): Promise<string[]> {
  const lines: string[] = [];
  for (const path of runFolders(localFolder)) {
    const state = readState(path);
    if (state !== undefined && isAlive(state.owner)) continue;
    const left = state?.children.filter(isAlive) ?? [];
    for (const { pid } of left) await endProcessGroup(pid, GRACE_MS);
    rmSync(path, { recursive: true, force: true });
    const ended =
      left.length === 0 ? '' : `, ended ${left.map(({ what, pid }) => `${what} (${pid})`).join(', ')}`;
    lines.push(`removed ${path}${ended}`);
  }
  return lines;
}

/** The processes of live `npm start` runs in this checkout. */
export function liveStarts(localFolder = checkoutFolder): number[] {
  return runFolders(localFolder).flatMap((path) => {
    const state = readState(path);
    return state?.purpose === 'start' && isAlive(state.owner) ? [state.owner.pid] : [];
  });
}

function runFolders(localFolder: string): string[] {
  if (!existsSync(localFolder)) return [];
  const names = readdirSync(localFolder).filter((name) => /^run-\d+(-\d+)?$/.test(name));
  return names.map((name) => join(localFolder, name));
}

const stateFile = (path: string): string => join(path, 'state.json');

/** Undefined when the run died before it wrote its state, or the file is not ours. */
function readState(path: string): RunState | undefined {
  try {
    return RunState.parse(JSON.parse(readFileSync(stateFile(path), 'utf8')));
  } catch {
    return undefined;
  }
}

const isAlive = ({ pid, startedAt }: RecordedProcess): boolean => findProcess(pid)?.startedAt === startedAt;

/** A process that ended already is recorded with a start time that matches none. */
function describe(pid: number, what: string): RecordedProcess {
  return { pid, startedAt: findProcess(pid)?.startedAt ?? '', what };
}
