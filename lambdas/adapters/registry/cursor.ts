import * as z from 'zod';
import { PageTokenInvalid } from '../../domain/errors.ts';

const position = z.record(z.string(), z.string());

/** Where a page ended, as text to go on from. */
export function cursorTo(lastKey: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(lastKey)).toString('base64url');
}

/** The part of a list that a cursor has to point into: of one partition the sort keys that begin like this. */
interface List {
  readonly partitionKey: string;
  readonly partition: string;
  readonly sortKey: string;
  readonly startingWith: string;
}

/** Throws PageTokenInvalid for text that is no cursor, or one of another list. */
export function cursorFrom(
  cursor: string,
  { partitionKey, partition, sortKey, startingWith }: List,
): Record<string, string> {
  try {
    const lastKey = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    const ofList = lastKey[partitionKey] === partition && lastKey[sortKey]?.startsWith(startingWith) === true;
    if (!ofList) throw new RangeError('It points into another list.');
    return lastKey;
  } catch (error) {
    throw new PageTokenInvalid(
      'The page token is not one of this list. Start again without it.',
      {},
      { cause: error },
    );
  }
}
