import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CreateKeyCommand, KMSClient, ListResourceTagsCommand } from '@aws-sdk/client-kms';
import { describe, expect, onTestFinished, test } from 'vitest';
import { localKms } from './local-kms.ts';

const MAIN = join(import.meta.dirname, '../../../../local/kms/main.ts');

type Running = ChildProcessByStdio<null, Readable, Readable>;

function run(...args: readonly string[]): Running {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Resolves to what it says at its start, once all of that is there. */
async function started(child: Running): Promise<string> {
  let said = '';
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (said.includes('Ctrl-C stops it.')) return said;
  }
  throw new Error(`The local KMS has not started: ${said}${await text(child.stderr)}`);
}

/** Its exit code, and what it says on stderr. */
async function ended(child: Running): Promise<{ code: unknown; stderr: string }> {
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return { code, stderr };
}

const urlIn = (said: string) => /AWS_ENDPOINT_URL_KMS=(?<url>\S+)/.exec(said)?.groups?.url ?? '';

const clientOf = (url: string) =>
  new KMSClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'local-kms-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe('npm run local:kms', () => {
  test('answers the SDK as the account that it was given, and stops when it is told to', async () => {
    const child = run('--port', '0', '--account', '111122223333');
    const kms = clientOf(urlIn(await started(child)));
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    expect(KeyMetadata?.AWSAccountId).toBe('111122223333');
    child.kill('SIGTERM');
    expect(await ended(child)).toEqual({ code: 0, stderr: '' });
  });

  test('says that a port is taken, and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const port = portOf(other.address());
    expect(await ended(run('--port', String(port)))).toEqual({
      code: 1,
      stderr: expect.stringMatching(`Port ${port} is taken.*npm run local:kms -- --port 0`),
    });
  });

  test('leaves alone a file that is not its own', async () => {
    const file = join(folder(), 'diary.txt');
    writeFileSync(file, 'Dear diary, today I met a KMS.', { mode: 0o644 });
    const { code, stderr } = await ended(run('--port', '0', '--database', file));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`${file} cannot be opened`),
    });
    expect(statSync(file).mode & 0o777).toBe(0o644);
  });

  test('leaves a database alone that another one uses', async () => {
    const database = join(folder(), 'kms.sqlite');
    const first = run('--port', '0', '--database', database);
    await started(first);
    expect(await ended(run('--port', '0', '--database', database))).toEqual({
      code: 1,
      stderr: expect.stringContaining(`${database} is in use`),
    });
    first.kill('SIGKILL');
    await once(first, 'close');
    await started(run('--port', '0', '--database', database));
  });

  test('names a Region to every SDK, those that read AWS_DEFAULT_REGION included', async () => {
    const said = await started(run('--port', '0'));
    expect(said).toMatch(/^ {2}export .*AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1$/m);
  });

  test('refuses what it does not know', async () => {
    expect(await ended(run('--prot', '1'))).toEqual({ code: 2, stderr: expect.stringContaining('--help') });
  });
});

/** Makes keys with a tag each, several at a time, until the connection breaks; resolves to those that it was told of. */
async function makeKeys(url: string, onMade: (count: number) => void): Promise<string[]> {
  const kms = clientOf(url);
  const made: string[] = [];
  const maker = async (name: string): Promise<void> => {
    for (let count = 0; ; count += 1) {
      const Tags = [{ TagKey: 'made', TagValue: `${name}-${count}` }];
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Tags }));
      made.push(KeyMetadata?.KeyId ?? '');
      onMade(made.length);
    }
  };
  await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => maker(name)));
  return made;
}

test.each([1, 7, 40])(
  'nothing that was acknowledged is lost when it is killed after %i keys',
  async (count) => {
    const database = join(folder(), 'kms.sqlite');
    const child = run('--port', '0', '--database', database);
    const url = urlIn(await started(child));
    const made = await makeKeys(url, (soFar) => soFar === count && child.kill('SIGKILL'));
    expect(made.length).toBeGreaterThanOrEqual(count);
    const kms = await localKms({ database });
    for (const KeyId of made) {
      const { Tags } = await kms.root.send(new ListResourceTagsCommand({ KeyId }));
      expect(Tags).toEqual([{ TagKey: 'made', TagValue: expect.any(String) }]);
    }
  },
);

test('the log of a database is for its owner only, too', async () => {
  const database = join(folder(), 'kms.sqlite');
  const child = run('--port', '0', '--database', database);
  await clientOf(urlIn(await started(child))).send(new CreateKeyCommand({}));
  for (const file of [database, `${database}-wal`]) expect(statSync(file).mode & 0o077).toBe(0);
  child.kill('SIGINT');
  expect(await ended(child)).toEqual({ code: 0, stderr: '' });
  for (const file of [`${database}-wal`, `${database}-lock`]) expect(existsSync(file)).toBe(false);
});

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('It has no port.');
  return address.port;
}
