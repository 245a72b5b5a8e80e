import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPage } from '../../../lambdas/approvals/portal/page.ts';
import { REQUEST_ID, sami } from '../domain/examples.ts';
import { aPage, portalWorld } from './portal-world.ts';

/** Where a browser at this address finds `assets/x.js` of the page. */
const foundFrom = (address: string, body: string): string => {
  const base = /<base href="([^"]*)">/.exec(body)?.[1] ?? '';
  return new URL('assets/x.js', new URL(base, address)).href;
};

describe('a page', () => {
  it.each([
    ['/portal', 'https://k.test/api/portal'],
    ['/portal/', 'https://k.test/api/portal/'],
    [`/portal/requests/${REQUEST_ID}`, `https://k.test/api/portal/requests/${REQUEST_ID}`],
    [`/portal/requests/${REQUEST_ID}/`, `https://k.test/api/portal/requests/${REQUEST_ID}/`],
    ['/portal/passkeys', 'https://k.test/api/portal/passkeys'],
    ['/portal/no-such-page', 'https://k.test/api/portal/no-such-page'],
  ])('at %s is the document, which finds its files wherever it is', async (path, address) => {
    const { visit } = await portalWorld();
    const { status, body } = await visit(`GET ${path}`, {
      event: { requestContext: { requestId: 'v', path: new URL(address).pathname } as never },
    });
    expect(status).toBe(200);
    expect(foundFrom(address, body)).toBe('https://k.test/api/portal/assets/x.js');
  });

  it('needs no session, holds nothing of anybody, and is kept nowhere', async () => {
    const { visit, pageOf } = await portalWorld();
    const { cookie } = await pageOf(sami);
    const open = await visit(`GET /portal/requests/${REQUEST_ID}`);
    expect(await visit(`GET /portal/requests/${REQUEST_ID}`, { cookie })).toMatchObject({
      body: open.body,
      headers: open.headers,
    });
    expect(open.setCookies).toEqual([]);
    expect(open.headers).toMatchObject({
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Content-Security-Policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'",
    });
  });

  it('to a HEAD is the same without its body', async () => {
    const { visit } = await portalWorld();
    const { headers } = await visit('GET /portal');
    expect(await visit('HEAD /portal')).toMatchObject({ status: 200, body: '', headers });
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('answers no %s', async (method) => {
    const { visit } = await portalWorld();
    for (const path of ['/portal', '/portal/passkeys', '/portal/assets/index-B4x1.js']) {
      const { status, headers } = await visit(`${method} ${path}`);
      expect([status, headers.Allow]).toEqual([405, 'GET, HEAD']);
    }
  });

  it.each([
    '/portal/a.b',
    '/portal//evil.test',
    '/portal/requests/..',
    '/portal/a:b',
    '/portal/%2e%2e',
    '/portal/a"b',
  ])('is not at %s', async (path) => {
    const { visit } = await portalWorld();
    const { status, body } = await visit(`GET ${path}`);
    expect(status).toBe(404);
    expect(body).toContain('PageNotFound');
    expect(body).not.toContain('<script');
  });
});

describe('a file of the page', () => {
  it('is sent as what it is, to be kept for good', async () => {
    const { visit } = await portalWorld();
    const { status, body, headers } = await visit('GET /portal/assets/index-B4x1.js');
    expect([status, body]).toEqual([200, 'run();']);
    expect(headers).toMatchObject({
      'Content-Type': 'text/javascript; charset=utf-8',
      'Cache-Control': 'public, max-age=31536000, immutable',
      'X-Content-Type-Options': 'nosniff',
    });
  });

  it('that is no text is sent as base64 for the gateway', async () => {
    const { visit } = await portalWorld();
    expect((await visit('GET /portal/assets/font-C2.woff2')).body).toBe('AP8B');
    expect((await visit('HEAD /portal/assets/font-C2.woff2')).body).toBe('');
  });

  it.each([
    'assets/',
    'assets/no-such.js',
    'assets/../index.mjs',
    'assets/../../etc/passwd',
    'assets/%2e%2e/index.mjs',
    String.raw`assets/..\index.mjs`,
    'assets/index-B4x1.js/',
    'assets/constructor',
    'assets//index-B4x1.js',
  ])('is nothing else: not %s', async (path) => {
    const { visit } = await portalWorld();
    const { status, headers } = await visit(`GET /portal/${path}`);
    expect([status, headers['Cache-Control']]).toEqual([404, 'no-store']);
  });
});

describe('the page beside the bundle', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyward-page-'));
    mkdirSync(join(folder, 'assets', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'index.html'), aPage.document);
    writeFileSync(join(folder, 'assets', 'a.js'), 'a');
    writeFileSync(join(folder, 'assets', 'deep', 'b.css'), 'b');
    writeFileSync(join(folder, 'assets', 'c.woff2'), 'c');
    writeFileSync(join(folder, 'beside.js'), 'not served');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is read whole, and nothing else', () => {
    const { document, assets } = readPage(folder);
    expect(document).toBe(aPage.document);
    expect(new Map([...assets].map(([path, { type }]) => [path, type]))).toEqual(
      new Map([
        ['assets/a.js', 'text/javascript; charset=utf-8'],
        ['assets/c.woff2', 'font/woff2'],
        ['assets/deep/b.css', 'text/css; charset=utf-8'],
      ]),
    );
    expect(assets.get('assets/c.woff2')?.body).toEqual(Buffer.from('c'));
  });

  it('stops the Lambda at its start when it cannot be served', () => {
    writeFileSync(join(folder, 'index.html'), '<!doctype html><script src="assets/a.js"></script>');
    expect(() => readPage(folder)).toThrow(/no <base href>/);
    writeFileSync(join(folder, 'index.html'), aPage.document);
    writeFileSync(join(folder, 'assets', 'd.exe'), 'd');
    expect(() => readPage(folder)).toThrow(/unknown kind, \.exe/);
  });
});
