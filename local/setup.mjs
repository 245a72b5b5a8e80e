// Sets up what `npm start` and `npm test` need and a clean clone lacks: node_modules and the local AWS (MiniStack).
// It runs before node_modules exist, on the host's own Node, so it is plain JavaScript and imports only Node's modules.
// Two runs in one checkout are safe: one installs, the other waits. With nothing to do it ends within 0.3 s.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findBrowser } from './browser.mjs';
import { findSoftHsm } from './cloudhsm/softhsm-library.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const localFolder = join(root, '.local');
const lockFile = join(localFolder, 'setup.lock');
const requirementsFile = join(root, 'local/ministack/requirements.txt');
const ministackVersion = /^ministack==(\S+)$/m.exec(readFileSync(requirementsFile, 'utf8'))?.[1];
const ministackFolder = join(localFolder, `ministack-${ministackVersion}`);
const LOCK_WAIT_SECONDS = 900;
const WINDOWS_HINT = 'The local AWS runs on Linux and macOS; on Windows use WSL.';

/** What stops the set-up, said so that a person can act on it. */
class SetupError extends Error {}

/** @param {string} line */
const say = (line) => process.stdout.write(`setup: ${line}\n`);

/** @param {string} file */
const fileHash = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** @param {string} file @returns {string} the text, or '' when there is no such file */
const textOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

function checkNode() {
  if (process.platform === 'win32') throw new SetupError(`SETUP_PLATFORM: ${WINDOWS_HINT}`);
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    throw new SetupError(
      `SETUP_NODE: Node ${process.versions.node} is too old, Node >= 20 is needed. Install it from https://nodejs.org.`,
    );
  }
}

/** npm started this script, as a rule: then its own file is the one to run, whatever PATH says. */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script?.endsWith('npm-cli.js')) return [process.execPath, script];
  if (spawnSync('npm', ['--version']).status === 0) return ['npm'];
  throw new SetupError('SETUP_NPM: npm was not found. It comes with Node: https://nodejs.org.');
}

/** @returns {string} a Python >= 3.10 that can make virtual environments */
function findPython() {
  const probe = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 3)';
  const names = ['python3', 'python', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
  const seen = [];
  for (const name of names) {
    const { status, error } = spawnSync(name, ['-c', probe], { encoding: 'utf8' });
    if (status === 0) return name;
    if (!error) seen.push(status === 3 ? `${name} is older than 3.10` : `${name} lacks its venv module`);
  }
  const found = seen.length > 0 ? ` (${seen.join('; ')})` : '';
  throw new SetupError(
    `SETUP_PYTHON: Python >= 3.10 with venv was not found${found}. Install it: ` +
      'Debian/Ubuntu `apt-get install python3 python3-venv`, Fedora `dnf install python3`, macOS `brew install python`.',
  );
}

/**
 * Runs a command to its end; its output is shown only when it fails.
 * @param {string} what a label for messages
 * @param {string[]} command
 */
async function run(what, [program, ...args]) {
  const started = Date.now();
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const beat = setInterval(() => say(`${what} ... ${Math.round((Date.now() - started) / 1000)} s`), 10_000);
  const status = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  clearInterval(beat);
  if (status !== 0) {
    throw new SetupError(`${output}\nSETUP_INSTALL: ${what} failed (${status}); the output above says why.`);
  }
  say(`${what}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Whether node_modules holds what the lock file asks for: by our stamp, else by npm's own record of what it installed. */
function nodeModulesAreCurrent() {
  const stamp = join(root, 'node_modules/.keyward-setup');
  const wanted = fileHash(join(root, 'package-lock.json'));
  if (textOf(stamp) === wanted) return true;
  const installed = textOf(join(root, 'node_modules/.package-lock.json'));
  if (installed === '') return false;
  const have = JSON.parse(installed).packages;
  const want = JSON.parse(textOf(join(root, 'package-lock.json'))).packages;
  const current = Object.entries(want).every(
    ([path, { version, optional }]) =>
      path === '' || (have[path] ? have[path].version === version : optional === true),
  );
  if (current) writeFileSync(stamp, wanted);
  return current;
}

async function installNodeModules() {
  await run('npm packages (npm ci)', [...npmCommand(), 'ci', '--no-audit', '--no-fund']);
  writeFileSync(join(root, 'node_modules/.keyward-setup'), fileHash(join(root, 'package-lock.json')));
}

const ministackIsCurrent = () =>
  existsSync(join(ministackFolder, 'bin/python')) &&
  textOf(join(ministackFolder, 'requirements.sha256')) === fileHash(requirementsFile);

/** Builds the environment beside its final place and renames it there: what has the final name is whole. */
async function installMiniStack() {
  const python = findPython();
  const building = `${ministackFolder}.building`;
  rmSync(building, { recursive: true, force: true });
  try {
    await run('Python environment', [python, '-m', 'venv', building]);
    const pip = [join(building, 'bin/python'), '-m', 'pip', '--no-input', '--disable-pip-version-check'];
    await run(`MiniStack ${ministackVersion}, the local AWS`, [...pip, 'install', '-r', requirementsFile]);
    writeFileSync(join(building, 'requirements.sha256'), fileHash(requirementsFile));
    rmSync(ministackFolder, { recursive: true, force: true });
    renameSync(building, ministackFolder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Takes the lock of a run that died. Renaming picks one winner; what it got is put back if it was another's live lock. */
function removeDeadLock() {
  const owner = textOf(lockFile);
  if (owner === '' || isAlive(Number(owner))) return;
  const taken = `${lockFile}.${process.pid}`;
  try {
    renameSync(lockFile, taken);
    if (textOf(taken) === owner) unlinkSync(taken);
    else renameSync(taken, lockFile);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

/** @param {() => Promise<void>} work done by one run at a time in this checkout */
async function alone(work) {
  mkdirSync(localFolder, { recursive: true });
  for (let waited = 0; ; waited += 1) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    removeDeadLock();
    if (waited > LOCK_WAIT_SECONDS * 5) {
      throw new SetupError(
        `SETUP_LOCKED: another set-up holds ${lockFile} for too long. Delete it if none runs.`,
      );
    }
    if (waited % 50 === 5) say(`waiting for the set-up that process ${textOf(lockFile)} is running`);
    await sleep(200);
  }
  try {
    await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

/** The tests of the page run in a real browser; only `npm test` asks for one, with `--browser`. */
const wantsBrowser = process.argv.includes('--browser');

const browserIsThere = () => !wantsBrowser || findBrowser() !== undefined;

/** Installs Debian's Chromium where that is possible without asking anybody: as root. Elsewhere it is the user's to do. */
async function installBrowser() {
  const hint =
    'Install Chromium or Chrome: Debian/Ubuntu `apt-get install chromium`, Fedora `dnf install chromium`, macOS ' +
    '`brew install --cask google-chrome`; or set CHROME_PATH to one.';
  await installAsRoot(
    'chromium',
    'Chromium, for the tests of the page',
    `SETUP_BROWSER: no Chromium was found for the tests of the page. ${hint}`,
  );
  if (findBrowser() === undefined) throw new SetupError(`SETUP_BROWSER: Chromium cannot be run. ${hint}`);
}

/** The tests of CloudHSM run on a PKCS #11 token too; only `npm test` asks for that, with `--hsm`. */
const wantsHsm = process.argv.includes('--hsm');

const hsmIsThere = () => !wantsHsm || (findSoftHsm() !== undefined && existsSync(pkcs11Binding));

const pkcs11Binding = join(root, 'node_modules/pkcs11js/build/Release/pkcs11.node');

/** Builds the package that npm leaves out where it cannot be built, and installs Debian's SoftHSM2, as root. */
async function installHsm() {
  const hint =
    'Install SoftHSM2: Debian/Ubuntu `apt-get install softhsm2`, Fedora `dnf install softhsm`, macOS `brew install softhsm`; ' +
    'or set SOFTHSM2_LIBRARY to its PKCS #11 library.';
  if (findSoftHsm() === undefined) {
    await installAsRoot(
      'softhsm2',
      'SoftHSM2, for the tests of CloudHSM',
      `SETUP_HSM: no SoftHSM2 was found. ${hint}`,
    );
    if (findSoftHsm() === undefined) throw new SetupError(`SETUP_HSM: SoftHSM2 has no library. ${hint}`);
  }
  if (!existsSync(pkcs11Binding)) {
    await run('pkcs11js, for the tests of CloudHSM', [...npmCommand(), 'rebuild', 'pkcs11js']);
    if (!existsSync(pkcs11Binding)) {
      throw new SetupError(
        'SETUP_HSM: pkcs11js could not be built. It needs a C++ compiler, make and Python 3 ' +
          '(Debian/Ubuntu `apt-get install build-essential python3`).',
      );
    }
  }
}

/**
 * Installs a package of Debian's where that is possible without asking anybody.
 * @param {string} debianPackage
 * @param {string} what a label for messages
 * @param {string} otherwise what to say where it is the user's to do
 */
async function installAsRoot(debianPackage, what, otherwise) {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) {
    throw new SetupError(otherwise);
  }
  const apt = ['apt-get', '-qq', '-y', '-o', 'Dpkg::Use-Pty=0'];
  await run('package lists (apt-get update)', [...apt, 'update']);
  await run(what, [...apt, 'install', '--no-install-recommends', debianPackage]);
}

async function setUp() {
  checkNode();
  if (nodeModulesAreCurrent() && ministackIsCurrent() && browserIsThere() && hsmIsThere()) return;
  await alone(async () => {
    if (!ministackIsCurrent()) findPython();
    if (!nodeModulesAreCurrent()) await installNodeModules();
    if (!ministackIsCurrent()) await installMiniStack();
    if (!browserIsThere()) await installBrowser();
    if (!hsmIsThere()) await installHsm();
  });
}

try {
  await setUp();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
