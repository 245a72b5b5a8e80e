import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test, vi } from 'vitest';
import { documentClient } from '../../../lambdas/adapters/registry/client.ts';

test('a call without an answer is given up after three seconds and made again', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const client = documentClient();
  try {
    const ended = client.send(new GetCommand({ TableName: 'Registry', Key: { PK: 'a', SK: 'b' } }));
    ended.catch(() => {}); // Ends with the server, after the test.
    await once(silent, 'request');
    const first = performance.now();
    await once(silent, 'request');
    expect(performance.now() - first).toBeGreaterThan(2_500);
    expect(performance.now() - first).toBeLessThan(4_500);
    expect(await client.config.maxAttempts()).toBe(4);
  } finally {
    vi.unstubAllEnvs();
    silent.closeAllConnections();
    silent.close();
    client.destroy();
  }
}, 10_000);
