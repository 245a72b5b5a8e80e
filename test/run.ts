import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { type Counts, countCheck, countTests } from './report-counts.ts';

// `npm test`: every check and every test, one after the other, and the counts at the end. A failure stops nothing.
const checkout = fileURLToPath(new URL('..', import.meta.url));
const results = join(checkout, 'test-results');
const tools = join(checkout, 'node_modules/.bin');
/** Tools leave caches where temporary files go: here that is in the checkout, for the time of the run. */
const temporary = join(checkout, '.local', `checks-${process.pid}`);

type Step = {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** The file that vitest writes for a step of tests; a step without one counts as one check. */
  readonly report?: string;
  readonly env?: Readonly<Record<string, string>>;
};

const check = (name: string, ...command: readonly [string, ...string[]]): Step => ({ name, command });

function tests(name: string, ...projects: readonly string[]): Step {
  return vitest(name, projects.join('-'), ...projects.flatMap((project) => ['--project', project]));
}

/** Some of what `npm run test:imperfect` runs: all of it takes too long here. */
function imperfect(name: string, ...files: readonly string[]): Step {
  const step = vitest(name, 'machines-imperfect', '--project', 'machines', ...files);
  return { ...step, env: { KEYWARD_KMS: 'imperfect' } };
}

function vitest(name: string, reportName: string, ...selection: readonly string[]): Step {
  const report = join(results, `${reportName}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return { name, command: ['vitest', 'run', ...selection, ...reporters], report };
}

const steps: readonly Step[] = [
  check('types', 'tsc', '--noEmit'),
  check('types of the page', 'tsc', '-p', 'console/tsconfig.json'),
  check('lint', 'oxlint', '--type-aware', '--deny-warnings'),
  check('format', 'biome', 'ci'),
  check('dead code', 'knip'),
  tests('unit tests', 'unit'),
  tests('conformance of the local KMS', 'conformance'),
  tests('machines, killed at every call', 'machines'),
  imperfect(
    'races, emergencies and losses over an imperfect KMS',
    'test/machines/races.test.ts',
    'test/machines/emergency.test.ts',
    'test/machines/lost-kms-key.test.ts',
  ),
  tests('approvals by chance', 'chaos'),
  tests('browser tests', 'browser'),
  tests('infrastructure tests', 'infrastructure'),
  tests('workflow and end-to-end tests', 'workflow', 'e2e'),
];

type Outcome = Counts & { readonly name: string; readonly seconds: number; readonly output: string };

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
mkdirSync(temporary, { recursive: true });
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));

const outcomes: Outcome[] = [];
for (const [index, step] of steps.entries()) {
  process.stdout.write(`[${index + 1}/${steps.length}] ${step.name} ...\n`);
  const outcome = await take(step);
  outcomes.push(outcome);
  process.stdout.write(`[${index + 1}/${steps.length}] ${summary(outcome)}\n`);
  if (outcome.failed > 0) process.stdout.write(`${outcome.output.trimEnd()}\n`);
}
process.exitCode = conclude(outcomes);

async function take(step: Step): Promise<Outcome> {
  const started = performance.now();
  const { succeeded, output } = await run(step);
  const counts =
    step.report === undefined ? countCheck(succeeded) : countTests(textOf(step.report), succeeded);
  return { ...counts, name: step.name, seconds: (performance.now() - started) / 1000, output };
}

function run({ command: [tool, ...args], env }: Step): Promise<{ succeeded: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(join(tools, tool), args, {
      cwd: checkout,
      env: {
        ...process.env,
        PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
        TMPDIR: temporary,
        XDG_CACHE_HOME: temporary,
        NO_COLOR: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: string): void => void (output += chunk);
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', keep);
    const endChild = (): void => void child.kill('SIGTERM');
    process.once('SIGTERM', endChild);
    const started = performance.now();
    const beat = setInterval(() => {
      const lastLine = stripVTControlCharacters(output).trimEnd().split('\n').at(-1) ?? '';
      process.stdout.write(
        `  ... ${Math.round((performance.now() - started) / 1000)} s  ${lastLine.slice(0, 100)}\n`,
      );
    }, 15_000);
    const end = (succeeded: boolean, more = ''): void => {
      clearInterval(beat);
      process.off('SIGTERM', endChild);
      resolve({ succeeded, output: stripVTControlCharacters(output + more) });
    };
    child.once('error', (error) => end(false, `${tool} cannot be run: ${error.message}. Run \`npm ci\`.\n`));
    child.once('close', (code) => end(code === 0));
  });
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function summary({ name, passed, failed, skipped, seconds }: Outcome): string {
  const parts = [failed > 0 ? `FAILED: ${passed} passed, ${failed} failed` : `${passed} passed`];
  if (skipped > 0) parts.push(`${skipped} skipped`);
  return `${name}: ${parts.join(', ')} (${seconds.toFixed(1)} s)`;
}

function conclude(all: readonly Outcome[]): number {
  const sum = (field: keyof Counts): number => all.reduce((total, outcome) => total + outcome[field], 0);
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
  process.stdout.write(`\n${all.map(summary).join('\n')}\n\n`);
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
