import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { Door as DoorName } from './routes.ts';

interface Problem {
  readonly type: ResponseType;
  readonly status?: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the gateway answers before a Lambda is asked, in the form and with the codes of the Lambdas' own answers. */
const problems: readonly Problem[] = [
  {
    type: ResponseType.UNAUTHORIZED,
    status: 401,
    code: 'Unauthenticated',
    title: 'Nobody is known to be asking',
    detail: 'Send `Authorization: Bearer <token>` with a token of your sign-in that has not expired.',
    headers: { 'WWW-Authenticate': "'Bearer'" },
  },
  {
    type: ResponseType.EXPIRED_TOKEN,
    status: 401,
    code: 'Unauthenticated',
    title: 'The credentials have expired',
    detail: 'Get new credentials and sign the request again.',
  },
  {
    type: ResponseType.INVALID_SIGNATURE,
    status: 403,
    code: 'Forbidden',
    title: 'The signature does not match',
    detail: 'Sign the request with SigV4 for the service execute-api in this Region.',
  },
  {
    type: ResponseType.ACCESS_DENIED,
    status: 403,
    code: 'Forbidden',
    title: 'Not allowed',
    detail: 'Ask whoever runs Keyward for access to this API.',
  },
  {
    type: ResponseType.REQUEST_TOO_LARGE,
    status: 413,
    code: 'InvalidInput',
    title: 'The request is too large',
    detail: 'Send less than 10 MB.',
  },
  {
    type: ResponseType.THROTTLED,
    status: 429,
    code: 'Throttled',
    title: 'Too many requests',
    detail: 'Wait a second and try again, with growing pauses.',
    headers: { 'Retry-After': "'1'" },
  },
  {
    type: ResponseType.INTEGRATION_TIMEOUT,
    status: 504,
    code: 'BackendBusy',
    title: 'No answer in time',
    detail: 'Try again with the same Idempotency-Key: a request that was taken is not taken twice.',
    headers: { 'Retry-After': "'2'" },
  },
  {
    type: ResponseType.DEFAULT_4XX,
    code: 'InvalidInput',
    title: 'The gateway refused the request',
    detail: '$context.error.message',
  },
  {
    type: ResponseType.DEFAULT_5XX,
    code: 'BackendBusy',
    title: 'The request could not be answered',
    detail:
      'Try again with the same Idempotency-Key; if it stays so, tell whoever runs Keyward the requestId.',
    headers: { 'Retry-After': "'2'" },
  },
];

/** REST APIs answer alike to a route that they do not have and to a request that IAM finds no signature on. */
const noRouteOrSignature: Readonly<Record<DoorName, Problem>> = {
  people: {
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    status: 404,
    code: 'RouteNotFound',
    title: 'No such route',
    detail: 'Check the method and the path with GET /v1/openapi.json.',
  },
  machines: {
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    status: 403,
    code: 'Forbidden',
    title: 'No signature, or no such route',
    detail: 'Sign the request with SigV4 for the service execute-api, and check the method and the path.',
  },
};

/** What the gateway answers itself, as problems (RFC 9457) with a code. */
export function addProblemResponses(api: RestApi, door: DoorName): void {
  for (const { type, status, code, title, detail, headers } of [...problems, noRouteOrSignature[door]]) {
    const body = {
      title,
      ...(status !== undefined && { status }),
      code,
      detail,
      requestId: '$context.requestId',
    };
    api.addGatewayResponse(`Problem${type.responseType}`, {
      type,
      ...(status !== undefined && { statusCode: String(status) }),
      // The gateway knows templates by `application/json` only.
      responseHeaders: { 'Content-Type': "'application/problem+json'", ...headers },
      templates: { 'application/json': JSON.stringify(body) },
    });
  }
}
