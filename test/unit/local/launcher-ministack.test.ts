import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MiniStack, startMiniStack } from '../../../local/ministack/ministack.ts';
import { groupMembers } from '../../../local/ministack/processes.ts';
import { clientConfig } from '../../../local/stage/account.ts';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const role = 'arn:aws:iam::000000000000:role/anything';

const handlerCode = `
  class FooError extends Error { name = 'FooError' }
  let calls = 0;
  export const rejects = async () => { calls += 1; console.log('call', calls); throw new FooError('no'); };
  export const throws = () => { throw new FooError('no'); };
  export const counts = async (event) => { calls += 1; if (event.fail) throw new FooError('no'); return calls; };
`;

let folder: string;
let codeZip: Buffer;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-ministack-'));
  // Like the checkout's, which must not make the Lambdas' files modules.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'index.mjs'), handlerCode);
  execFileSync('python3', ['-m', 'zipfile', '-c', 'code.zip', 'index.mjs'], { cwd: folder });
  codeZip = readFileSync(join(folder, 'code.zip'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('MiniStack as Keyward starts it', () => {
  let ministack: MiniStack;
  beforeAll(async () => {
    ministack = await startMiniStack({ folder: join(folder, 'corrected'), kmsUrl: 'http://127.0.0.1:9' });
  }, 60_000);
  afterAll(() => ministack.stop());

  test.each(['rejects', 'throws'])(
    'a Lambda error reaches a Catch under its own name: %s',
    async (handler) => {
      expect(await outcomeOfCatch(ministack.url, handler)).toBe('caught FooError');
    },
    30_000,
  );

  test('a call over the concurrency limit can be retried by its name', async () => {
    const lambda = await deploy(ministack.url, 'limited', 'counts');
    await lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: 'limited', ReservedConcurrentExecutions: 0 }),
    );
    const outcome = await outcomeOfCatch(ministack.url, 'limited', 'Lambda.TooManyRequestsException');
    expect(outcome).toBe('caught Lambda.TooManyRequestsException');
  }, 30_000);

  test('a handler that fails keeps its environment', async () => {
    const lambda = await deploy(ministack.url, 'counts');
    const call = async (event: object) => {
      const { Payload } = await lambda.send(
        new InvokeCommand({ FunctionName: 'counts', Payload: JSON.stringify(event) }),
      );
      return JSON.parse(Buffer.from(Payload ?? []).toString()) as unknown;
    };
    expect(await call({})).toBe(1);
    expect(await call({ fail: true })).toMatchObject({ errorType: 'FooError', errorMessage: 'no' });
    expect(await call({})).toBe(3);
  }, 30_000);

  test('a silent handler does not wait 50 ms for log lines', async () => {
    const lambda = await deploy(ministack.url, 'counts');
    const call = () => lambda.send(new InvokeCommand({ FunctionName: 'counts', Payload: '{}' }));
    await call();
    const started = performance.now();
    for (let calls = 0; calls < 20; calls += 1) await call();
    expect(performance.now() - started).toBeLessThan(20 * 50);
  }, 30_000);

  test('each call has its own log lines', async () => {
    const lambda = await deploy(ministack.url, 'rejects');
    const call = async () => {
      const { LogResult } = await lambda.send(
        new InvokeCommand({ FunctionName: 'rejects', LogType: 'Tail' }),
      );
      return Buffer.from(LogResult ?? '', 'base64').toString();
    };
    await call();
    const log = await call();
    expect(log.match(/call \d+/g)).toHaveLength(1);
    expect(log).not.toContain('end of the call');
  }, 30_000);
});

test('MiniStack without the corrections loses the name: when this fails, launch.py has had its day', async () => {
  const ministack = await startMiniStack({ folder: join(folder, 'as-it-comes'), corrected: false });
  try {
    expect(await outcomeOfCatch(ministack.url, 'rejects')).toBe('caught something else');
  } finally {
    await ministack.stop();
  }
}, 60_000);

test('stopping leaves neither MiniStack nor its Lambda environments nor temporary files', async () => {
  const runFolder = join(folder, 'stopped');
  const ministack = await startMiniStack({ folder: runFolder });
  const lambda = await deploy(ministack.url, 'counts');
  await lambda.send(new InvokeCommand({ FunctionName: 'counts', Payload: '{}' }));
  expect(groupMembers(ministack.pid)).toHaveLength(2);
  await ministack.stop();
  expect(groupMembers(ministack.pid)).toEqual([]);
  expect(existsSync(join(runFolder, 'tmp'))).toBe(false);
  await expect(fetch(ministack.url)).rejects.toThrow('fetch failed');
  await ministack.stop();
}, 60_000);

test('a start that cannot succeed says why', async () => {
  const ministack = await startMiniStack({ folder: join(folder, 'first') });
  try {
    const port = Number(new URL(ministack.url).port);
    await expect(startMiniStack({ folder: join(folder, 'second'), port })).rejects.toThrow(
      /^MINISTACK_START: [^]*already in use/,
    );
  } finally {
    await ministack.stop();
  }
}, 60_000);

test('another MiniStack, without the text to correct, is not started', () => {
  const changed = `
import runpy
from ministack.core import lambda_runtime
lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace("err.stack", "err.trace")
runpy.run_path("local/ministack/launch.py", run_name="__main__")`;
  const { status, stderr } = spawnSync('.local/ministack-1.5.33/bin/python', ['-c', changed], {
    cwd: checkout,
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^MINISTACK_PATCH: in lambda_runtime\._NODEJS_WORKER_SCRIPT the text .* occurs 0 times/,
  );
}, 30_000);

async function deploy(url: string, name: string, handler = name): Promise<LambdaClient> {
  const lambda = new LambdaClient(clientConfig(url));
  await lambda
    .send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: 'nodejs24.x',
        Handler: `index.${handler}`,
        Role: role,
        Code: { ZipFile: codeZip },
      }),
    )
    .catch((error: unknown) => {
      if (!(error instanceof Error && error.name === 'ResourceConflictException')) throw error;
    });
  return lambda;
}

/** Deploys the handler and runs a machine that calls it, with a Catch on the error before the Catch on everything. */
async function outcomeOfCatch(url: string, handler: string, error = 'FooError'): Promise<unknown> {
  await deploy(url, handler);
  const stepFunctions = new SFNClient(clientConfig(url));
  const passed = (output: string) => ({ Type: 'Pass', Output: output, End: true });
  const definition = {
    QueryLanguage: 'JSONata',
    StartAt: 'Call',
    States: {
      Call: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: handler },
        TimeoutSeconds: 20,
        Catch: [
          { ErrorEquals: [error], Next: 'Named' },
          { ErrorEquals: ['States.ALL'], Next: 'Other' },
        ],
        End: true,
      },
      Named: passed(`caught ${error}`),
      Other: passed('caught something else'),
    },
  };
  const { stateMachineArn } = await stepFunctions.send(
    new CreateStateMachineCommand({
      name: `catch-${handler}`,
      definition: JSON.stringify(definition),
      roleArn: role,
    }),
  );
  const { executionArn } = await stepFunctions.send(new StartExecutionCommand({ stateMachineArn }));
  for (;;) {
    const { status, output } = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
    if (status !== 'RUNNING') return JSON.parse(output ?? 'null');
    await sleep(50);
  }
}
