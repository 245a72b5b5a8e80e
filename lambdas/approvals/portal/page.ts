import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { BackendStateUnexpected } from '../../domain/errors.ts';
import { PageNotFound } from './errors.ts';
import type { Reply } from './reply.ts';
import type { Visit } from './visit.ts';

/** The built page: its one document, and what it loads, by path such as `assets/index-B4x1.js`. */
export interface Page {
  readonly document: string;
  readonly assets: ReadonlyMap<string, Asset>;
}

interface Asset {
  readonly type: string;
  readonly body: string | Uint8Array;
}

const textTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const binaryTypes: Readonly<Record<string, string>> = {
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
};

/** Where every relative address of the page starts from: filled in for each visit. */
const base = /<base href="[^"]*"\s*\/?>/;

/** Everything the page loads is its own, and nobody frames it. Pictures may be part of its style sheets. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Reads the built page. Only what is read here is ever served: no path of a visit reaches the disk. Throws
 * BackendStateUnexpected for a page that could not be served.
 */
export function readPage(folder: string): Page {
  const document = readFileSync(join(folder, 'index.html'), 'utf8');
  if (!base.test(document)) {
    throw new BackendStateUnexpected('The page has no <base href>: it would load nothing below its root.');
  }
  const files = readdirSync(join(folder, 'assets'), { recursive: true, withFileTypes: true });
  const assets = files
    .filter((file) => file.isFile())
    .map((file): [string, Asset] => {
      const path = join(file.parentPath, file.name);
      return [relative(folder, path).split(sep).join('/'), assetIn(path)];
    });
  return { document, assets: new Map(assets) };
}

function assetIn(path: string): Asset {
  const extension = extname(path);
  const [text, binary] = [textTypes[extension], binaryTypes[extension]];
  if (text !== undefined) return { type: text, body: readFileSync(path, 'utf8') };
  if (binary !== undefined) return { type: binary, body: readFileSync(path) };
  throw new BackendStateUnexpected(`The page has a file of an unknown kind, ${extension}.`);
}

/** The document, for any page of the portal: what is on it the script asks for. */
export function documentOf({ document }: Page, { link }: Pick<Visit, 'link'>): Reply {
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': contentSecurityPolicy,
    },
    body: document.replace(base, `<base href="${link('')}/">`),
  };
}

/** A file of the page. Its name changes with what is in it, so that it can be kept. Throws PageNotFound. */
export function assetOf({ assets }: Page, path: string): Reply {
  const asset = assets.get(path);
  if (asset === undefined) throw new PageNotFound();
  return {
    status: 200,
    headers: { 'Content-Type': asset.type, 'Cache-Control': 'public, max-age=31536000, immutable' },
    body: asset.body,
  };
}
