import type { APIGatewayProxyResult } from 'aws-lambda';
import { type Html, html } from '../html.ts';
import { fieldNames } from './decision-form.ts';
import type { Session } from './session.ts';
import { style, styleHash } from './style.ts';
import type { Visit } from './visit.ts';

/** What a page is, before it has its frame. */
export interface Page {
  readonly status: number;
  readonly title: string;
  readonly content: Html;
}

/** No script, no frame, no foreign address: a page holds text, one style and forms that go to the portal. */
const CONTENT_POLICY = [
  "default-src 'none'",
  `style-src '${styleHash}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const commonHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;

export function pageAnswer(
  visit: Visit,
  { status, title, content }: Page,
  { session, headers = {} }: { readonly session?: Session; readonly headers?: Record<string, string> } = {},
): APIGatewayProxyResult {
  return {
    statusCode: status,
    headers: { ...commonHeaders, 'Content-Type': 'text/html; charset=utf-8', ...headers },
    // A HEAD is answered as a GET would be, without the page.
    body: visit.method === 'HEAD' ? '' : framed(visit, title, content, session).toString(),
  };
}

/** Sends the browser on with a GET. */
export function redirectAnswer(location: string, cookies: readonly string[] = []): APIGatewayProxyResult {
  return {
    statusCode: 303,
    headers: { ...commonHeaders, Location: location },
    ...(cookies.length === 0 ? {} : { multiValueHeaders: { 'Set-Cookie': [...cookies] } }),
    body: '',
  };
}

function framed(visit: Visit, title: string, content: Html, session: Session | undefined): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - Keyward</title>
<style>${style}</style>
</head>
<body>
<header><strong>Keyward</strong>${session && html`<nav aria-label="Portal"><a href="${visit.link('')}">Requests that wait for you</a></nav>`}</header>
<main>
<h1>${title}</h1>
${content}
</main>
${session && signedInAs(visit, session)}
</body>
</html>
`;
}

function signedInAs(visit: Visit, { person, formToken }: Session): Html {
  return html`<footer><span>Signed in as ${person.name} (${person.id})</span>
<form method="post" action="${visit.link('sign-out')}">
<input type="hidden" name="${fieldNames.formToken}" value="${formToken}">
<button class="quiet" type="submit">Sign out</button>
</form></footer>`;
}
