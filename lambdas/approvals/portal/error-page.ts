import { type ErrorKind, KeywardError } from '../../domain/errors.ts';
import { type Html, html } from './html.ts';
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

/** Codes that HTTP has a status of its own for. */
const statusOfCode: Readonly<Record<string, number>> = {
  MethodNotAllowed: 405,
  BodyTooLarge: 413,
  UnsupportedMediaType: 415,
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
      message: 'Keyward could not do this. Tell whoever runs it the number below.',
      headers: {},
    };
  }
  if (error.kind === 'transient') {
    return {
      code: 'BackendBusy',
      status: 503,
      message:
        'Keyward or your sign-in is busy. Try again; a request shows whether your decision was recorded.',
      headers: { 'Retry-After': '1' },
    };
  }
  const { code, kind, message, details } = error;
  return {
    code,
    status: statusOfCode[code] ?? statusOfKind[kind],
    message,
    headers: typeof details.allow === 'string' ? { Allow: details.allow } : {},
  };
}

/** `next` is the page to go on from. */
export function errorPage(
  { code, message }: ToldError,
  {
    next,
    visitId,
    who,
  }: {
    readonly next: { readonly link: string; readonly label: string };
    /** The gateway's id of this visit, which the log names too. */
    readonly visitId: string;
    readonly who: string | undefined;
  },
): Html {
  return layout({
    title: code,
    who,
    content: html`<h1>This did not work</h1>
<p class="note fault" role="alert">${message}</p>
<p><a href="${next.link}">${next.label}</a></p>
<p class="quiet">Code: <code>${code}</code><br>Number: <code>${visitId}</code></p>`,
  });
}
