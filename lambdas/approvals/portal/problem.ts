import { type ErrorKind, KeywardError } from '../../domain/errors.ts';
import type { Problem } from './contract.ts';

const statusOfKind: Readonly<Record<ErrorKind, number>> = {
  invalid: 422,
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
  BodyUnreadable: 400,
  SignInInterrupted: 400,
  MethodNotAllowed: 405,
};

const titles: Readonly<Record<number, string>> = {
  400: 'This cannot be read',
  401: 'You are not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Not a method of this address',
  409: 'Not in this state',
  422: 'Something has to be corrected',
  500: 'Something is broken',
  503: 'Busy',
};

/** One thing to correct: a JSON pointer into the body, and what is wrong there. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/**
 * What of an error the visitor is told (RFC 9457): of what went wrong inside, that it did, and `reference` to tell
 * whoever runs Keyward.
 */
export function problemOf(
  error: unknown,
  reference: string,
): { readonly problem: Problem; readonly headers: Readonly<Record<string, string>> } {
  const { code, status, detail, details } = publicly(error);
  const { allow } = details;
  return {
    problem: {
      type: `urn:keyward:problem:${code}`,
      title: titles[status] ?? 'Refused',
      status,
      detail,
      code,
      requestId: reference,
      ...faultsOf(details, detail),
    },
    headers: {
      ...(status === 503 ? { 'Retry-After': '1' } : {}),
      ...(typeof allow === 'string' ? { Allow: allow } : {}),
    },
  };
}

function publicly(error: unknown): Pick<KeywardError, 'code' | 'details'> & {
  readonly status: number;
  readonly detail: string;
} {
  if (!(error instanceof KeywardError) || error.kind === 'fault') {
    return {
      code: 'InternalError',
      status: 500,
      detail: 'Keyward could not do this. Tell whoever runs it the reference of this answer.',
      details: {},
    };
  }
  const { code, kind, message, details } = error;
  if (kind === 'transient') {
    return {
      code: 'BackendBusy',
      status: 503,
      detail:
        'Keyward, your sign-in or the directory of your organisation is busy. Try again: a request shows whether your decision was recorded.',
      details: {},
    };
  }
  return { code, status: statusOfCode[code] ?? statusOfKind[kind], detail: message, details };
}

function faultsOf(
  { errors, pointer }: { readonly errors?: unknown; readonly pointer?: unknown },
  detail: string,
): { errors?: Fault[] } {
  if (Array.isArray(errors)) return { errors: errors as Fault[] };
  return typeof pointer === 'string' ? { errors: [{ pointer, detail }] } : {};
}
