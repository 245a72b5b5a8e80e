import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));

let clone: string;

/** A clean clone with what the set-up reads, and a folder of stand-ins for the commands that it runs. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'keyward-setup-'));
  mkdirSync(join(clone, 'local/ministack'), { recursive: true });
  mkdirSync(join(clone, 'local/cloudhsm'));
  mkdirSync(join(clone, 'commands'));
  for (const name of ['setup.mjs', 'browser.mjs', 'cloudhsm/softhsm-library.mjs']) {
    cpSync(join(checkout, 'local', name), join(clone, 'local', name));
  }
  cpSync(join(checkout, 'local/ministack/requirements.txt'), join(clone, 'local/ministack/requirements.txt'));
  writeLock('1.0.0');
  command('npm', 'echo "npm $*" >> commands.log; sleep 0.3; mkdir -p node_modules');
  command('python3', pythonStandIn);
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

/** Answers the probe, makes an environment that holds a copy of itself, and installs nothing. */
const pythonStandIn = `case "$*" in
  -c*) exit 0 ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
esac
echo "python $*" >> commands.log`;

function command(name: string, script: string): void {
  const file = join(clone, 'commands', name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

function writeLock(version: string): void {
  writeFileSync(
    join(clone, 'package-lock.json'),
    JSON.stringify({ packages: { '': {}, 'node_modules/left-pad': { version } } }),
  );
}

function setUp(
  path = `${join(clone, 'commands')}:/usr/bin:/bin`,
  args: readonly string[] = [],
  variables: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; output: string }> {
  const { npm_execpath: _, CHROME_PATH: _browser, ...env } = process.env;
  const child = spawn(process.execPath, ['local/setup.mjs', ...args], {
    cwd: clone,
    env: { ...env, ...variables, PATH: path },
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

const commandsRun = () =>
  readFileSync(join(clone, 'commands.log'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.replaceAll(clone, '').split(' ').slice(0, 3).join(' '));

test('a clean clone gets its packages and the local AWS, once', async () => {
  const first = await setUp();
  expect(first).toMatchObject({ code: 0 });
  expect(first.output).toContain('MiniStack 1.5.33, the local AWS: done in');
  const afterFirst = commandsRun();
  expect(afterFirst).toEqual(['npm --version', 'npm ci --no-audit', 'python -m venv', 'python -m pip']);
  expect(await setUp()).toEqual({ code: 0, output: '' });
  expect(commandsRun()).toEqual(afterFirst);
});

test('two at once: one installs, the other waits', async () => {
  const both = await Promise.all([setUp(), setUp()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(commandsRun().filter((line) => line === 'npm ci --no-audit')).toHaveLength(1);
  expect(commandsRun().filter((line) => line === 'python -m venv')).toHaveLength(1);
});

test('a changed lock file is installed again', async () => {
  await setUp();
  writeLock('2.0.0');
  await setUp();
  expect(commandsRun().filter((line) => line === 'npm ci --no-audit')).toHaveLength(2);
});

test('packages that npm install brought in the same versions stay', async () => {
  mkdirSync(join(clone, 'node_modules'));
  cpSync(join(clone, 'package-lock.json'), join(clone, 'node_modules/.package-lock.json'));
  await setUp();
  expect(commandsRun()).toEqual(['python -m venv', 'python -m pip']);
});

test('the lock of a run that died is taken over', async () => {
  mkdirSync(join(clone, '.local'));
  writeFileSync(join(clone, '.local/setup.lock'), '4194304');
  expect(await setUp()).toMatchObject({ code: 0 });
});

test('a failed installation shows what the command said and leaves nothing half done', async () => {
  command(
    'python3',
    pythonStandIn.replace('-c*)', '"-m pip"*|*"install -r"*) echo no network; exit 1 ;; -c*)'),
  );
  const { code, output } = await setUp();
  expect(code).toBe(1);
  expect(output).toMatch(/no network\n+SETUP_INSTALL: MiniStack 1\.5\.33, the local AWS failed \(1\)/);
  command('python3', pythonStandIn);
  expect(await setUp()).toMatchObject({ code: 0 });
});

test('without a fitting Python it says which one to install', async () => {
  command('python3', 'exit 3');
  for (const name of ['python', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    command(name, 'exit 1');
  }
  const { code, output } = await setUp();
  expect(code).toBe(1);
  expect(output).toMatch(
    /^SETUP_PYTHON: Python >= 3\.10 with venv was not found \(python3 is older than 3\.10; python lacks/,
  );
  expect(output).toContain('apt-get install python3 python3-venv');
});

test('without npm it says where npm comes from', async () => {
  rmSync(join(clone, 'commands/npm'));
  const { code, output } = await setUp(join(clone, 'commands'));
  expect(code).toBe(1);
  expect(output).toMatch(/^SETUP_NPM: npm was not found\./);
});

describe('the token for the tests of CloudHSM', () => {
  const withHsm = (library: string) => setUp(undefined, ['--hsm'], { SOFTHSM2_LIBRARY: library });
  const build =
    'mkdir -p node_modules/pkcs11js/build/Release; echo > node_modules/pkcs11js/build/Release/pkcs11.node';

  test('needs SoftHSM2 and the package that speaks to it, which is built where npm has left it out', async () => {
    await setUp();
    writeFileSync(join(clone, 'libsofthsm2.so'), '');
    const library = join(clone, 'libsofthsm2.so');
    expect((await withHsm(library)).output).toMatch(/SETUP_HSM: pkcs11js could not be built.*C\+\+ compiler/);
    command('npm', `echo "npm $*" >> commands.log; case "$*" in "rebuild pkcs11js") ${build} ;; esac`);
    expect(await withHsm(library)).toMatchObject({ code: 0 });
    expect(commandsRun().at(-1)).toBe('npm rebuild pkcs11js');
    expect(await withHsm(library)).toEqual({ code: 0, output: '' });
  });
});

describe('the browser for the tests of the page', () => {
  // Only the stand-ins are found, and no browser of this machine.
  const withBrowser = () => setUp(join(clone, 'commands'), ['--browser']);
  beforeEach(() => setUp());

  test('is left alone where there is one', async () => {
    command('chromium', 'exit 0');
    expect(await withBrowser()).toEqual({ code: 0, output: '' });
  });

  test('is installed where that can be done without asking, and else said to be missing', async () => {
    command(
      'apt-get',
      `case "$*" in *install*) echo > ${clone}/commands/chromium; /bin/chmod +x ${clone}/commands/chromium ;; esac`,
    );
    const { code, output } = await withBrowser();
    if (process.getuid?.() === 0) {
      expect(code).toBe(0);
      expect(output).toContain('Chromium, for the tests of the page: done in');
    } else {
      expect(code).toBe(1);
      expect(output).toContain('SETUP_BROWSER');
    }
  });

  test('cannot be installed without apt-get: the hint says what can be done', async () => {
    const { code, output } = await withBrowser();
    expect(code).toBe(1);
    expect(output).toMatch(/^SETUP_BROWSER: .*apt-get install chromium.*CHROME_PATH/);
  });
});
