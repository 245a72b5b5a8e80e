import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { log } from '../../adapters/log.ts';
import type { Policies } from '../../adapters/policy-files.ts';
import type { Registry } from '../../adapters/registry/registry.ts';
import type { Clock } from '../../domain/clock.ts';
import { KeywardError } from '../../domain/errors.ts';
import { identifier } from '../../domain/formats.ts';
import { digestIn, fieldNames, typedIn } from './decision-form.ts';
import { errorPage, told } from './error-page.ts';
import { MethodNotAllowed, PageNotFound, SessionEnded } from './errors.ts';
import { formOf } from './form.ts';
import { listPage } from './list-page.ts';
import { recordDecision } from './record-decision.ts';
import { type Reply, resultOf, seeOther } from './reply.ts';
import { requestPage } from './request-page.ts';
import { assertOwnForm, readSession, type Session } from './session.ts';
import { beginSignIn, finishSignIn, type SignInDependencies, toSignIn } from './sign-in.ts';
import { visibleRequest } from './visible-request.ts';
import { type Visit, visitOf } from './visit.ts';
import { waitingFor } from './waiting-requests.ts';

export interface PortalDependencies extends SignInDependencies {
  readonly registry: Pick<Registry, 'getRequest' | 'getKey' | 'getDecisions' | 'listRequests' | 'commit'>;
  readonly access: Policies['access'];
  /** What requests go by; sessions go by real time. */
  readonly clock: Clock;
  /** The absolute URL of the portal, without a slash at its end. No header of a request is believed about it. */
  readonly address: string;
}

/**
 * The pages on which approvers sign in, read and decide, behind a REST API (payload 1.0). Only the form of a request,
 * sent with the session that it was made for, decides anything; every other visit changes nothing.
 */
export function createPortal(deps: PortalDependencies) {
  return async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
    const visit = visitOf(event);
    let session: Session | undefined;
    let reply: Reply;
    try {
      session = await readSession(deps.seal, visit);
      reply = await answer(deps, event, visit, session);
    } catch (error) {
      reply = failed(error, visit, session);
    }
    return resultOf(reply, visit.method);
  };
}

async function answer(
  deps: PortalDependencies,
  event: APIGatewayProxyEvent,
  visit: Visit,
  session: Session | undefined,
): Promise<Reply> {
  const { page, requestId } = placeOf(visit.path);
  const allowed = page === 'decision' ? ['POST'] : ['GET', 'HEAD'];
  if (!allowed.includes(visit.method)) throw new MethodNotAllowed(allowed);
  const { address } = deps;
  switch (page) {
    case 'sign-in':
      return beginSignIn(deps, visit, address);
    case 'signed-in':
      return finishSignIn(deps, visit, address);
    case 'list':
      return session === undefined ? toSignIn(visit) : showList(deps, visit, session);
    case 'request':
      return session === undefined
        ? toSignIn(visit, requestId)
        : showRequest(deps, visit, session, requestId);
    case 'decision':
      if (session === undefined) throw new SessionEnded();
      return takeDecision(deps, event, visit, session, requestId);
  }
}

type Place =
  | { readonly page: 'list' | 'sign-in' | 'signed-in'; readonly requestId?: undefined }
  | { readonly page: 'request' | 'decision'; readonly requestId: string };

function placeOf(path: string): Place {
  if (path === '') return { page: 'list' };
  if (path === 'sign-in' || path === 'signed-in') return { page: path };
  const [, id, act] = /^requests\/(\w+)(\/decision)?$/.exec(path) ?? [];
  const requestId = identifier('req').safeParse(id).data;
  if (requestId === undefined) throw new PageNotFound();
  return { page: act === undefined ? 'request' : 'decision', requestId };
}

async function showList(
  { registry, clock }: PortalDependencies,
  { link }: Visit,
  { person }: Session,
): Promise<Reply> {
  return {
    status: 200,
    page: listPage(await waitingFor(registry, person, await clock()), person.name, link),
  };
}

async function showRequest(
  deps: PortalDependencies,
  { link }: Visit,
  session: Session,
  requestId: string,
): Promise<Reply> {
  const subject = await visibleRequest(deps, session.person, requestId);
  return { status: 200, page: requestPage({ subject, session, now: await deps.clock(), link }) };
}

async function takeDecision(
  deps: PortalDependencies,
  event: APIGatewayProxyEvent,
  visit: Visit,
  session: Session,
  requestId: string,
): Promise<Reply> {
  const { link } = visit;
  const fields = formOf(event, visit);
  assertOwnForm(session, fields.get(fieldNames.formToken));
  const typed = typedIn(fields);
  const recorded = await recordDecision(deps)(session.person, requestId, typed, digestIn(fields));
  // The page shows what is recorded, also when that is an earlier decision of this person.
  if (recorded.done !== 'incomplete') return seeOther(link(`requests/${requestId}`));
  const { subject, faults } = recorded;
  const now = await deps.clock();
  return { status: 422, page: requestPage({ subject, session, now, link, returned: { typed, faults } }) };
}

function failed(
  error: unknown,
  { method, path, link, reference }: Visit,
  session: Session | undefined,
): Reply {
  const shown = told(error);
  const facts = { code: shown.code, status: shown.status, method, path };
  if (shown.status < 500) log.info('visit refused', facts);
  else {
    log.error('visit failed', {
      ...facts,
      cause: error instanceof KeywardError ? error.code : 'Unknown',
      error: error instanceof Error ? error : new Error(String(error)),
    });
  }
  const requestPath = shown.status === 404 ? undefined : /^requests\/\w+/.exec(path)?.[0];
  const next =
    requestPath === undefined
      ? { link: link(''), label: 'Requests that wait for you' }
      : { link: link(requestPath), label: 'Open the request' };
  return {
    status: shown.status,
    headers: shown.headers,
    page: errorPage(shown, { next, reference, who: session?.person.name }),
  };
}
