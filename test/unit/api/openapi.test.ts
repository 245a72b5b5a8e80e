import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { contracts } from '../../../lambdas/api/contracts.ts';
import { openApiDocument } from '../../../lambdas/api/openapi.ts';
import { routes } from '../../../lib/routes.ts';
import { apiWorld, expectStatus } from './world.ts';

const root = join(import.meta.dirname, '../../..');
const file = join(root, 'docs/openapi.json');
const run = promisify(execFile);

const document = z.looseObject({
  openapi: z.literal('3.1.0'),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({ operationId: z.string(), security: z.array(z.unknown()).optional() }),
    ),
  ),
});

describe('the description of the API', () => {
  it('is the one in docs/openapi.json: write it with `npm run docs`', () => {
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  });

  it('is what anybody may read', async () => {
    const body = expectStatus(await apiWorld().ask(undefined, 'GET /v1/openapi.json'), 200);
    expect(body).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });

  it('describes every route of the doors, and no other', () => {
    const { paths } = document.parse(JSON.parse(readFileSync(file, 'utf8')));
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const deployed = routes
      .filter(({ path }) => path.startsWith('/v1/'))
      .map(({ method, path }) => `${method} ${path}`);
    expect(described.toSorted()).toEqual(deployed.toSorted());
    expect(described).toHaveLength(contracts.length);
  });

  it('names who may come in at each route', () => {
    const { paths } = document.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(paths['/v1/openapi.json']?.get?.security).toEqual([]);
    expect(paths['/v1/requests/{requestId}/decisions']?.post?.security).toEqual([{ person: [] }]);
    expect(paths['/v1/keys']?.get?.security).toBeUndefined();
  });

  it('is a valid OpenAPI document', { timeout: 60_000 }, async () => {
    const { stderr } = await run(
      process.execPath,
      [
        createRequire(import.meta.url).resolve('@redocly/cli/bin/cli.js'),
        'lint',
        'docs/openapi.json',
        '--format',
        'stylish',
      ],
      { cwd: root, env: { ...process.env, REDOCLY_TELEMETRY: 'off', NO_COLOR: '1' } },
    );
    expect(stderr).toMatch(/Your API description is valid/);
    expect(stderr).not.toMatch(/warning/i);
  });
});
