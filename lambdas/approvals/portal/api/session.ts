import { nothing, type SessionShown } from '../contract.ts';
import { clearCookie, cookieNames } from '../cookies.ts';
import { endOf } from '../session.ts';
import type { ApiDependencies } from './dependencies.ts';
import { get, post, type Route } from './route.ts';

export function sessionRoutes({ address }: Pick<ApiDependencies, 'address'>): Route[] {
  return [
    get('session', async ({ session }) => {
      const { person, formToken } = session;
      const { id, name, groups, mfa } = person;
      const body: SessionShown = { person: { id, name, groups }, mfa, formToken, until: endOf(session) };
      return { body };
    }),
    post('sign-out', nothing, async () => ({
      body: {},
      setCookies: [clearCookie(address, cookieNames.session)],
    })),
  ];
}
