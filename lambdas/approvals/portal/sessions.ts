import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { type Principal, principal } from '../../domain/principal.ts';
import { TooManyGroups } from './errors.ts';
import type { Seal } from './seal.ts';

const session = z.strictObject({
  person: principal.extend({ kind: z.literal('person') }),
  /** What every form of this session carries, and no other site knows. */
  csrf: z.string().min(43),
});
export type Session = z.infer<typeof session>;

/** Short: who leaves a group decides no longer than this. */
export const SESSION_SECONDS = 15 * 60;

/** Browsers drop a cookie of more than 4096 bytes, with its name and attributes, and say nothing. */
const LARGEST_COOKIE = 3_900;

export interface Sessions {
  /** The sealed session of a person who has just signed in. Throws TooManyGroups. */
  start(person: Principal): Promise<string>;
  /** Undefined for none, one that is over, and one that is not ours. */
  read(sealed: string | undefined): Promise<Session | undefined>;
}

export function createSessions(seal: Seal): Sessions {
  return {
    async start(person) {
      const content = session.parse({ person, csrf: randomBytes(32).toString('base64url') });
      const sealed = await seal.seal('session', content, SESSION_SECONDS);
      if (sealed.length > LARGEST_COOKIE) throw new TooManyGroups(person.groups.length);
      return sealed;
    },
    async read(sealed) {
      if (sealed === undefined) return undefined;
      return session.safeParse(await seal.open('session', sealed)).data;
    },
  };
}
