import { type ErrorKind, KeywardError } from '../../domain/errors.ts';
import { type Html, html } from '../html.ts';
import { layout } from './layout.ts';

const statusOfKind: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  precondition: 412,
  throttled: 429,
  transient: 503,
  fault: 500,
};

/** What of an error the visitor is told: of what went wrong inside, that it did. */
export interface ToldError {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function told(error: unknown): ToldError {
  if (!(error instanceof KeywardError) || error.kind === 'fault') {
    return {
      code: 'InternalError',
      status: 500,
      message: 'Keyward could not do this. Tell whoever runs it the reference below.',
      headers: {},
    };
  }
  const { code, kind, message, details } = error;
  if (kind === 'transient') {
    return {
      code: 'BackendBusy',
      status: 503,
      message:
        'Keyward or your sign-in is busy. Try again: a request shows whether your decision was recorded.',
      headers: { 'Retry-After': '1' },
    };
  }
  return {
    code,
    status: code === 'MethodNotAllowed' ? 405 : statusOfKind[kind],
    message,
    headers: typeof details.allow === 'string' ? { Allow: details.allow } : {},
  };
}

/** The page of an error. `next` is the page to go on from, `reference` what the log knows the visit by. */
export function errorPage(
  { code, message }: ToldError,
  around: {
    readonly next: { readonly link: string; readonly label: string };
    readonly reference: string;
    readonly who: string | undefined;
  },
): Html {
  const { next, reference, who } = around;
  return layout({
    title: 'This did not work',
    who,
    content: html`<h1>This did not work</h1>
<p class="note fault" role="alert">${message}</p>
<p><a href="${next.link}">${next.label}</a></p>
<p class="quiet">Code <code>${code}</code><br>Reference <code>${reference}</code></p>`,
  });
}
