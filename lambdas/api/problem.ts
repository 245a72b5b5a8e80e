import * as z from 'zod';
import { type ErrorDetails, type ErrorKind, KeywardError } from '../domain/errors.ts';

/** One fault of the input: a JSON pointer into the body, `?name` of the query, `{name}` of the path, or a header. */
export const fault = z.object({ pointer: z.string(), detail: z.string() });
export type Fault = z.infer<typeof fault>;

/** RFC 9457. `code` is what programs go by; it never changes its meaning. */
export const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    instance: z.string(),
    requestId: z.string(),
    errors: z.array(fault).optional(),
    keyState: z.string().optional(),
    allowedStates: z.array(z.string()).optional(),
  })
  .meta({
    id: 'Problem',
    description: 'Why a request was refused (RFC 9457), and what to do next.',
    example: {
      type: 'urn:keyward:problem:StateForbids',
      title: 'Not in this state',
      status: 409,
      detail: 'reinstate does not apply to a key that is active. It must be suspended.',
      code: 'StateForbids',
      instance: '/v1/keys/key_01K9VQ7C3S4M8Z2D5R6T7W8X9Y/reinstate',
      requestId: '6d1f0a86-6a1c-4b0a-9e0c-6a1b6c5d3f10',
      keyState: 'active',
      allowedStates: ['suspended'],
    },
  });
export type Problem = z.infer<typeof problem>;

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
  MalformedBody: 400,
  IdempotencyKeyMissing: 400,
  MethodNotAllowed: 405,
  BodyTooLarge: 413,
  UnsupportedMediaType: 415,
  VersionRequired: 428,
};

const titles: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  401: 'Nobody is known to be asking',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Not a method of this path',
  409: 'Not in this state',
  412: 'The key has changed',
  413: 'The body is too large',
  415: 'Not a media type of this API',
  422: 'The input is not valid',
  428: 'The version is missing',
  429: 'Too many requests',
  500: 'Something is broken',
  503: 'Busy',
};

/** Details that tell the caller what to do next; all others stay inside. */
const publicDetails: Readonly<Record<string, string>> = {
  keyState: 'keyState',
  allowedStates: 'allowedStates',
  requestState: 'requestState',
  deletionDate: 'deletionDate',
  allowed: 'allowed',
  known: 'known',
  groups: 'groups',
  verdict: 'verdict',
  decidedAt: 'decidedAt',
  channel: 'channel',
  digest: 'digest',
  keyId: 'keyId',
  etag: 'etag',
  // `requestId` of a problem is the HTTP request's.
  requestId: 'openRequestId',
};

export const SECONDS_TO_WAIT = 1;

/** The answer to an error: here and nowhere else an error becomes a status. */
export function problemOf(
  error: unknown,
  request: { readonly instance: string; readonly requestId: string },
): { readonly problem: Problem; readonly headers: Readonly<Record<string, string>> } {
  const { code, detail, details, status } = publicly(error);
  const { etag, allow } = details;
  return {
    problem: {
      type: `urn:keyward:problem:${code}`,
      title: titles[status] ?? 'Refused',
      status,
      detail,
      code,
      ...request,
      ...faultsOf(details, detail),
      ...Object.fromEntries(
        Object.entries(publicDetails).flatMap(([name, member]) =>
          details[name] === undefined ? [] : [[member, details[name]] as const],
        ),
      ),
    },
    headers: {
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...(status === 429 || status === 503 ? { 'Retry-After': String(SECONDS_TO_WAIT) } : {}),
      ...(typeof allow === 'string' ? { Allow: allow } : {}),
      ...(typeof etag === 'string' ? { ETag: etag } : {}),
    },
  };
}

/** What of an error its caller is told. Of what went wrong inside: that it did, and no more. */
function publicly(error: unknown): { code: string; detail: string; details: ErrorDetails; status: number } {
  if (!(error instanceof KeywardError) || error.kind === 'fault') {
    return {
      code: 'InternalError',
      detail: 'Keyward could not do this. Tell whoever runs it the requestId of this answer.',
      details: {},
      status: 500,
    };
  }
  if (error.kind === 'transient') {
    return {
      code: 'BackendBusy',
      detail: 'Keyward is busy. Send the same request again, with the same Idempotency-Key.',
      details: {},
      status: 503,
    };
  }
  const { code, message, details, kind } = error;
  return { code, detail: message, details, status: statusOfCode[code] ?? statusOfKind[kind] };
}

function faultsOf({ errors, pointer }: ErrorDetails, detail: string): { errors?: Fault[] } {
  if (errors !== undefined) return { errors: z.array(fault).parse(errors) };
  return typeof pointer === 'string' ? { errors: [{ pointer, detail }] } : {};
}
