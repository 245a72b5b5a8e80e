import { randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { KeywardError } from '../../domain/errors.ts';
import { timestamp } from '../../domain/formats.ts';
import { type Principal, principal } from '../../domain/principal.ts';
import { cookieNames, setCookie } from './cookies.ts';
import { FormForged } from './errors.ts';
import type { Seal } from './seal.ts';
import type { Visit } from './visit.ts';

const sessionContent = z.strictObject({
  /** As the sign-in said it, second factor included. */
  person: principal.extend({ kind: z.literal('person') }),
  /** Comes with every POST of this session, and is nowhere but in the page. */
  formToken: z.string().min(32),
  /** When the sign-in was completed, in real time. */
  authenticatedAt: timestamp,
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

/** The cookie of a new session of the portal at this address. Throws TooManyGroups. */
export async function openSession(seal: Seal, person: Principal, address: string): Promise<string> {
  const content = {
    person,
    formToken: randomBytes(32).toString('base64url'),
    authenticatedAt: new Date().toISOString(),
  };
  const value = await seal.close('session', content, SESSION_SECONDS);
  if (value.length > LONGEST_COOKIE) throw new TooManyGroups(person.groups.length);
  return setCookie(address, {
    name: cookieNames.session,
    value,
    seconds: SESSION_SECONDS,
    sameSite: 'Strict',
  });
}

/** Nothing without a cookie, and for one that has expired or was changed. */
export function readSession(seal: Seal, { cookies }: Pick<Visit, 'cookies'>): Promise<Session | undefined> {
  return seal.open('session', sessionContent, cookies.get(cookieNames.session));
}

export function endOf({ authenticatedAt }: Session): string {
  return new Date(Date.parse(authenticatedAt) + SESSION_SECONDS * 1000).toISOString();
}

/**
 * Throws FormForged unless a POST comes from the portal's own page (what the browser says of where it comes from) and
 * carries the token that this session was given.
 */
export function assertOwnPage(
  { formToken }: Session,
  { headers }: Pick<Visit, 'headers'>,
  own: { readonly address: string; readonly tokenHeader: string },
): void {
  const [origin, site] = [headers.get('origin'), headers.get('sec-fetch-site')];
  const elsewhere =
    (origin !== undefined && origin !== new URL(own.address).origin) ||
    (site !== undefined && site !== 'same-origin');
  const sent = headers.get(own.tokenHeader.toLowerCase()) ?? '';
  if (elsewhere || !isSame(sent, formToken)) throw new FormForged();
}

function isSame(sent: string, expected: string): boolean {
  const [a, b] = [Buffer.from(sent), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
