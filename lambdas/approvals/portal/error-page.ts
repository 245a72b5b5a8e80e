import { createHash } from 'node:crypto';
import { html } from '../html.ts';
import type { Problem } from './contract.ts';
import type { Reply } from './reply.ts';

const style = html`
:root { color-scheme: light dark }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.5rem }
`;

/** Nothing is loaded, nothing runs, and nobody frames the page. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style.toString()).digest('base64')}'`,
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/**
 * The page of a sign-in that did not work, without a script: it also has to show when nothing else does. `next` is the
 * address to go on from.
 */
export function errorPage(
  { status, code, detail, requestId }: Problem,
  next: string,
  headers: Readonly<Record<string, string>>,
): Reply {
  return {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': contentSecurityPolicy,
      ...headers,
    },
    body: html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>This did not work - Keyward</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>This did not work</h1>
<p role="alert">${detail}</p>
<p><a href="${next}">Go on to Keyward</a></p>
<p>Code <code>${code}</code><br>Reference <code>${requestId}</code></p>
</main>
</body>
</html>
`.toString(),
  };
}
