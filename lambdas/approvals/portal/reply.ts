import type { APIGatewayProxyResult } from 'aws-lambda';
import type { Html } from '../html.ts';
import { pageHeaders } from './layout.ts';

/** What a visit is answered with: a page, or a way to another one. */
export interface Reply {
  readonly status: number;
  readonly page?: Html;
  readonly headers?: Readonly<Record<string, string>>;
  readonly setCookies?: readonly string[];
}

export function seeOther(location: string, setCookies: readonly string[] = []): Reply {
  return { status: 303, headers: { Location: location }, setCookies };
}

export function resultOf(
  { status, page, headers, setCookies = [] }: Reply,
  method: string,
): APIGatewayProxyResult {
  return {
    statusCode: status,
    headers: {
      ...(page === undefined ? {} : pageHeaders),
      'Cache-Control': 'no-store',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Strict-Transport-Security': 'max-age=31536000',
      ...headers,
    },
    ...(setCookies.length === 0 ? {} : { multiValueHeaders: { 'Set-Cookie': [...setCookies] } }),
    body: page === undefined || method === 'HEAD' ? '' : page.toString(),
  };
}
