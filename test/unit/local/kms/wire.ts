import * as z from 'zod';
import type { TestKms } from './local-kms.ts';

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=test/20261125/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0';

export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Posts to the port as no SDK would: the body and the headers as they are given. A null takes a header away. */
export async function post(
  kms: Pick<TestKms, 'url'>,
  target: string | null,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string | null>> = {},
): Promise<WireAnswer> {
  const all = {
    'x-amz-target': target,
    authorization: AUTHORIZATION,
    'content-type': 'application/x-amz-json-1.1',
    ...headers,
  };
  const given = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
  const response = await fetch(kms.url, { method: 'POST', headers: Object.fromEntries(given), body });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const errorSchema = z.strictObject({
  __type: z.string().regex(/^[A-Z][A-Za-z]+$/),
  message: z.string().min(1).optional(),
  Message: z.string().min(1).optional(),
});

/** The code and the text of an error; throws when the answer is not an error that is well formed. */
export function errorOf({ status, headers, text }: WireAnswer): { code: string; text: string } {
  if (status < 400 || headers.get('content-type') !== 'application/x-amz-json-1.1') {
    throw new Error(`This is not an error of an AWS service: ${status} ${text}`);
  }
  const { __type: code, message, Message } = errorSchema.parse(JSON.parse(text));
  return { code, text: message ?? Message ?? '' };
}
