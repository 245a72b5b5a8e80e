import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bundleLambdas, checkPolicies } from '../../lib/lambda-bundles.ts';
import { askPolicies, type LambdaId, lambdaIds } from '../../lib/lambda-entries.ts';
import { roleNames, statementsOf, textOf } from './permissions.ts';
import { local } from './synthesis.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-bundles-'));
  bundleLambdas('deployed', join(folder, 'deployed'));
  bundleLambdas('local', join(folder, 'local'), ['Sweep']);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bundleOf = (stage: 'deployed' | 'local', id: LambdaId) =>
  readFileSync(join(folder, stage, id, 'index.mjs'), 'utf8');

/** esbuild puts the path of every source above what it made of it. */
const sourcesOf = (bundle: string) => Array.from(bundle.matchAll(/^\/\/ (\S+)$/gm), ([, path]) => path ?? '');

const functionSchema = z.object({
  Properties: z.object({
    Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
    Role: z.unknown(),
  }),
});

/** What the stack sets for each Lambda, which is told its id on the local stage. */
const functions = new Map(
  Object.values(local().findResources('AWS::Lambda::Function')).map((found) => {
    const { Environment, Role } = functionSchema.parse(found).Properties;
    const role = roleNames(local()).get(textOf(Role).replace(/^<(\w+)\.Arn>$/, '$1'));
    const variables = Object.keys(Environment.Variables);
    return [String(Environment.Variables['AWS_SDK_UA_APP_ID']), { variables, role }] as const;
  }),
);

/** The Lambdas that have the role of this one: most have their own. */
const ofOneRole = (id: LambdaId) =>
  lambdaIds.filter((other) => functions.get(other)?.role === functions.get(id)?.role);

function writablePartitions(id: LambdaId): readonly string[] {
  return statementsOf(local())
    .filter((it) => it.role === functions.get(id)?.role && it.actions.includes('dynamodb:PutItem'))
    .flatMap(({ conditions }) => conditions['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? []);
}

describe.each(lambdaIds)('the bundle of %s', (id) => {
  it('has its handler, and the policies of the organisation beside it', () => {
    expect(bundleOf('deployed', id)).toMatch(/export \{[^}]*\bhandler\b[^}]*\}/);
    expect(existsSync(join(folder, 'deployed', id, 'policies', 'key-classes.yaml'))).toBe(true);
  });

  it('asks for no variable that the stack does not set', () => {
    const asked = new Set(
      Array.from(bundleOf('deployed', id).matchAll(/\benvironment\("([A-Z_]+)"\)/g), ([, name]) => name),
    );
    expect([...asked].filter((name) => !functions.get(id)?.variables.includes(name ?? ''))).toEqual([]);
  });

  it('writes to the partitions that its role may write to', () => {
    const bundle = ofOneRole(id)
      .map((each) => bundleOf('deployed', each))
      .join('\n');
    const writable = writablePartitions(id);
    const writes: [call: RegExp, partition: string][] = [
      [/\.commit\(/, 'KEY#*'],
      [/\.claimOnce\(/, 'ONCE#*'],
      [/\.putTaskToken\(/, 'TOKEN#*'],
    ];
    for (const [call, partition] of writes) {
      expect(writable.includes(partition), partition).toBe(call.test(bundle));
    }
  });

  it('has the engine of the Cedar policies beside it if it loads that', () => {
    const loads = bundleOf('deployed', id).includes('@cedar-policy/cedar-wasm');
    expect(askPolicies.some((asking) => asking === id)).toBe(loads);
    expect(existsSync(join(folder, 'deployed', id, 'node_modules/@cedar-policy'))).toBe(loads);
  });

  it('holds nothing of the local AWS', () => {
    const bundle = bundleOf('deployed', id);
    expect(sourcesOf(bundle).filter((path) => path.startsWith('local/'))).toEqual([]);
    expect(bundle).not.toContain('_local/clock');
  });
});

describe('a bundle for the local AWS', () => {
  it('takes its time from the local clock', () => {
    expect(sourcesOf(bundleOf('local', 'Sweep'))).toContain('local/clock/virtual-clock.ts');
    expect(sourcesOf(bundleOf('deployed', 'Sweep'))).toContain('lambdas/adapters/system-clock.ts');
  });
});

describe('the policies of the organisation', () => {
  const shipped = fileURLToPath(new URL('../../policies', import.meta.url));

  it('are read before they are deployed', () => {
    expect(() => checkPolicies(shipped)).not.toThrow();
  });

  it('stop the deployment when one has a fault', () => {
    const broken = join(folder, 'policies');
    cpSync(shipped, broken, { recursive: true });
    writeFileSync(join(broken, 'key-classes.yaml'), 'version: 1\nclasses: none\n');
    expect(() => checkPolicies(broken)).toThrow(
      /^POLICIES_INVALID: correct the files in policies\/\.\n.*classes/s,
    );
  });
});
