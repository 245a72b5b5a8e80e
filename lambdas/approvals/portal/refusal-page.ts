import { type ErrorKind, KeywardError } from '../../domain/errors.ts';
import { html } from '../html.ts';
import type { Page } from './answer.ts';
import type { Visit } from './visit.ts';

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

const titleOfStatus: Readonly<Record<number, string>> = {
  400: 'This cannot be read',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Not a way to use this page',
  409: 'Nothing was recorded',
  503: 'Keyward is busy',
};

/** Says what is wrong, what to do next, and the code and reference to tell whoever runs Keyward. */
export function refusalPage(visit: Visit, error: unknown): Page {
  const { status, code, message } = publicly(error);
  const requestId = /^requests\/(req_[0-9A-Z]{26})(?:\/|$)/.exec(visit.path)?.[1];
  const next =
    status === 401
      ? html`<a href="${visit.link(signInPath(requestId))}">Sign in</a>`
      : requestId === undefined || status === 404
        ? html`<a href="${visit.link('')}">See the requests that wait for you</a>`
        : html`<a href="${visit.link(`requests/${requestId}`)}">Open the request again</a>`;
  return {
    status,
    title: titleOfStatus[status] ?? 'Something is broken',
    content: html`<p class="fault" role="alert">${message}</p>
<p>${next}</p>
<p>Code ${code}, reference ${visit.reference}</p>`,
  };
}

/** Where a person signs in to come back to a request, or to the list. */
export function signInPath(requestId: string | undefined): string {
  return requestId === undefined ? 'sign-in' : `sign-in?request=${requestId}`;
}

/** Of what went wrong inside a person is told that it did, and no more. */
function publicly(error: unknown): { status: number; code: string; message: string } {
  if (!(error instanceof KeywardError) || error.kind === 'fault') {
    return {
      status: 500,
      code: 'InternalError',
      message: 'Keyward could not do this. Tell whoever runs it the reference below.',
    };
  }
  const { kind, code, message } = error;
  if (kind === 'transient') {
    return {
      status: 503,
      code: 'BackendBusy',
      message:
        'Keyward is busy. Wait a moment, then look at the request: it shows whether your decision was recorded.',
    };
  }
  return { status: code === 'MethodNotAllowed' ? 405 : statusOfKind[kind], code, message };
}
