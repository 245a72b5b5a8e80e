import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stage as Assembly, Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { type LambdaId, lambdaEntries, lambdaIds } from './lambda-entries.ts';
import type { Stage } from './stage.ts';

const checkout = fileURLToPath(new URL('..', import.meta.url));
const policies = join(checkout, 'policies');

/**
 * The code of every Lambda. All of them are bundled in one run of esbuild at synthesis: one function at a time, as
 * NodejsFunction does it, starts esbuild two dozen times to read the same files.
 */
export class LambdaBundles {
  readonly #folder: string | undefined;

  constructor(scope: Construct, stage: Stage) {
    // False for the commands that need no code (`cdk list`, `cdk destroy`) and in tests of the template.
    if (!Stack.of(scope).bundlingRequired) return;
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
    // Errors are routed on by their class names.
    keepNames: true,
    // For the packages that still call require().
    banner: {
      js: "import { createRequire as keywardCreateRequire } from 'node:module'; const require = keywardCreateRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  for (const id of ids) cpSync(policies, join(folder, id, 'policies'), { recursive: true });
}
