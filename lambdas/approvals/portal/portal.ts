import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { log } from '../../adapters/log.ts';
import { KeywardError } from '../../domain/errors.ts';
import { createApi } from './api/api.ts';
import type { ApiDependencies } from './api/dependencies.ts';
import { errorPage } from './error-page.ts';
import { MethodNotAllowed, PageNotFound } from './errors.ts';
import { isPage } from './own-path.ts';
import { assetOf, documentOf, type Page } from './page.ts';
import { problemOf } from './problem.ts';
import { type Reply, resultOf } from './reply.ts';
import { beginSignIn, finishSignIn, type SignInDependencies } from './sign-in.ts';
import { type Visit, visitOf } from './visit.ts';

export interface PortalDependencies extends SignInDependencies, ApiDependencies {
  readonly page: Page;
}

/**
 * The page on which approvers sign in, read and decide, and the API that it talks to (`contract.ts`), behind a REST API
 * (payload 1.0). The page itself is the same for everybody; what is on it comes from the API, to whoever is signed in.
 * Only a POST of the page, with the session that it was made for, decides anything; every other visit changes nothing.
 */
export function createPortal(deps: PortalDependencies) {
  const api = createApi(deps);
  return async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
    const visit = visitOf(event);
    const { path, method } = visit;
    let reply: Reply;
    try {
      reply = await (isApi(path) ? api(event, visit) : answer(deps, visit));
    } catch (error) {
      reply = failed(error, visit);
    }
    return resultOf(reply, method);
  };
}

function isApi(path: string): boolean {
  return path === 'api' || path.startsWith('api/');
}

async function answer(deps: PortalDependencies, visit: Visit): Promise<Reply> {
  const { path, method } = visit;
  if (method !== 'GET' && method !== 'HEAD') throw new MethodNotAllowed(['GET', 'HEAD']);
  if (path === 'sign-in') return beginSignIn(deps, visit);
  if (path === 'signed-in') return finishSignIn(deps, visit);
  if (path.startsWith('assets/')) return assetOf(deps.page, path);
  if (!isPage(path)) throw new PageNotFound();
  return documentOf(deps.page, visit);
}

function failed(error: unknown, { method, path, link, reference }: Visit): Reply {
  const { problem, headers } = problemOf(error, reference);
  const { status, code } = problem;
  const facts = { code, status, method, path };
  if (status < 500) log.info('visit refused', facts);
  else {
    log.error('visit failed', {
      ...facts,
      cause: error instanceof KeywardError ? error.code : 'Unknown',
      error: error instanceof Error ? error : new Error(String(error)),
    });
  }
  if (!isApi(path)) return errorPage(problem, link(''), headers);
  return {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
    body: JSON.stringify(problem),
  };
}
