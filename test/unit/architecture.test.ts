import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** What a folder may import from the rest of the project, besides itself. `lambdas/` alone means every feature. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'lambdas/domain': [],
  'lambdas/adapters': ['lambdas/domain'],
  'lambdas/alerts': ['lambdas/domain', 'lambdas/adapters'],
  'lambdas/api': ['lambdas/domain', 'lambdas/adapters', 'lambdas/approvals'],
  'lambdas/approvals': ['lambdas/domain', 'lambdas/adapters'],
  // It is the steps of a revocation, done in one call, behind a route of the API.
  'lambdas/emergency': [
    'lambdas/domain',
    'lambdas/adapters',
    'lambdas/api',
    'lambdas/approvals',
    'lambdas/steps',
  ],
  'lambdas/requests': ['lambdas/domain', 'lambdas/adapters'],
  'lambdas/slack': ['lambdas/domain', 'lambdas/adapters', 'lambdas/approvals'],
  'lambdas/steps': ['lambdas/domain', 'lambdas/adapters'],
  'lambdas/sweep': ['lambdas/domain', 'lambdas/adapters'],
  // An auditor runs it without trusting anything but the rules.
  verify: ['lambdas/domain'],
  lib: [],
  local: ['lambdas/domain', 'lib/outputs.ts'],
};

/** The domain is pure: these packages compute, and nothing else of npm may come in. */
const pureModules = new Set(['canonicalize', 'node:crypto', 'temporal-polyfill', 'yaml', 'zod']);

const sources = globSync(['lib/**/*.ts', 'lambdas/**/*.ts', 'local/**/*.ts', 'verify/**/*.ts'], {
  cwd: root,
});
const imports = sources.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:\bfrom|import\()\s*'([^']+)'/g)].map((match) => ({
    file,
    specifier: match[1] ?? '',
  })),
);

function folderOf(file: string): string {
  return Object.keys(mayImport).find((folder) => file.startsWith(`${folder}/`)) ?? file;
}

function target({ file, specifier }: { file: string; specifier: string }): string {
  return relative(root, join(root, dirname(file), specifier));
}

describe('the directions of imports', () => {
  it('finds the sources', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(imports.length).toBeGreaterThan(300);
  });

  it('has a rule for every folder', () => {
    const strangers = sources.filter((file) => mayImport[folderOf(file)] === undefined);
    expect(strangers).toEqual([]);
  });

  it('goes only where the folder may import from', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return false;
      const to = target({ file, specifier });
      const own = folderOf(file);
      return ![own, ...(mayImport[own] ?? [])].some(
        (allowed) => to === allowed || to.startsWith(`${allowed}/`),
      );
    });
    expect(wrong).toEqual([]);
  });

  it('keeps the domain pure', () => {
    const impure = imports.filter(
      ({ file, specifier }) =>
        file.startsWith('lambdas/domain/') && !specifier.startsWith('.') && !pureModules.has(specifier),
    );
    expect(impure).toEqual([]);
    const clocks = sources
      .filter((file) => file.startsWith('lambdas/domain/'))
      .filter((file) =>
        /Date\.now|new Date\(\)|Temporal\.Now|Math\.random|process\./.test(
          readFileSync(join(root, file), 'utf8'),
        ),
      );
    expect(clocks).toEqual([]);
  });

  it('lets the local clock into a bundle by a condition only', () => {
    const uses = imports.filter(({ specifier }) => specifier.includes('virtual-clock'));
    expect(uses).toEqual([]);
  });
});
