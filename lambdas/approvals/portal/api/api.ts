import type { APIGatewayProxyEvent } from 'aws-lambda';
import { formTokenHeader } from '../contract.ts';
import { MethodNotAllowed, PageNotFound, SessionEnded } from '../errors.ts';
import { json, type Reply } from '../reply.ts';
import { assertOwnPage, readSession } from '../session.ts';
import type { Visit } from '../visit.ts';
import { absenceRoutes } from './absences.ts';
import { custodyRoutes } from './custody.ts';
import type { ApiDependencies } from './dependencies.ts';
import { passkeyRoutes } from './passkeys.ts';
import { requestRoutes } from './requests.ts';
import { type Route, valuesIn } from './route.ts';
import { sessionRoutes } from './session.ts';
import { slackLinkRoutes } from './slack-link.ts';

/**
 * Answers what the page asks, below `portal/api/`.
 *
 * 1. The route is found. Throws PageNotFound or MethodNotAllowed.
 * 2. Somebody has to be signed in. Throws SessionEnded.
 * 3. A POST has to come from the page that this session was made for. Throws FormForged.
 * 4. Only then is its body read.
 */
export function createApi(deps: ApiDependencies) {
  const routes = [
    ...sessionRoutes(deps),
    ...requestRoutes(deps),
    ...passkeyRoutes(deps),
    ...absenceRoutes(deps),
    ...custodyRoutes(deps),
    ...slackLinkRoutes(deps),
  ];
  return async (event: APIGatewayProxyEvent, visit: Visit): Promise<Reply> => {
    const { route, path } = routeFor(routes, visit); // 1
    const session = await readSession(deps.seal, visit); // 2
    if (session === undefined) throw new SessionEnded();
    if (route.method === 'POST') {
      assertOwnPage(session, visit, { address: deps.address, tokenHeader: formTokenHeader }); // 3
    }
    const { body, setCookies } = await route.answer({ session, visit, path }, event); // 4
    return json(body, setCookies);
  };
}

function routeFor(
  routes: readonly Route[],
  { path, method }: Visit,
): { readonly route: Route; readonly path: Readonly<Record<string, string>> } {
  const found = routes.flatMap((route) => {
    const values = valuesIn(`api/${route.path}`, path);
    return values === undefined ? [] : [{ route, path: values }];
  });
  const match = found.find(({ route }) => methodsOf(route).includes(method));
  if (match !== undefined) return match;
  if (found.length === 0) throw new PageNotFound();
  throw new MethodNotAllowed(found.flatMap(({ route }) => methodsOf(route)));
}

function methodsOf({ method }: Route): string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : ['POST'];
}
