import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { account, commandEnvironment } from './account.ts';
import { runCommand } from './command.ts';
import type { RunFolder } from './run-folder.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const cdkScript = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');

const OutputsFile = z.record(z.string(), z.record(z.string(), z.string()));

export type DeploymentOptions = {
  readonly endpoint: string;
  readonly run: RunFolder;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
  /** CDK context for the app, `-c name=value`. */
  readonly context: Readonly<Record<string, string>>;
  /** The folder whose cdk.json names the app: this checkout by default. */
  readonly appFolder?: string;
};

/**
 * Deploys the app with the plain CDK: bootstraps and synthesizes side by side, then deploys what was synthesized.
 * @returns the outputs of its stacks
 * @throws Error COMMAND_FAILED with what the CDK said
 */
export async function deploy(options: DeploymentOptions): Promise<Record<string, string>> {
  const { run, context, progress, appFolder = checkout } = options;
  const assembly = join(run.path, 'cdk.out');
  const outputsFile = join(run.path, 'outputs.json');
  const contextArgs = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  await bothOrFirstFailure(
    timed(progress, 'synthesize the stack', () =>
      cdk(options, appFolder, ['synth', '--quiet', '--output', assembly, ...contextArgs]),
    ),
    // Outside the app's folder: else the CDK synthesizes the app to bootstrap.
    timed(progress, 'bootstrap the account', () =>
      cdk(options, run.path, ['bootstrap', `aws://${account.id}/${account.region}`]),
    ),
  );
  await timed(progress, 'deploy the stack', () =>
    cdk(
      options,
      appFolder,
      ['deploy', '--all', '--app', assembly, '--require-approval', 'never', '--outputs-file', outputsFile],
      everyFewSeconds(
        (line) => /\|\s*(\d+\/\d+)\s*\|/.exec(line)?.[1],
        (count) => progress(`deploying: ${count}`),
      ),
    ),
  );
  const stacks = OutputsFile.parse(JSON.parse(readFileSync(outputsFile, 'utf8')));
  return Object.assign({}, ...Object.values(stacks));
}

function cdk(
  { endpoint, run, signal }: DeploymentOptions,
  folder: string,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<void> {
  return runCommand({
    script: cdkScript,
    args: [...args, '--no-notices', '--ci'],
    folder,
    env: {
      ...commandEnvironment(endpoint, run.path),
      CDK_HOME: join(run.path, 'cdk-home'),
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    },
    logFile: join(run.path, 'cdk.log'),
    signal,
    onStart: (pid) => run.recordChild(pid, `cdk ${args[0]}`),
    onEnd: (pid) => run.forgetChild(pid),
    ...(onLine && { onLine }),
  });
}

/** Waits for both, so that nothing is still running when a failure is reported. */
async function bothOrFirstFailure(...works: readonly Promise<void>[]): Promise<void> {
  const failure = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

async function timed(
  progress: (line: string) => void,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const beat = setInterval(() => progress(`${what} ...`), 5_000);
  await work().finally(() => clearInterval(beat));
  progress(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function everyFewSeconds(
  read: (line: string) => string | undefined,
  show: (text: string) => void,
): (line: string) => void {
  let last = performance.now();
  return (line) => {
    const text = read(line);
    if (text === undefined || performance.now() - last < 3_000) return;
    last = performance.now();
    show(text);
  };
}
