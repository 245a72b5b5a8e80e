import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of the system, where there is one: no dependency of the project. */
const COMMAND: string = 'openssl';

export const hasOpenssl = spawnSync(COMMAND, ['version']).status === 0;

/** What the command writes to stdout; an argument that is bytes is the name of a file with them. */
export function openssl(...args: readonly (string | Uint8Array)[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'openssl-'));
  try {
    const named = args.map((argument, index) => {
      if (typeof argument === 'string') return argument;
      const file = join(folder, String(index));
      writeFileSync(file, argument, { mode: 0o600 });
      return file;
    });
    return execFileSync(COMMAND, named, { stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
