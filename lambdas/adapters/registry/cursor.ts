import * as z from 'zod';
import { PageTokenInvalid } from '../../domain/errors.ts';

const position = z.record(z.string(), z.string());

/** Where a page ended, as text to go on from. */
export function cursorTo(lastKey: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(lastKey)).toString('base64url');
}

/** Throws PageTokenInvalid for text that is no cursor. */
export function cursorFrom(cursor: string): Record<string, string> {
  try {
    return position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (error) {
    throw new PageTokenInvalid(
      'The page token is not one of this list. Start again without it.',
      {},
      { cause: error },
    );
  }
}
