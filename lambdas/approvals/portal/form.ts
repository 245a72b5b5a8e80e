import type { APIGatewayProxyEvent } from 'aws-lambda';
import { KeywardError } from '../../domain/errors.ts';
import type { Visit } from './visit.ts';

const LARGEST_FORM = 32 * 1024;

class FormUnreadable extends KeywardError {
  constructor(why: string) {
    super('FormUnreadable', 'invalid', `${why} Nothing was recorded. Open the request and use its form.`, {});
  }
}

/** The fields of a posted form. Throws FormUnreadable, also for a field that comes twice. */
export function formOf(
  { body, isBase64Encoded }: Pick<APIGatewayProxyEvent, 'body' | 'isBase64Encoded'>,
  { headers }: Pick<Visit, 'headers'>,
): ReadonlyMap<string, string> {
  const mediaType = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded') throw new FormUnreadable('This is not a form.');
  const text = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8').toString();
  if (text.length > LARGEST_FORM) throw new FormUnreadable('The form is too large.');
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (fields.has(name)) throw new FormUnreadable('A field of the form came twice.');
    fields.set(name, value);
  }
  return fields;
}
