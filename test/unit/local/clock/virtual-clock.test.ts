import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { clock as systemClock } from '../../../../lambdas/adapters/system-clock.ts';
import { clock } from '../../../../local/clock/virtual-clock.ts';
import { startLocalKms } from '../../../../local/kms/server.ts';

afterEach(() => vi.unstubAllEnvs());

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the clock of a Lambda on the local stage', () => {
  test('is that of the local server', async () => {
    const kms = await startLocalKms();
    onTestFinished(() => kms.close());
    const url = `${kms.url}/_local/clock`;
    vi.stubEnv('KEYWARD_LOCAL_CLOCK_URL', url);
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ advance: 'P30D' }) });
    await expect(response.json()).resolves.toEqual({
      now: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      offsetMilliseconds: 30 * 86_400_000,
    });
    const now = await clock();
    expect(now).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.round((Date.parse(now) - Date.now()) / 86_400_000)).toBe(30);
  });

  test.each([{ advance: '-P1D' }, { advance: -5 }, { advance: 'soon' }, {}, { by: 'P1D' }])(
    'is not moved by %j, and says by what it is',
    async (body) => {
      const kms = await startLocalKms();
      onTestFinished(() => kms.close());
      const response = await fetch(`${kms.url}/_local/clock`, { method: 'POST', body: JSON.stringify(body) });
      expect(response.status).toBe(400);
      await expect(response.json()).resolves.toMatchObject({
        code: 'InvalidRequest',
        message: expect.stringContaining('Give a duration such as "P30D"'),
      });
      expect(kms.clock.offsetMilliseconds).toBe(0);
    },
  );

  test('says so when its address is missing', async () => {
    vi.stubEnv('KEYWARD_LOCAL_CLOCK_URL', '');
    await expect(clock()).rejects.toThrow(/KEYWARD_LOCAL_CLOCK_URL is not set/);
  });

  test('says so when the server fails, and does not wait for one that is silent', async () => {
    vi.stubEnv(
      'KEYWARD_LOCAL_CLOCK_URL',
      await listening(createServer((_, response) => response.writeHead(500).end())),
    );
    await expect(clock()).rejects.toThrow(/answered 500/);
    vi.stubEnv('KEYWARD_LOCAL_CLOCK_URL', await listening(createServer(() => undefined)));
    await expect(clock()).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

test('the system clock is the time now, in milliseconds', async () => {
  const now = await systemClock();
  expect(now).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(Math.abs(Date.parse(now) - Date.now())).toBeLessThan(1000);
});
