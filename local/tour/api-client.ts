import { randomUUID } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { account } from '../stage/account.ts';
import { sentAgain } from './sent-again.ts';

/** An answer of the API: the body is JSON of any shape, for the caller's schema to judge. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface ApiClient {
  get(path: string): Promise<Answer>;
  /** `If-Match: *` where nothing else is said, and an `Idempotency-Key` of its own. */
  post(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

type Authorize = (
  method: string,
  url: URL,
  headers: Record<string, string>,
  body: string | undefined,
) => Promise<Record<string, string>>;

/** A person at the people's door, with the access token of a sign-in. */
export function personClient(baseUrl: string, accessToken: string): ApiClient {
  return clientWith(baseUrl, async (_method, _url, headers) => ({
    ...headers,
    authorization: `Bearer ${accessToken}`,
  }));
}

/** A machine at the machines' door: requests signed with SigV4. */
export function machineClient(
  baseUrl: string,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
): ApiClient {
  const signer = new SignatureV4({
    service: 'execute-api',
    region: account.region,
    credentials,
    sha256: Sha256,
  });
  return clientWith(baseUrl, async (method, url, headers, body) => {
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      ...(body === undefined ? {} : { body }),
    });
    const { host: _own, ...rest } = signed.headers;
    return rest;
  });
}

function clientWith(baseUrl: string, authorize: Authorize): ApiClient {
  const call = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<Answer> => {
    const url = new URL(`${baseUrl}${path}`);
    const response = await sentAgain(async () =>
      fetch(url, {
        method,
        headers: await authorize(method, url, headers, body),
        signal: AbortSignal.timeout(30_000),
        ...(body === undefined ? {} : { body }),
      }),
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };
  return {
    get: (path) => call('GET', path, {}),
    post: (path, body, headers = {}) =>
      call(
        'POST',
        path,
        { 'content-type': 'application/json', 'idempotency-key': randomUUID(), 'if-match': '*', ...headers },
        JSON.stringify(body),
      ),
  };
}
