import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { log } from '../../adapters/log.ts';
import type { Registry } from '../../adapters/registry/registry.ts';
import { KeywardError, RouteNotFound, Unauthenticated } from '../../domain/errors.ts';
import { html } from '../html.ts';
import { pageAnswer, redirectAnswer } from './answer.ts';
import { clearCookie, cookieNames } from './cookies.ts';
import { digestIn, fieldNames, typedIn } from './decision-form.ts';
import { formOf } from './form.ts';
import { listPage } from './list-page.ts';
import { type DecisionDependencies, recordDecision } from './record-decision.ts';
import { refusalPage, signInPath } from './refusal-page.ts';
import { requestPage } from './request-page.ts';
import { assertOwnForm, readSession, type Session } from './session.ts';
import { beginSignIn, completeSignIn, isSecure, type SigningInDependencies } from './signing-in.ts';
import { visibleRequest } from './visible-request.ts';
import { type Visit, visitOf } from './visit.ts';
import { waitingFor } from './waiting-requests.ts';

export type PortalDependencies = SigningInDependencies &
  DecisionDependencies & { readonly registry: Pick<Registry, 'listRequests'> };

class MethodNotAllowed extends KeywardError {
  constructor(readonly allow: string) {
    super('MethodNotAllowed', 'invalid', 'This address is not used in this way. Nothing was recorded.', {});
  }
}

interface Call {
  readonly event: APIGatewayProxyEvent;
  readonly visit: Visit;
  /** The request that the path names. */
  readonly requestId: string;
}

type Handle = (call: Call) => Promise<APIGatewayProxyResult>;

interface Route {
  readonly path: RegExp;
  /** Also answers HEAD. Changes no record. */
  readonly get?: Handle;
  readonly post?: Handle;
}

/**
 * The page for approvers, behind API Gateway (proxy payload 1.0) at `/portal` and below: sign in, read, decide. It keeps
 * nothing: who has signed in is in a sealed cookie. Only a POST with a session and that session's form token decides.
 */
export function createPortal(deps: PortalDependencies) {
  const routes = routesOf(deps);
  return async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
    const visit = visitOf(event);
    try {
      const { handle, requestId } = routeOf(routes, visit);
      return await handle({ event, visit, requestId });
    } catch (error) {
      const page = refusalPage(visit, error);
      log[page.status >= 500 ? 'error' : 'info']('visit refused', {
        code: error instanceof KeywardError ? error.code : 'Unexpected',
        reference: visit.reference,
        ...(page.status >= 500 && { error }),
      });
      return pageAnswer(visit, page, {
        headers: error instanceof MethodNotAllowed ? { Allow: error.allow } : {},
      });
    }
  };
}

function routesOf(deps: PortalDependencies): readonly Route[] {
  const { registry, clock, seal } = deps;
  const record = recordDecision(deps);

  /** Pages for somebody who has signed in; others are sent to do so and come back. */
  const signedIn =
    (show: (call: Call, session: Session) => Promise<APIGatewayProxyResult>): Handle =>
    async (call) => {
      const session = await readSession(seal, call.visit);
      return session === undefined
        ? redirectAnswer(call.visit.link(signInPath(call.requestId || undefined)))
        : show(call, session);
    };

  /** Posts of somebody who has signed in, by a form of that session. Nobody is sent anywhere with a form in hand. */
  const ownForm =
    (
      take: (
        call: Call,
        session: Session,
        fields: ReadonlyMap<string, string>,
      ) => Promise<APIGatewayProxyResult>,
    ): Handle =>
    async (call) => {
      const session = await readSession(seal, call.visit);
      if (session === undefined) {
        throw new Unauthenticated(
          'Your sign-in has ended. Nothing was recorded. Sign in again and decide then.',
        );
      }
      const fields = formOf(call.event, call.visit);
      assertOwnForm(session, fields.get(fieldNames.formToken));
      return take(call, session, fields);
    };

  return [
    {
      path: /^$/,
      get: signedIn(async ({ visit }, session) => {
        const waiting = await waitingFor(registry, session.person, await clock());
        return pageAnswer(visit, listPage(visit, waiting), { session });
      }),
    },
    { path: /^sign-in$/, get: ({ event, visit }) => beginSignIn(deps, event, visit) },
    { path: /^signed-in$/, get: ({ visit }) => completeSignIn(deps, visit) },
    {
      path: /^sign-out$/,
      post: ownForm(async ({ visit }) =>
        redirectAnswer(visit.link('signed-out'), [clearCookie(cookieNames.session, isSecure(deps))]),
      ),
    },
    {
      path: /^signed-out$/,
      get: async ({ visit }) =>
        pageAnswer(visit, {
          status: 200,
          title: 'You are signed out',
          content: html`<p><a href="${visit.link(signInPath(undefined))}">Sign in again</a></p>`,
        }),
    },
    {
      path: /^requests\/([^/]+)$/,
      get: signedIn(async ({ visit, requestId }, session) => {
        const subject = await visibleRequest(deps, session.person, requestId);
        return pageAnswer(visit, requestPage(visit, session, subject, await clock()), { session });
      }),
    },
    {
      path: /^requests\/([^/]+)\/decision$/,
      post: ownForm(async ({ visit, requestId }, session, fields) => {
        const typed = typedIn(fields);
        const result = await record(session.person, requestId, typed, digestIn(fields));
        if (result.done === 'incomplete') {
          const { subject, faults } = result;
          const page = requestPage(visit, session, subject, await clock(), { typed, faults });
          return pageAnswer(visit, page, { session });
        }
        log.info('decision taken', { code: 'DecisionTaken', requestId, done: result.done });
        return redirectAnswer(visit.link(`requests/${requestId}`));
      }),
    },
  ];
}

/** Throws RouteNotFound or MethodNotAllowed. */
function routeOf(
  routes: readonly Route[],
  { path, method }: Visit,
): { readonly handle: Handle; readonly requestId: string } {
  for (const route of routes) {
    const found = route.path.exec(path);
    if (found === null) continue;
    const handle =
      method === 'POST' ? route.post : method === 'GET' || method === 'HEAD' ? route.get : undefined;
    if (handle === undefined) throw new MethodNotAllowed(route.get === undefined ? 'POST' : 'GET, HEAD');
    return { handle, requestId: found[1] ?? '' };
  }
  throw new RouteNotFound('There is no such page.');
}
