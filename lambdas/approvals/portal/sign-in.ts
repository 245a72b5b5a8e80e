import type * as z from 'zod';
import { pendingSignIn, type SignIn } from '../../adapters/oidc-sign-in.ts';
import { identifier } from '../../domain/formats.ts';
import { clearCookie, cookieNames, setCookie } from './cookies.ts';
import { SignInInterrupted, SignInRefused } from './errors.ts';
import { type Reply, seeOther } from './reply.ts';
import type { Seal } from './seal.ts';
import { openSession } from './session.ts';
import type { Visit } from './visit.ts';

/** A sign-in under way, sealed with the browser that began it. */
const underWay = pendingSignIn.extend({
  /** The request to come back to; without it the list. */
  requestId: identifier('req').optional(),
});

const SIGN_IN_SECONDS = 10 * 60;

export interface SignInDependencies {
  readonly signIn: SignIn;
  readonly seal: Seal;
}

/** Leads to the sign-in and back to this request, or to the list. */
export function toSignIn({ link }: Visit, requestId?: string): Reply {
  return seeOther(`${link('sign-in')}${requestId === undefined ? '' : `?request=${requestId}`}`);
}

/** Sends the browser to the issuer. */
export async function beginSignIn(
  { signIn, seal }: SignInDependencies,
  { query }: Visit,
  address: string,
): Promise<Reply> {
  const { url, pending } = await signIn.begin(`${address}/signed-in`);
  const requestId = identifier('req').safeParse(query.get('request')).data;
  const content: z.input<typeof underWay> = { ...pending, ...(requestId === undefined ? {} : { requestId }) };
  const sealed = await seal.close('sign-in', content, SIGN_IN_SECONDS);
  return seeOther(url, [
    setCookie(cookieNames.signIn(pending.state), sealed, SIGN_IN_SECONDS, isSecure(address)),
  ]);
}

/**
 * Takes the browser back from the issuer, and begins its session. Throws SignInInterrupted (not begun in this browser,
 * or too long ago), SignInRefused (by the issuer), and what completing the sign-in and opening a session throw.
 */
export async function finishSignIn(
  { signIn, seal }: SignInDependencies,
  { query, cookies, link }: Visit,
  address: string,
): Promise<Reply> {
  const state = query.get('state') ?? '';
  const cookie = cookieNames.signIn(state);
  const begun = await seal.open('sign-in', underWay, cookies.get(cookie));
  if (begun === undefined || begun.state !== state) throw new SignInInterrupted();
  const code = query.get('code');
  const error = query.get('error');
  if (code === undefined || error !== undefined) throw new SignInRefused({ error });
  const { requestId, ...pending } = begun;
  const person = await signIn.complete(code, pending);
  return seeOther(link(requestId === undefined ? '' : `requests/${requestId}`), [
    await openSession(seal, person, isSecure(address)),
    clearCookie(cookie, isSecure(address)),
  ]);
}

function isSecure(address: string): boolean {
  return address.startsWith('https:');
}
