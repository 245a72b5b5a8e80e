import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from './free-port.ts';
import { endProcessGroup } from './processes.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const launcher = fileURLToPath(new URL('./launch.py', import.meta.url));
const requirements = fileURLToPath(new URL('./requirements.txt', import.meta.url));

/** One Lambda environment is a Node process of 55-78 MB: this many fit a small machine, and more calls are throttled. */
const LAMBDA_CONCURRENCY = 40;
const START_SECONDS = 60;
const START_TRIES = 3;
const STOP_GRACE_MS = 3_000;

export type MiniStackOptions = {
  /** A folder of this run alone: temporary files, the log. It is made when missing; the caller removes it. */
  readonly folder: string;
  /** Where the Lambdas find KMS and the tagging API of its keys; without it they find MiniStack's own. */
  readonly kmsUrl?: string;
  /** A free port by default. */
  readonly port?: number;
  /** `false` starts MiniStack without the corrections of launch.py. */
  readonly corrected?: boolean;
  /** Called with a line to show when the start takes long. */
  readonly progress?: (line: string) => void;
};

export type MiniStack = {
  readonly url: string;
  /** Also the id of its process group, which its Lambda environments belong to. */
  readonly pid: number;
  readonly logFile: string;
  /** Ends MiniStack and its Lambda environments; returns when they are gone. Again is harmless. */
  stop(): Promise<void>;
};

/**
 * Starts MiniStack, the local AWS, on 127.0.0.1 and returns when it answers.
 * @throws Error MINISTACK_MISSING when it is not installed, MINISTACK_START when it ends or stays silent
 */
export async function startMiniStack(options: MiniStackOptions): Promise<MiniStack> {
  const python = installedPython();
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await findFreePort());
    const started = await launch(python, port, options);
    if (started.ministack) return started.ministack;
    // Another process can take the free port before MiniStack does.
    if (options.port !== undefined || attempt === START_TRIES || !started.log.includes('already in use')) {
      throw new Error(`MINISTACK_START: the local AWS did not start. It said:\n${lastLines(started.log)}`);
    }
  }
}

function installedPython(): string {
  const version = /^ministack==(\S+)$/m.exec(readFileSync(requirements, 'utf8'))?.[1];
  const python = join(checkout, `.local/ministack-${version}/bin/python`);
  if (existsSync(python)) return python;
  throw new Error('MINISTACK_MISSING: the local AWS is not installed. Run `node local/setup.mjs`.');
}

type Launched =
  | { readonly ministack: MiniStack; readonly log?: never }
  | { readonly ministack?: never; readonly log: string };

async function launch(python: string, port: number, options: MiniStackOptions): Promise<Launched> {
  const temporary = join(options.folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  // The Lambdas' files are unpacked here: as on AWS a .js is CommonJS, whatever the package.json of this checkout says.
  writeFileSync(join(temporary, 'package.json'), '{ "type": "commonjs" }\n');
  const logFile = join(options.folder, 'ministack.log');
  const log = openSync(logFile, 'w');
  const child = spawn(python, options.corrected === false ? ['-m', 'ministack'] : [launcher], {
    cwd: options.folder,
    // Its own process group, so that stopping reaches every Lambda environment; the pipe ends it when this process dies.
    detached: true,
    stdio: ['pipe', log, log],
    env: environment(port, temporary, options.kmsUrl),
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) return { log: `${python} cannot be run` };
  const url = `http://127.0.0.1:${port}`;
  const ended = new Promise<'ended'>((resolve) => void child.once('exit', () => resolve('ended')));
  const outcome = await Promise.race([ended, answers(url, logFile, child, options.progress)]);
  const stop = async (): Promise<void> => {
    await endProcessGroup(pid, STOP_GRACE_MS);
    child.stdin?.destroy();
    rmSync(temporary, { recursive: true, force: true });
  };
  if (outcome === 'answers') return { ministack: { url, pid, logFile, stop } };
  await stop();
  return { log: readFileSync(logFile, 'utf8') };
}

function environment(port: number, temporary: string, kmsUrl: string | undefined): NodeJS.ProcessEnv {
  return {
    // The Lambdas inherit it all: as on AWS they see nothing of who started them, and live in UTC.
    LANG: 'en_US.UTF-8',
    TZ: 'UTC',
    HOME: temporary,
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    TMPDIR: temporary,
    S3_DATA_DIR: join(temporary, 's3'),
    STATE_DIR: join(temporary, 'state'),
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: 'localhost',
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    LAMBDA_EXECUTOR: 'local',
    LAMBDA_ACCOUNT_CONCURRENCY: String(LAMBDA_CONCURRENCY),
    // Its Node worker calls url.parse, and Node would say so in every function's log.
    NODE_OPTIONS: '--disable-warning=DEP0169',
    // Without an engine to ask, MiniStack does not look for containers of earlier runs.
    DOCKER_HOST: `unix://${join(temporary, 'no-docker.sock')}`,
    ...(kmsUrl && { AWS_ENDPOINT_URL_KMS: kmsUrl, AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API: kmsUrl }),
  };
}

async function answers(
  url: string,
  logFile: string,
  child: ChildProcess,
  progress: MiniStackOptions['progress'],
): Promise<'answers' | 'silent'> {
  const started = Date.now();
  let shown = 0;
  while (child.exitCode === null && Date.now() - started < START_SECONDS * 1000) {
    // Its own word comes first: what answers at this port may be another MiniStack.
    if (readFileSync(logFile, 'utf8').includes(`Running on ${url}`)) {
      const health = fetch(`${url}/_ministack/health`, { signal: AbortSignal.timeout(2_000) });
      if ((await health.catch(() => undefined))?.ok) return 'answers';
    }
    const seconds = Math.floor((Date.now() - started) / 1000);
    if (seconds >= shown + 5) {
      shown = seconds;
      progress?.(`the local AWS is starting ... ${seconds} s`);
    }
    await sleep(50);
  }
  return 'silent';
}

function lastLines(log: string): string {
  return log.trimEnd().split('\n').slice(-15).join('\n');
}
