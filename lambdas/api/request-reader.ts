import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import { IdempotencyKeyMissing, InvalidInput, VersionRequired } from '../domain/errors.ts';
import type { Call, Contract } from './contract.ts';
import { headersOf } from './headers.ts';
import { BodyTooLarge, MalformedBody, UnsupportedMediaType } from './http-errors.ts';
import type { Fault } from './problem.ts';

const LARGEST_BODY = 64 * 1024;

/** How a place in a part of the request is written in a problem. */
type Pointer = (path: readonly PropertyKey[]) => string;

const pointers = {
  path: (path: readonly PropertyKey[]) => `{${String(path[0] ?? '')}}`,
  query: (path: readonly PropertyKey[]) => `?${String(path[0] ?? '')}`,
  header: (path: readonly PropertyKey[]) => String(path[0] ?? ''),
  body: (path: readonly PropertyKey[]) =>
    path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
} as const;

/**
 * Reads a request by its contract. Throws UnsupportedMediaType, BodyTooLarge, MalformedBody, IdempotencyKeyMissing,
 * InvalidInput with every fault of path, query, headers and body at once, or VersionRequired, in this order.
 */
export function readRequest<C extends Contract>(
  { fields, method }: C,
  event: APIGatewayProxyEvent,
  pathValues: Readonly<Record<string, string>>,
): Pick<Call<C>, 'path' | 'query' | 'headers' | 'body'> {
  const sent = headersOf(event);
  const body = method === 'POST' ? jsonBody(event, sent) : {};
  const headers = Object.fromEntries(
    Object.keys(fields.headers.shape).flatMap((name) => {
      const value = sent.get(name.toLowerCase());
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  if ('Idempotency-Key' in fields.headers.shape && headers['Idempotency-Key'] === undefined) {
    throw new IdempotencyKeyMissing(
      'Send an `Idempotency-Key` header: one text of your own for each thing you want, the same when you try again.',
      { pointer: 'Idempotency-Key' },
    );
  }
  const faults: Fault[] = [];
  const read = <S extends z.ZodType>(schema: S, value: unknown, pointer: Pointer): z.output<S> => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    faults.push(...parsed.error.issues.flatMap((issue) => faultsOf(issue, pointer)));
    return {} as z.output<S>;
  };
  const versionMissing = 'If-Match' in fields.headers.shape && headers['If-Match'] === undefined;
  const call = {
    path: read<C['fields']['path']>(fields.path, pathValues, pointers.path),
    query: read<C['fields']['query']>(fields.query, queryOf(event, faults), pointers.query),
    headers: read<C['fields']['headers']>(
      fields.headers,
      // Its absence has a status of its own, below.
      versionMissing ? { ...headers, 'If-Match': '*' } : headers,
      pointers.header,
    ),
    body: read<C['fields']['body']>(fields.body, body, pointers.body),
  };
  if (faults.length > 0) {
    throw new InvalidInput(
      faults.length === 1
        ? 'One thing in the request is not valid: see `errors`.'
        : `${faults.length} things in the request are not valid: see \`errors\`.`,
      { errors: faults },
    );
  }
  if (versionMissing) {
    throw new VersionRequired(
      'Send `If-Match` with the ETag of the key as you read it, or `If-Match: *` for whatever it is now.',
      { pointer: 'If-Match' },
    );
  }
  return call;
}

function jsonBody(event: APIGatewayProxyEvent, headers: ReadonlyMap<string, string>): unknown {
  const mediaType = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') throw new UnsupportedMediaType();
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > LARGEST_BODY) throw new BodyTooLarge(LARGEST_BODY);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new MalformedBody(error);
  }
}

function queryOf(event: APIGatewayProxyEvent, faults: Fault[]): Record<string, string> {
  const given = Object.entries(event.multiValueQueryStringParameters ?? {});
  return Object.fromEntries(
    given.flatMap(([name, values = []]) => {
      if (values.length > 1) faults.push({ pointer: pointers.query([name]), detail: 'must be given once' });
      return values[0] === undefined ? [] : [[name, values[0]] as const];
    }),
  );
}

function faultsOf(issue: z.core.$ZodIssue, pointer: Pointer): Fault[] {
  return issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ pointer: pointer([...issue.path, key]), detail: 'is not known here' }))
    : [{ pointer: pointer(issue.path), detail: issue.message }];
}
