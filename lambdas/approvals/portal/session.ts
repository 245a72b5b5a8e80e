import { randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { KeywardError } from '../../domain/errors.ts';
import { type Principal, principal } from '../../domain/principal.ts';
import { cookieNames, setCookie } from './cookies.ts';
import type { Seal } from './seal.ts';
import type { Visit } from './visit.ts';

const sessionContent = z.strictObject({
  person: principal.extend({ kind: z.literal('person') }),
  /** In every form of this session, and nowhere else. */
  formToken: z.string().min(32),
});
export type Session = z.infer<typeof sessionContent>;

const SESSION_SECONDS = 15 * 60;

/** What browsers keep of a cookie, less its name and attributes. */
const LONGEST_COOKIE = 3_900;

class TooManyGroups extends KeywardError {
  constructor(count: number) {
    super(
      'TooManyGroups',
      'forbidden',
      `Your sign-in names ${count} groups, more than this page can remember. Decide over the API, or ask whoever runs your sign-in to send Keyward fewer groups.`,
      { count },
    );
  }
}

class FormForged extends KeywardError {
  constructor() {
    super(
      'FormForged',
      'forbidden',
      'This form does not belong to your sign-in. Nothing was recorded. Open the request again and decide there.',
      {},
    );
  }
}

/** The cookie of a new session. Throws TooManyGroups. */
export async function openSession(seal: Seal, person: Principal, secure: boolean): Promise<string> {
  const content = { person, formToken: randomBytes(32).toString('base64url') };
  const sealed = await seal.close('session', content, SESSION_SECONDS);
  if (sealed.length > LONGEST_COOKIE) throw new TooManyGroups(person.groups.length);
  return setCookie(cookieNames.session, sealed, SESSION_SECONDS, secure);
}

/** Nothing without a cookie, and for one that has expired or was changed. */
export function readSession(seal: Seal, { cookies }: Pick<Visit, 'cookies'>): Promise<Session | undefined> {
  return seal.open('session', sessionContent, cookies.get(cookieNames.session));
}

/** Throws FormForged unless the form was made for this session. */
export function assertOwnForm({ formToken }: Session, sent: string | undefined): void {
  const [expected, found] = [Buffer.from(formToken), Buffer.from(sent ?? '')];
  if (expected.length !== found.length || !timingSafeEqual(expected, found)) throw new FormForged();
}
