import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that is not a zombie. `startedAt` is opaque; with the pid it names one process, as pids are used again. */
export type ProcessInfo = { readonly pid: number; readonly group: number; readonly startedAt: string };

/** The live process with this id, or undefined. */
export function findProcess(pid: number): ProcessInfo | undefined {
  return process.platform === 'linux' ? readProc(pid) : readPs().find((each) => each.pid === pid);
}

/** The live processes of a process group. */
export function groupMembers(group: number): ProcessInfo[] {
  return (process.platform === 'linux' ? readAllProc() : readPs()).filter((each) => each.group === group);
}

/**
 * Asks the group's leader to end, kills the whole group after `graceMs`, and returns when none of it is left.
 * @throws Error PROCESS_STUCK when a member survives SIGKILL for 5 seconds
 */
export async function endProcessGroup(group: number, graceMs: number): Promise<void> {
  signal(group, 'SIGTERM');
  if (!(await isGone(group, graceMs))) killProcessGroup(group);
  if (!(await isGone(group, 5_000))) {
    const pids = groupMembers(group).map(({ pid }) => pid);
    throw new Error(
      `PROCESS_STUCK: processes ${pids.join(', ')} do not end. End them by hand: kill -9 <pid>.`,
    );
  }
}

/** Kills the whole group at once, without waiting for its end. */
export function killProcessGroup(group: number): void {
  signal(-group, 'SIGKILL');
}

async function isGone(group: number, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; ; await sleep(20)) {
    if (groupMembers(group).length === 0) return true;
    if (Date.now() >= end) return false;
  }
}

function signal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function readAllProc(): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProc(Number(name)) ?? []);
}

/** Reads /proc/<pid>/stat: after the name in brackets come state, parent, group, ... and, as the 20th, the start time in ticks. */
function readProc(pid: number): ProcessInfo | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields;
  const startedAt = fields[19];
  if (state === 'Z' || state === 'X' || group === undefined || startedAt === undefined) return undefined;
  return { pid, group: Number(group), startedAt };
}

function readPs(): ProcessInfo[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,stat=,lstart='], { encoding: 'utf8' }).split(
    '\n',
  );
  return lines.flatMap((line) => {
    const [, pid, group, state, startedAt] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (!pid || !group || !startedAt || state?.startsWith('Z')) return [];
    return [{ pid: Number(pid), group: Number(group), startedAt }];
  });
}
