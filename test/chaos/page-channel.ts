import type { APIGatewayProxyEvent } from 'aws-lambda';
import { createPortal, type PortalDependencies } from '../../lambdas/approvals/portal/portal.ts';
import { createSeal } from '../../lambdas/approvals/portal/seal.ts';
import { openSession, readSession } from '../../lambdas/approvals/portal/session.ts';
import type { Principal } from '../../lambdas/domain/principal.ts';
import type { Click } from './world.ts';

const ORIGIN = 'https://keyward.test';
const ADDRESS = `${ORIGIN}/portal`;

/** What is wrong with a click that the person's own page did not make. */
export type Forgery =
  | 'no session'
  | 'forged session'
  | 'no token'
  | 'another’s token'
  | 'from elsewhere'
  | 'as a form';

/** The page, as browsers bring clicks to it: each person is signed in once and clicks with that session. */
export function pageChannel(
  deps: Omit<PortalDependencies, 'signIn' | 'seal' | 'address' | 'page' | 'stopKey' | 'newId'>,
) {
  const seal = createSeal(async () => 'a secret of the tests, long enough to be one');
  const nobody = () => Promise.reject(new Error('Not in this test.'));
  const portal = createPortal({
    ...deps,
    seal,
    address: ADDRESS,
    signIn: { begin: nobody, complete: nobody },
    stopKey: nobody,
    newId: () => '',
    page: { document: '', assets: new Map() },
  });
  const sessions = new Map<string, { readonly cookie: string; readonly token: string }>();
  const sessionOf = async (who: Principal) => {
    const known = sessions.get(who.id);
    if (known !== undefined) return known;
    const cookie = (await openSession(seal, who, ADDRESS)).split(';')[0] ?? '';
    const [name = '', ...value] = cookie.split('=');
    const opened = await readSession(seal, { cookies: new Map([[name, value.join('=')]]) });
    const made = { cookie, token: opened?.formToken ?? '' };
    sessions.set(who.id, made);
    return made;
  };

  const post = async (
    { requestId, verdict, digest }: Click,
    headers: Readonly<Record<string, string>>,
  ): Promise<string> => {
    const path = `api/requests/${requestId}/decisions`;
    const event = {
      httpMethod: 'POST',
      path: `/portal/${path}`,
      headers: { 'Content-Type': 'application/json', ...headers },
      pathParameters: { proxy: path },
      body: JSON.stringify({ verdict, digest, reason: 'By chance.' }),
      requestContext: { requestId: 'chaos', path: `/portal/${path}` },
    };
    const { body } = await portal(event as unknown as APIGatewayProxyEvent);
    const answer: { code?: string; done?: string } = JSON.parse(body);
    return answer.code ?? answer.done ?? 'nothing';
  };

  return {
    click: async (click: Click): Promise<string> => {
      const { cookie, token } = await sessionOf(click.who);
      return post(click, { Cookie: cookie, 'X-Form-Token': token, Origin: ORIGIN });
    },
    /** Sends what somebody forged in the person's name. */
    forge: async (click: Click, forgery: Forgery, forger: Principal): Promise<string> => {
      const [own, other] = [await sessionOf(click.who), await sessionOf(forger)];
      const good = { Cookie: own.cookie, 'X-Form-Token': own.token, Origin: ORIGIN };
      switch (forgery) {
        case 'no session':
          return post(click, { ...good, Cookie: '' });
        case 'forged session':
          return post(click, { ...good, Cookie: altered(own.cookie) });
        case 'no token':
          return post(click, { ...good, 'X-Form-Token': '' });
        case 'another’s token':
          return post(click, { ...good, 'X-Form-Token': click.who === forger ? '' : other.token });
        case 'from elsewhere':
          return post(click, { ...good, Origin: 'https://evil.example' });
        case 'as a form':
          return post(click, { ...good, 'Content-Type': 'application/x-www-form-urlencoded' });
      }
    },
  };
}

/** One character in the middle of the last part, the seal's tag, is another. */
function altered(cookie: string): string {
  const at = cookie.length - 10;
  return `${cookie.slice(0, at)}${cookie[at] === 'A' ? 'B' : 'A'}${cookie.slice(at + 1)}`;
}
