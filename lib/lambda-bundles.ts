import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stage as Assembly, Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { askPolicies, type LambdaId, lambdaEntries, lambdaIds } from './lambda-entries.ts';
import type { Stage } from './stage.ts';

const checkout = fileURLToPath(new URL('..', import.meta.url));
const policies = join(checkout, 'policies');
/** The engine of the Cedar policies. */
const cedar = '@cedar-policy/cedar-wasm/nodejs';

/**
 * The code of every Lambda. All of them are bundled in one run of esbuild at synthesis: one function at a time, as
 * NodejsFunction does it, starts esbuild two dozen times to read the same files.
 */
export class LambdaBundles {
  readonly #folder: string | undefined;

  constructor(scope: Construct, stage: Stage) {
    // False for the commands that need no code (`cdk list`, `cdk destroy`) and in tests of the template.
    if (!Stack.of(scope).bundlingRequired) return;
    checkPolicies(policies);
    const assembly = Assembly.of(scope);
    this.#folder = join(assembly?.outdir ?? 'cdk.out', 'lambdas');
    bundleLambdas(stage.name, this.#folder);
  }

  codeOf(id: LambdaId): Code {
    return Code.fromAsset(this.#folder === undefined ? policies : join(this.#folder, id));
  }
}

/** Writes `<folder>/<id>/index.mjs` for every Lambda, with the organisation's policies beside it. */
export function bundleLambdas(
  stage: Stage['name'],
  folder: string,
  ids: readonly LambdaId[] = lambdaIds,
): void {
  rmSync(folder, { recursive: true, force: true });
  buildSync({
    absWorkingDir: checkout,
    entryPoints: Object.fromEntries(
      ids.map((id) => [`${id}/index`, `lambdas/${lambdaEntries[id]}.lambda.ts`]),
    ),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    // `keyward-local` gives "#clock" its local meaning. Naming a condition takes away the default one, `module`.
    conditions: stage === 'local' ? ['keyward-local', 'module'] : ['module'],
    // It reads its WebAssembly from beside itself.
    external: [cedar],
    // Errors are routed on by their class names.
    keepNames: true,
    // For the packages that still call require().
    banner: {
      js: "import { createRequire as keywardCreateRequire } from 'node:module'; const require = keywardCreateRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  for (const id of ids) cpSync(policies, join(folder, id, 'policies'), { recursive: true });
  for (const id of askPolicies) if (ids.includes(id)) shipCedar(join(folder, id));
  if (ids.includes('Portal')) buildPage(join(folder, 'Portal', 'page'));
}

/** Puts the policy engine where the bundle finds it: of the package only what runs on Node. */
function shipCedar(folder: string): void {
  const home = join('node_modules', dirname(cedar));
  const flavour = basename(cedar);
  for (const part of ['package.json', flavour]) {
    cpSync(join(checkout, home, part), join(folder, home, part), { recursive: true });
  }
}

/** Builds the page for approvers into the bundle of the Lambda that serves it. */
function buildPage(folder: string): void {
  const vite = fileURLToPath(new URL('../node_modules/vite/bin/vite.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [vite, 'build', 'console', '--outDir', resolve(folder), '--emptyOutDir', '--logLevel', 'warn'],
    { cwd: checkout, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`PAGE_INVALID: the page in console/ does not build.\n${stdout}${stderr}`);
}

/**
 * Has the policies read by the code that will read them in every Lambda: a fault is to stop the deployment and not all
 * of Keyward. In a process of its own, because what runs at synthesis imports nothing of what runs in a Lambda.
 */
export function checkPolicies(folder: string): void {
  const adapter = (name: string) =>
    JSON.stringify(new URL(`../lambdas/adapters/${name}.ts`, import.meta.url).href);
  const program = `
    const { readPolicies } = await import(${adapter('policy-files')});
    const { readAuthorization } = await import(${adapter('authorization')});
    try {
      readPolicies(${JSON.stringify(folder)});
      readAuthorization(${JSON.stringify(folder)});
    } catch (error) {
      process.stderr.write(error.message);
      process.exitCode = 1;
    }`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`POLICIES_INVALID: correct the files in policies/.\n${stderr}`);
}
