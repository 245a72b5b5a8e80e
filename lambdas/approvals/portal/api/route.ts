import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import { bodyOf } from '../body.ts';
import type { Session } from '../session.ts';
import type { Visit } from '../visit.ts';

/** What the signed-in person asks. */
export interface Call<Body = undefined> {
  readonly session: Session;
  readonly visit: Visit;
  /** What stands at the `{names}` of the route's path. */
  readonly path: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** One of the shapes of `contract.ts`. */
export interface Answer {
  readonly body: object;
  readonly setCookies?: readonly string[];
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Below `portal/api/`, with `{names}`. */
  readonly path: string;
  readonly answer: (call: Omit<Call, 'body'>, event: APIGatewayProxyEvent) => Promise<Answer>;
}

export function get(path: string, handle: (call: Omit<Call, 'body'>) => Promise<Answer>): Route {
  return { method: 'GET', path, answer: (call) => handle(call) };
}

export function post<S extends z.ZodType>(
  path: string,
  schema: S,
  handle: (call: Call<z.output<S>>) => Promise<Answer>,
): Route {
  return {
    method: 'POST',
    path,
    answer: (call, event) => handle({ ...call, body: bodyOf(schema, event, call.visit) }),
  };
}

/** What stands at the `{names}` of a route's path; undefined when the path is not one of it. */
export function valuesIn(route: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [route.split('/'), path.split('/')];
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
