import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import { log } from '../../../lambdas/adapters/log.ts';
import type { SignIn } from '../../../lambdas/adapters/oidc-sign-in.ts';
import { createPasskeys } from '../../../lambdas/adapters/passkeys.ts';
import type { Registry } from '../../../lambdas/adapters/registry/registry.ts';
import {
  decided,
  passkeyOptions,
  problem,
  type RequestDetail,
  requestDetail,
  session as sessionShown,
} from '../../../lambdas/approvals/portal/contract.ts';
import { createPortal, type PortalDependencies } from '../../../lambdas/approvals/portal/portal.ts';
import { createSeal } from '../../../lambdas/approvals/portal/seal.ts';
import { openSession } from '../../../lambdas/approvals/portal/session.ts';
import { recordChange } from '../../../lambdas/domain/change.ts';
import { requestDigest } from '../../../lambdas/domain/digest.ts';
import type { KeyRecord } from '../../../lambdas/domain/key.ts';
import { actorOf, type Principal } from '../../../lambdas/domain/principal.ts';
import type { DecisionRecord, RequestRecord } from '../../../lambdas/domain/request.ts';
import { memoryRegistry } from '../../machines/memory-registry.ts';
import { aKey, aRequest, olga, omar, person, REQUEST_ID, sami } from '../domain/examples.ts';
import type { Authenticator } from './authenticator.ts';
import { approvalKey, authorization, TestDirectory } from './proofs.ts';

// Tests look at answers.
log.setLogLevel('SILENT');

export const SECRET = 'a secret of the tests, long enough to be one';
export const REQUEST_PATH = `/portal/api/requests/${REQUEST_ID}`;
export const DECISIONS_PATH = `${REQUEST_PATH}/decisions`;
export const LATER = '2026-11-26T03:02:22.000Z';

export interface Sent {
  readonly cookie?: string | undefined;
  readonly body?: unknown;
  /** The header `X-Form-Token`. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly event?: Partial<APIGatewayProxyEvent>;
}

/** The answer of the portal, and the cookies that a browser has after it. */
export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly setCookies: readonly string[];
  /** The body as JSON. */
  readonly json: () => unknown;
}

/** Where the portal is. */
export const ORIGIN = 'https://a1b2c3.execute-api.eu-west-1.amazonaws.com';
export const ADDRESS = `${ORIGIN}/api/portal`;

export interface WorldOptions {
  readonly request?: Partial<RequestRecord>;
  readonly key?: Partial<KeyRecord>;
  readonly registry?: (registry: Registry) => Partial<Registry>;
  readonly deps?: Partial<PortalDependencies>;
}

export const erin = person('erin', 'auditors');
export const mallory = person('mallory', 'sales');

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
      entries: [{ event: 'requested', details: { reason: request.reason } }],
    }),
  );
  const seal = createSeal(async () => SECRET);
  const time = { now: LATER };
  const directory = new TestDirectory().add(olga, omar, sami, erin, mallory);
  const portal = createPortal({
    registry: { ...registry, ...options.registry?.(registry) },
    directory,
    approvalKey,
    authorization,
    passkeys: createPasskeys({ origin: ORIGIN }),
    policies: { classes: [], access: { auditors: ['auditors'], machines: [] } },
    clock: async () => time.now,
    newId: () => '01KAWXCYJ7P8M2Q4R6S8T0V2W6',
    stopKey: () => Promise.reject(new Error('Nothing is stopped here.')),
    signIn: nobodySignsIn,
    seal,
    address: ADDRESS,
    page: aPage,
    ...options.deps,
  });

  const visit = async (route: string, sent: Sent = {}): Promise<Answered> => {
    const { statusCode, headers, multiValueHeaders, body } = await portal(eventOf(route, sent));
    const setCookies = multiValueHeaders?.['Set-Cookie'] ?? [];
    return {
      status: statusCode,
      headers: headers ?? {},
      setCookies: setCookies.map(String),
      body,
      json: (): unknown => JSON.parse(body),
    };
  };
  /** A `Cookie` header of a session that has just begun. */
  const cookieOf = async (who: Principal): Promise<string> => pairOf(await openSession(seal, who, ADDRESS));
  /** What the page of a person does: GETs and POSTs below `portal/api/`, with all that the browser adds. */
  const pageOf = async (who: Principal) => {
    const cookie = await cookieOf(who);
    const { formToken } = sessionShown.parse((await visit('GET /portal/api/session', { cookie })).json());
    const get = (path: string, query: Readonly<Record<string, string>> = {}) =>
      visit(`GET /portal/api/${path}`, { cookie, query });
    const post = (path: string, body: unknown = {}, sent: Sent = {}) =>
      visit(`POST /portal/api/${path}`, {
        cookie,
        token: formToken,
        body,
        headers: { Origin: ORIGIN, 'Sec-Fetch-Site': 'same-origin' },
        ...sent,
      });
    const show = async (): Promise<RequestDetail> =>
      requestDetail.parse((await get(`requests/${REQUEST_ID}`)).json());
    const decide = (filled: Readonly<Record<string, unknown>> = {}, sent: Sent = {}) =>
      post(
        `requests/${REQUEST_ID}/decisions`,
        { verdict: 'approve', reason: 'I looked at it.', digest: request.digest, ...filled },
        sent,
      );
    return { cookie, formToken, get, post, show, decide };
  };
  const decisions = async (): Promise<DecisionRecord[]> => registry.getDecisions(request.requestId);
  const stateNow = async () => (await registry.getRequest(request.requestId))?.state;
  return { registry, request, key, seal, time, directory, visit, cookieOf, pageOf, decisions, stateNow };
}

const service: Principal = { kind: 'service', id: 'service:test', name: 'test', groups: [], mfa: false };

const nobodySignsIn: SignIn = {
  begin: () => Promise.reject(new Error('Nobody signs in here.')),
  complete: () => Promise.reject(new Error('Nobody signs in here.')),
};

/** A page as Vite builds one. */
export const aPage: PortalDependencies['page'] = {
  document:
    '<!doctype html><html lang="en"><head><base href="./"><script type="module" src="./assets/index-B4x1.js"></script></head><body></body></html>',
  assets: new Map([
    ['assets/index-B4x1.js', { type: 'text/javascript; charset=utf-8', body: 'run();' }],
    ['assets/font-C2.woff2', { type: 'font/woff2', body: Buffer.from([0, 255, 1]) }],
  ]),
};

type SignedInPage = Awaited<ReturnType<Awaited<ReturnType<typeof portalWorld>>['pageOf']>>;

/** The page of somebody who has just enrolled this authenticator on it. */
export async function enrolledPage(page: SignedInPage, authenticator: Authenticator): Promise<SignedInPage> {
  const begun = await page.post('passkeys/options');
  const { options } = passkeyOptions.parse(begun.json());
  const cookie = [page.cookie, ...begun.setCookies.map(pairOf)].join('; ');
  const body = { name: 'Laptop', response: authenticator.enrol(options.challenge) };
  const { status, body: text } = await page.post('passkeys', body, { cookie });
  if (status !== 200) throw new Error(`The passkey was not enrolled: ${text}`);
  return page;
}

/** The code of a problem, and where it says that something has to be corrected. */
export function refusalIn(answered: Answered): {
  readonly status: number;
  readonly code: string;
  readonly pointers: readonly string[];
} {
  const { code, errors = [] } = problem.parse(answered.json());
  expectType(answered, 'application/problem+json');
  return { status: answered.status, code, pointers: errors.map(({ pointer }) => pointer) };
}

const decidedAndShown = decided.required();

/** What an accepted decision is answered with. */
export function decidedIn(answered: Answered): z.output<typeof decidedAndShown> {
  expectType(answered, 'application/json');
  return decidedAndShown.parse(answered.json());
}

function expectType({ headers, body }: Answered, type: string): void {
  if (headers['Content-Type'] !== type) throw new Error(`Not ${type}: ${body}`);
}

/** `name=value` of a `Set-Cookie`. */
export function pairOf(setCookie: string): string {
  return setCookie.split(';')[0] ?? '';
}

function eventOf(route: string, { cookie, token, body, headers, query, event }: Sent): APIGatewayProxyEvent {
  const [method = '', path = ''] = route.split(' ');
  return {
    resource: '/portal/{proxy+}',
    path,
    httpMethod: method,
    headers: {
      // As gateways do, in the client's own case.
      ...(cookie === undefined ? {} : { Cookie: cookie }),
      ...(token === undefined ? {} : { 'x-form-TOKEN': token }),
      ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      ...headers,
    },
    multiValueHeaders: {},
    queryStringParameters: query ?? null,
    multiValueQueryStringParameters: null,
    pathParameters: path === '/portal' ? null : { proxy: path.slice('/portal/'.length) },
    stageVariables: null,
    body: body === undefined ? null : JSON.stringify(body),
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
