import * as z from 'zod';
import { DEVELOPMENT_PASSWORD } from '../signin/people.ts';
import { signInFields } from '../signin/sign-in-page.ts';
import type { Answer } from './api-client.ts';
import { sentAgain } from './sent-again.ts';

export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly html: string;
}

/** A browser without scripts: follows redirects, keeps each site's cookies, fills in forms. */
export interface Visitor {
  open(url: string): Promise<Page>;
  /** Sends the form with this action (or the only one), with its hidden fields and the given values. */
  submit(page: Page, values: Readonly<Record<string, string>>): Promise<Page>;
  /** What a script of a page asks its site: a GET, or a POST of a JSON body, with the site's cookies. */
  ask(
    url: URL,
    post?: { readonly headers: Readonly<Record<string, string>>; readonly body: object },
  ): Promise<Answer>;
}

const MOST_REDIRECTS = 15;

export function visitor(): Visitor {
  const jar = new Map<string, Map<string, string>>();

  /** One request with the cookies of its site, which keep what it brings. */
  const send = async (url: URL, init: RequestInit = {}): Promise<Response> => {
    const cookies = jar.get(url.host) ?? new Map<string, string>();
    jar.set(url.host, cookies);
    const headers = new Headers(init.headers);
    headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '));
    const response = await sentAgain(() =>
      fetch(url, { ...init, redirect: 'manual', headers, signal: AbortSignal.timeout(30_000) }),
    );
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return response;
  };

  const go = async (start: URL, form?: URLSearchParams): Promise<Page> => {
    let url = start;
    let body = form;
    for (let hop = 0; hop < MOST_REDIRECTS; hop += 1) {
      const response = await send(url, body === undefined ? {} : { method: 'POST', body });
      const next = response.headers.get('location');
      if (next === null) return { url, status: response.status, html: await response.text() };
      url = new URL(next, url);
      body = undefined;
    }
    throw new Error(`TOO_MANY_REDIRECTS: ${start.href} leads round in circles.`);
  };

  return {
    open: (url) => go(new URL(url)),
    submit: (page, values) => {
      const form = /<form[^>]*>[\s\S]*?<\/form>/.exec(page.html)?.[0];
      if (form === undefined)
        throw new Error(`NO_FORM: ${page.url.href} (${page.status}) has no form to send.`);
      const action = decode(/<form[^>]*\baction="([^"]*)"/.exec(form)?.[1] ?? '');
      const hidden = [...form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(
        ([input]): [string, string] => [attribute(input, 'name'), attribute(input, 'value')],
      );
      return go(new URL(action, page.url), new URLSearchParams([...hidden, ...Object.entries(values)]));
    },
    ask: async (url, post) => {
      const response = await send(
        url,
        post === undefined
          ? {}
          : {
              method: 'POST',
              headers: { 'content-type': 'application/json', origin: url.origin, ...post.headers },
              body: JSON.stringify(post.body),
            },
      );
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
  };
}

/** Opens a page that wants a sign-in, signs in as somebody of the made-up organisation, and comes back to it. */
export async function openSignedIn(
  browser: Visitor,
  url: string,
  name: string,
  { secondFactor = false }: { readonly secondFactor?: boolean } = {},
): Promise<Page> {
  const signIn = await browser.open(url);
  return browser.submit(signIn, {
    [signInFields.name]: name,
    [signInFields.password]: DEVELOPMENT_PASSWORD,
    ...(secondFactor ? { [signInFields.secondFactor]: 'yes' } : {}),
  });
}

/** The page for approvers, as its script uses it. */
export interface Portal {
  /** Below `portal/api/`. */
  get(path: string): Promise<Answer>;
  post(path: string, body: object): Promise<Answer>;
}

const session = z.looseObject({ formToken: z.string() });

/**
 * Follows a link into the page for approvers, such as that of a mail, and signs in there.
 * @throws Error PAGE_REFUSED when the link or the sign-in does not lead to the page
 */
export async function openPortal(
  browser: Visitor,
  link: string,
  name: string,
  options: { readonly secondFactor?: boolean } = {},
): Promise<Portal> {
  const page = await browser.open(link);
  if (page.status !== 200) throw new Error(`PAGE_REFUSED: ${page.url.href} answered ${page.status}.`);
  const root = new URL(attribute(/<base[^>]*>/.exec(page.html)?.[0] ?? '', 'href'), page.url);
  const to = page.url.href.slice(root.href.length);
  const step = options.secondFactor === true ? '&stepUp=mfa' : '';
  const signIn = new URL(`sign-in?to=${encodeURIComponent(to)}${step}`, root);
  const back = await openSignedIn(browser, signIn.href, name, options);
  if (back.url.href !== page.url.href) {
    throw new Error(`PAGE_REFUSED: the sign-in led to ${back.url.href} (${back.status}) and not back.`);
  }
  const api = new URL('api/', root);
  const { formToken } = session.parse((await browser.ask(new URL('session', api))).body);
  return {
    get: (path) => browser.ask(new URL(path, api)),
    post: (path, body) => browser.ask(new URL(path, api), { headers: { 'x-form-token': formToken }, body }),
  };
}

function attribute(tag: string, name: string): string {
  return decode(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

function decode(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
