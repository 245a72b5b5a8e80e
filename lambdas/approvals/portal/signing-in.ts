import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import * as z from 'zod';
import { pendingSignIn, type SignIn } from '../../adapters/oidc-sign-in.ts';
import { KeywardError } from '../../domain/errors.ts';
import { identifier } from '../../domain/formats.ts';
import { redirectAnswer } from './answer.ts';
import { clearCookie, cookieNames, setCookie } from './cookies.ts';
import { portalAddress } from './portal-address.ts';
import type { Seal } from './seal.ts';
import { openSession } from './session.ts';
import type { Visit } from './visit.ts';

const SIGN_IN_SECONDS = 10 * 60;

/** Where to go afterwards is kept as a request's id: no address can be smuggled in. */
const signInUnderWay = z.strictObject({
  pending: pendingSignIn,
  requestId: identifier('req').optional(),
});

class SignInStale extends KeywardError {
  constructor() {
    super(
      'SignInStale',
      'unauthenticated',
      'This sign-in was not begun in this browser, or more than 10 minutes ago. Sign in again.',
      {},
    );
  }
}

class SignInRefused extends KeywardError {
  constructor(reason: string) {
    super(
      'SignInRefused',
      'unauthenticated',
      `The sign-in ended without a person (${reason}). Sign in again, or ask whoever runs your sign-in.`,
      {},
    );
  }
}

export interface SigningInDependencies {
  readonly seal: Seal;
  readonly signIn: SignIn;
  /** The portal's address where the stack knows it: see `portalAddress`. */
  readonly portalUrl: string | undefined;
}

/** Over plain http, as in development, a browser would not keep a cookie marked `Secure`. */
export function isSecure({ portalUrl }: Pick<SigningInDependencies, 'portalUrl'>): boolean {
  return portalUrl === undefined || portalUrl.startsWith('https:');
}

/** Sends a browser to the issuer. Throws AddressUnknown or BackendBusy. */
export async function beginSignIn(
  deps: SigningInDependencies,
  event: APIGatewayProxyEvent,
  visit: Visit,
): Promise<APIGatewayProxyResult> {
  const address = portalAddress(event, visit, deps.portalUrl);
  const { url, pending } = await deps.signIn.begin(`${address}/signed-in`);
  const requestId = identifier('req').safeParse(visit.query.get('request')).data;
  const content: z.infer<typeof signInUnderWay> = { pending, ...(requestId !== undefined && { requestId }) };
  const sealed = await deps.seal.close('sign-in', content, SIGN_IN_SECONDS);
  return redirectAnswer(url, [
    setCookie(cookieNames.signIn(pending.state), sealed, SIGN_IN_SECONDS, isSecure(deps)),
  ]);
}

/**
 * Takes a browser back from the issuer and opens its session. Throws SignInStale, SignInRefused, TooManyGroups,
 * Unauthenticated or BackendBusy.
 */
export async function completeSignIn(
  deps: SigningInDependencies,
  visit: Visit,
): Promise<APIGatewayProxyResult> {
  const state = visit.query.get('state') ?? '';
  const cookie = cookieNames.signIn(state);
  const underWay = await deps.seal.open('sign-in', signInUnderWay, visit.cookies.get(cookie));
  if (underWay === undefined || underWay.pending.state !== state) throw new SignInStale();
  const code = visit.query.get('code');
  if (code === undefined) {
    const reason = visit.query.get('error') ?? '';
    throw new SignInRefused(/^[a-z_]{1,40}$/.test(reason) ? reason : 'no code');
  }
  const person = await deps.signIn.complete(code, underWay.pending);
  const secure = isSecure(deps);
  const { requestId } = underWay;
  return redirectAnswer(visit.link(requestId === undefined ? '' : `requests/${requestId}`), [
    await openSession(deps.seal, person, secure),
    clearCookie(cookie, secure),
  ]);
}
