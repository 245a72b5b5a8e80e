import * as z from 'zod';
import { pendingSignIn, type SignIn } from '../../adapters/oidc-sign-in.ts';
import { clearCookie, cookieNames, setCookie } from './cookies.ts';
import { SecondFactorMissing, SignInInterrupted, SignInRefused } from './errors.ts';
import { isPage } from './own-path.ts';
import { type Reply, seeOther } from './reply.ts';
import type { Seal } from './seal.ts';
import { openSession } from './session.ts';
import type { Visit } from './visit.ts';

/** A sign-in under way, sealed with the browser that began it. */
const underWay = pendingSignIn.extend({
  /** The page to come back to, below the portal; empty for the list. */
  to: z.string(),
  /** Whether a second factor was asked for. */
  stepUp: z.boolean(),
});

const SIGN_IN_SECONDS = 10 * 60;

export interface SignInDependencies {
  readonly signIn: SignIn;
  readonly seal: Seal;
  /** The absolute URL of the portal, without a slash at its end. No header of a request is believed about it. */
  readonly address: string;
}

/**
 * Sends the browser to the issuer: `?to=` names a page of the portal to come back to, and `?stepUp=mfa` asks for a second
 * factor, whoever is signed in already.
 */
export async function beginSignIn(
  { signIn, seal, address }: SignInDependencies,
  { query }: Visit,
): Promise<Reply> {
  const stepUp = query.get('stepUp') === 'mfa';
  const wanted = query.get('to') ?? '';
  const { url, pending } = await signIn.begin(`${address}/signed-in`, { stepUp });
  const content: z.input<typeof underWay> = { ...pending, to: isPage(wanted) ? wanted : '', stepUp };
  const cookie = setCookie(address, {
    name: cookieNames.signIn(pending.state),
    value: await seal.close('sign-in', content, SIGN_IN_SECONDS),
    seconds: SIGN_IN_SECONDS,
    // The issuer sends the browser back here.
    sameSite: 'Lax',
  });
  return seeOther(url, [cookie]);
}

/**
 * Takes the browser back from the issuer, and begins its session. Throws SignInInterrupted (not begun in this browser,
 * or too long ago), SignInRefused (by the issuer), SecondFactorMissing (it was asked for and is not proved; an earlier
 * session goes on), and what completing the sign-in and opening a session throw.
 */
export async function finishSignIn(
  { signIn, seal, address }: SignInDependencies,
  { query, cookies, link }: Visit,
): Promise<Reply> {
  const state = query.get('state') ?? '';
  const cookie = cookieNames.signIn(state);
  const begun = await seal.open('sign-in', underWay, cookies.get(cookie));
  if (begun === undefined || begun.state !== state) throw new SignInInterrupted();
  const code = query.get('code');
  const error = query.get('error');
  if (code === undefined || error !== undefined) throw new SignInRefused({ error });
  const { to, stepUp, ...pending } = begun;
  const person = await signIn.complete(code, pending);
  if (stepUp && !person.mfa) throw new SecondFactorMissing();
  return seeOther(link(to), [await openSession(seal, person, address), clearCookie(address, cookie)]);
}
