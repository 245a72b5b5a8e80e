import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const packageSchema = z.object({ scripts: z.object({ 'local:kms': z.string().startsWith('node ') }) });

/** The arguments that `npm run local:kms` gives to Node. */
function argumentsOfScript(): string[] {
  const text = readFileSync(join(checkout, 'package.json'), 'utf8');
  return packageSchema.parse(JSON.parse(text)).scripts['local:kms'].split(' ').slice(1);
}

export interface OwnKms {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process until it answers. */
  readonly startMilliseconds: number;
  stop(): Promise<void>;
}

/** Runs the local KMS as `npm run local:kms` does, in a process of its own, with its keys in memory. */
export async function startOwnKms(): Promise<OwnKms> {
  const from = performance.now();
  const child = spawn(process.execPath, [...argumentsOfScript(), '--port', '0'], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await told(child);
  await fetch(`${url}/_local/clock`);
  const startMilliseconds = performance.now() - from;
  return { url, pid: z.number().parse(child.pid), startMilliseconds, stop: () => end(child) };
}

/** Where it says that it is. */
function told({ stdout }: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      const url = /is at (?<url>http:\/\/\S+?),/.exec(text)?.groups?.url;
      if (url !== undefined) resolve(url);
    });
    stdout.once('end', () => reject(new Error(`The local KMS has ended. It said: ${text}`)));
  });
}

async function end(child: ReturnType<typeof spawn>): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** How long Node takes to start and end with nothing to do: the floor of every start. */
export async function startOfNode(): Promise<number> {
  const from = performance.now();
  await promisify(execFile)(process.execPath, ['-e', '0']);
  return performance.now() - from;
}

/** The memory that a process has, in MB. */
export async function residentMegabytes(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) / 1024;
}
