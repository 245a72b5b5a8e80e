import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { log } from '../adapters/log.ts';
import type { Access } from '../domain/access.ts';
import { KeywardError, RouteNotFound } from '../domain/errors.ts';
import type { Answer } from './answer.ts';
import { principalOf } from './caller.ts';
import type { Call, Contract, Handler } from './contract.ts';
import { MethodNotAllowed } from './http-errors.ts';
import { problemOf } from './problem.ts';
import { readRequest } from './request-reader.ts';

type PathValues = Readonly<Record<string, string>>;

/** A contract with what carries it out. */
export interface Route {
  readonly contract: Contract;
  readonly answer: (event: APIGatewayProxyEvent, path: PathValues, access: Access) => Promise<Answer>;
}

export function bind<C extends Contract>(contract: C, handle: Handler<C>): Route {
  return {
    contract,
    async answer(event, path, access) {
      // Strangers are not told what is wrong with what they sent.
      const principal = principalOf(event, access);
      const read = readRequest(contract, event, path);
      return handle({ principal, method: contract.method, target: event.path, ...read });
    },
  };
}

/** For a route that anybody may ask. */
export function bindOpen<C extends Contract & { readonly open: true }>(
  contract: C,
  handle: (call: Pick<Call<C>, 'path' | 'query'>) => Promise<Answer>,
): Route {
  return { contract, answer: async (event, path) => handle(readRequest(contract, event, path)) };
}

/** Answers events of either door (REST API, payload 1.0): every error becomes a problem here. */
export function createRouter(routes: readonly Route[], access: Access) {
  return async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
    const { requestId } = event.requestContext;
    try {
      const { route, path } = routeFor(routes, event);
      const { status, body, headers } = await route.answer(event, path, access);
      return respond(status, 'application/json', body, headers);
    } catch (error) {
      const { problem, headers } = problemOf(error, { instance: event.path, requestId });
      tell(error, problem, event);
      return respond(problem.status, 'application/problem+json', problem, headers);
    }
  };
}

function routeFor(
  routes: readonly Route[],
  { path, httpMethod }: APIGatewayProxyEvent,
): { route: Route; path: PathValues } {
  const found = routes.flatMap((route) => {
    const values = pathValues(route.contract.path, path);
    return values === undefined ? [] : [{ route, path: values }];
  });
  const match = found.find(({ route }) => route.contract.method === httpMethod);
  if (match !== undefined) return match;
  if (found.length > 0) throw new MethodNotAllowed(found.map(({ route }) => route.contract.method));
  throw new RouteNotFound('There is no such route. GET /v1/openapi.json describes those there are.');
}

/** What stands at the `{names}` of a template; undefined when the path is not one of it. */
function pathValues(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined ? part !== text : text === '') return undefined;
    if (name !== undefined) values[name] = text;
  }
  return values;
}

function tell(
  error: unknown,
  { code, status }: { code: string; status: number },
  event: APIGatewayProxyEvent,
) {
  const facts = { code, status, method: event.httpMethod, path: event.path };
  if (status < 500) return log.info('request refused', facts);
  log.error('request failed', {
    ...facts,
    cause: error instanceof KeywardError ? error.code : 'Unknown',
    error: error instanceof Error ? error : new Error(String(error)),
  });
}

function respond(
  statusCode: number,
  contentType: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyResult {
  return {
    statusCode,
    headers: {
      'Content-Type': contentType,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
    body: JSON.stringify(body),
  };
}
