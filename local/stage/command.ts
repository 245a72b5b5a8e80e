import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { endProcessGroup } from '../ministack/processes.ts';

export type Command = {
  /** A Node script to run with the Node that runs this. */
  readonly script: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Gets everything the command prints. */
  readonly logFile: string;
  /** Aborting ends the command and all it started. */
  readonly signal: AbortSignal;
  readonly onStart: (pid: number) => void;
  readonly onEnd: (pid: number) => void;
  readonly onLine?: (line: string) => void;
};

const GRACE_MS = 2_000;
const SHOWN_LINES = 40;

/**
 * Runs a command to its end, in a process group of its own so that it can be ended whole.
 * @throws Error COMMAND_FAILED with the last lines it printed; the signal's reason when it was aborted
 */
export async function runCommand(command: Command): Promise<void> {
  command.signal.throwIfAborted();
  const child = spawn(process.execPath, [command.script, ...command.args], {
    cwd: command.folder,
    env: command.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`COMMAND_FAILED: ${command.script} cannot be run.`);
  command.onStart(pid);
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      printed.push(line);
      appendFileSync(command.logFile, `${line}\n`);
      command.onLine?.(line);
    });
  }
  const closed = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const end = (): void => void endProcessGroup(pid, GRACE_MS);
  command.signal.addEventListener('abort', end);
  const status = await closed;
  command.signal.removeEventListener('abort', end);
  command.onEnd(pid);
  command.signal.throwIfAborted();
  if (status !== 0) {
    const what = `${command.args.slice(0, 2).join(' ')} failed (${status})`;
    throw new Error(`COMMAND_FAILED: cdk ${what}. It said:\n${printed.slice(-SHOWN_LINES).join('\n')}`);
  }
}
