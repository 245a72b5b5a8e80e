import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import { BodyUnreadable } from './errors.ts';
import type { Fault } from './problem.ts';
import type { Visit } from './visit.ts';

const LARGEST_BODY = 64 * 1024;

/** The JSON body of a POST by its schema. Throws BodyUnreadable, or InvalidInput with every fault at once. */
export function bodyOf<S extends z.ZodType>(
  schema: S,
  event: Pick<APIGatewayProxyEvent, 'body' | 'isBase64Encoded'>,
  visit: Pick<Visit, 'headers'>,
): z.output<S> {
  const parsed = schema.safeParse(jsonOf(event, visit));
  if (parsed.success) return parsed.data;
  throw inputFaults(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: 'is not known here' }))
        : [{ pointer: pointerTo(issue.path), detail: issue.message }],
    ),
  );
}

/** Everything that somebody has to correct. */
export function inputFaults(errors: readonly Fault[]): InvalidInput {
  return new InvalidInput('Nothing is recorded yet. Correct what is marked and send it again.', { errors });
}

function jsonOf(
  { body, isBase64Encoded }: Pick<APIGatewayProxyEvent, 'body' | 'isBase64Encoded'>,
  { headers }: Pick<Visit, 'headers'>,
): unknown {
  const mediaType = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') throw new BodyUnreadable('This is not sent as JSON.');
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > LARGEST_BODY) throw new BodyUnreadable('This is too large.');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new BodyUnreadable('This is not JSON in UTF-8.', { cause: error });
  }
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
