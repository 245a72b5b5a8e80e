import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { log } from '../../../lambdas/adapters/log.ts';
import type { SignIn } from '../../../lambdas/adapters/oidc-sign-in.ts';
import type { Registry } from '../../../lambdas/adapters/registry/registry.ts';
import { createPortal } from '../../../lambdas/approvals/portal/portal.ts';
import { createSeal } from '../../../lambdas/approvals/portal/seal.ts';
import { openSession } from '../../../lambdas/approvals/portal/session.ts';
import { recordChange } from '../../../lambdas/domain/change.ts';
import { requestDigest } from '../../../lambdas/domain/digest.ts';
import type { KeyRecord } from '../../../lambdas/domain/key.ts';
import { actorOf, type Principal } from '../../../lambdas/domain/principal.ts';
import type { DecisionRecord, RequestRecord } from '../../../lambdas/domain/request.ts';
import { memoryRegistry } from '../../machines/memory-registry.ts';
import { aKey, aRequest, REQUEST_ID } from '../domain/examples.ts';

// Tests look at answers.
log.setLogLevel('SILENT');

export const SECRET = 'a secret of the tests, long enough to be one';
export const REQUEST_PATH = `/portal/requests/${REQUEST_ID}`;
export const DECISION_PATH = `${REQUEST_PATH}/decision`;
export const LATER = '2026-11-26T03:02:22.000Z';

export interface Sent {
  readonly cookie?: string | undefined;
  readonly form?: Readonly<Record<string, string>>;
  readonly event?: Partial<APIGatewayProxyEvent>;
  readonly query?: Readonly<Record<string, string>>;
}

/** The answer of the portal, and the cookies that a browser has after it. */
export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly setCookies: readonly string[];
}

/** Where the portal is. */
export const ADDRESS = 'https://a1b2c3.execute-api.eu-west-1.amazonaws.com/api/portal';

export interface WorldOptions {
  readonly request?: Partial<RequestRecord>;
  readonly key?: Partial<KeyRecord>;
  readonly registry?: (registry: Registry) => Partial<Registry>;
  readonly signIn?: SignIn;
  readonly address?: string;
}

/** The portal over a registry in memory that holds one request by olga, about the key `orders` of payments. */
export async function portalWorld(options: WorldOptions = {}) {
  const registry = memoryRegistry();
  const key: KeyRecord = { ...aKey, rowVersion: 1, ...options.key };
  const draft: RequestRecord = { ...aRequest, rowVersion: 1, ...options.request };
  const request: RequestRecord = { ...draft, digest: requestDigest(draft) };
  await registry.commit(
    recordChange({
      now: request.createdAt,
      actor: actorOf(service),
      key: { after: key },
      request: { after: request },
      entries: [{ event: 'requested', details: {} }],
    }),
  );
  const seal = createSeal(async () => SECRET);
  const time = { now: LATER };
  const portal = createPortal({
    registry: { ...registry, ...options.registry?.(registry) },
    access: { auditors: ['auditors'], machines: [] },
    clock: async () => time.now,
    signIn: options.signIn ?? nobodySignsIn,
    seal,
    address: options.address ?? ADDRESS,
  });

  const visit = async (route: string, sent: Sent = {}): Promise<Answered> => {
    const { statusCode, headers, multiValueHeaders, body } = await portal(eventOf(route, sent));
    const setCookies = multiValueHeaders?.['Set-Cookie'] ?? [];
    return { status: statusCode, headers: headers ?? {}, setCookies: setCookies.map(String), body };
  };
  /** A `Cookie` header of a session that has just begun. */
  const cookieOf = async (person: Principal): Promise<string> =>
    pairOf(await openSession(seal, person, true));
  const show = async (cookie: string): Promise<Answered> => visit(`GET ${REQUEST_PATH}`, { cookie });
  /** What the form of the page sends, filled in by a person. */
  const decide = async (
    cookie: string,
    filled: Readonly<Record<string, string>> = {},
    event: Partial<APIGatewayProxyEvent> = {},
  ): Promise<Answered> => {
    const shown = await show(cookie);
    const form = { ...hiddenIn(shown.body), verdict: 'approve', reason: 'I looked at it.', ...filled };
    return visit(`POST ${DECISION_PATH}`, { cookie, form, event });
  };
  const decisions = async (): Promise<DecisionRecord[]> => registry.getDecisions(request.requestId);
  const stateNow = async () => (await registry.getRequest(request.requestId))?.state;
  return { registry, request, key, seal, time, visit, cookieOf, show, decide, decisions, stateNow };
}

const service: Principal = { kind: 'service', id: 'service:test', name: 'test', groups: [], mfa: false };

const nobodySignsIn: SignIn = {
  begin: () => Promise.reject(new Error('Nobody signs in here.')),
  complete: () => Promise.reject(new Error('Nobody signs in here.')),
};

/** `name=value` of a `Set-Cookie`. */
export function pairOf(setCookie: string): string {
  return setCookie.split(';')[0] ?? '';
}

/** The hidden fields of the one form in a page. */
export function hiddenIn(page: string): Record<string, string> {
  const inputs = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  return Object.fromEntries(inputs.map(([, name = '', value = '']) => [name, value]));
}

/** The hash of the style in a page, as the policy names it. */
export function styleHashOf(page: string): string {
  const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? '';
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}

function eventOf(route: string, { cookie, form, query, event }: Sent): APIGatewayProxyEvent {
  const [method = '', path = ''] = route.split(' ');
  return {
    resource: '/portal/{proxy+}',
    path,
    httpMethod: method,
    headers: {
      // As gateways do, in the client's own case.
      ...(cookie === undefined ? {} : { Cookie: cookie }),
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    multiValueHeaders: {},
    queryStringParameters: query ?? null,
    multiValueQueryStringParameters: null,
    pathParameters: path === '/portal' ? null : { proxy: path.slice('/portal/'.length) },
    stageVariables: null,
    body: form === undefined ? null : new URLSearchParams(form).toString(),
    isBase64Encoded: false,
    requestContext: {
      requestId: 'visit-1',
      apiId: 'a1b2c3',
      stage: 'api',
      domainName: 'a1b2c3.execute-api.eu-west-1.amazonaws.com',
      path: `/api${path}`,
    } as unknown as APIGatewayProxyEvent['requestContext'],
    ...event,
  };
}
