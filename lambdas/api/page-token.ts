import * as z from 'zod';
import { sha256Canonical } from '../domain/canonical.ts';
import { PageTokenInvalid } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';

/** Where a page ended: in which of the lists that make up the answer, and where in that. */
const position = z.strictObject({ list: z.int().nonnegative().optional(), cursor: z.string().optional() });
type Position = z.infer<typeof position>;

const token = z.strictObject({ bound: z.string(), at: position });

/**
 * Page tokens of one caller for one question. A token opens nothing: what it leads to is checked as without it. It is
 * bound so that one that is carried over to another question is refused, and not answered with something strange.
 */
export function pageTokens(principal: Principal, question: Readonly<Record<string, unknown>>) {
  const bound = sha256Canonical({ caller: principal.id, question });
  return {
    write: (at: Position): string => Buffer.from(JSON.stringify({ bound, at })).toString('base64url'),
    /** Throws PageTokenInvalid. */
    read(text: string): Position {
      const parsed = token.safeParse(jsonIn(text));
      if (parsed.success && parsed.data.bound === bound) return parsed.data.at;
      throw new PageTokenInvalid(
        'The page token is not one of this list and caller. Start again without it.',
        { pointer: '?pageToken' },
      );
    },
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
