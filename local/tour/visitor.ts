import { DEVELOPMENT_PASSWORD } from '../signin/people.ts';
import { signInFields } from '../signin/sign-in-page.ts';

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
}

const MOST_REDIRECTS = 15;

export function visitor(): Visitor {
  const jar = new Map<string, Map<string, string>>();

  const go = async (start: URL, form?: URLSearchParams): Promise<Page> => {
    let url = start;
    let body = form;
    for (let hop = 0; hop < MOST_REDIRECTS; hop += 1) {
      const cookies = jar.get(url.host) ?? new Map<string, string>();
      jar.set(url.host, cookies);
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
        signal: AbortSignal.timeout(30_000),
        ...(body === undefined ? {} : { method: 'POST', body }),
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ''] = cookie.split(';');
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
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
  };
}

/** Opens a page that wants a sign-in, signs in as somebody of the made-up organisation, and comes back to it. */
export async function openSignedIn(browser: Visitor, url: string, name: string): Promise<Page> {
  const signIn = await browser.open(url);
  return browser.submit(signIn, { [signInFields.name]: name, [signInFields.password]: DEVELOPMENT_PASSWORD });
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
