import type { APIGatewayProxyResult } from 'aws-lambda';

/** What a visit is answered with: text, bytes, or a way to another address. */
export interface Reply {
  readonly status: number;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly setCookies?: readonly string[];
}

export function seeOther(location: string, setCookies: readonly string[] = []): Reply {
  return { status: 303, headers: { Location: location }, setCookies };
}

export function json(body: object, setCookies: readonly string[] = []): Reply {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    setCookies,
  };
}

export function resultOf(
  { status, body = '', headers, setCookies = [] }: Reply,
  method: string,
): APIGatewayProxyResult {
  const sent = method === 'HEAD' ? '' : body;
  return {
    statusCode: status,
    headers: {
      'Cache-Control': 'no-store',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Strict-Transport-Security': 'max-age=31536000',
      ...headers,
    },
    ...(setCookies.length === 0 ? {} : { multiValueHeaders: { 'Set-Cookie': [...setCookies] } }),
    ...(typeof sent === 'string'
      ? { body: sent }
      : { body: Buffer.from(sent).toString('base64'), isBase64Encoded: true }),
  };
}
