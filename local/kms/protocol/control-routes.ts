import * as z from 'zod';

/** A request to one of the server's own endpoints, which AWS does not have. */
interface ControlRequest {
  readonly query: URLSearchParams;
  /** The parsed JSON body; undefined without one. */
  readonly body: unknown;
}

/** By `METHOD /path`; what a route returns is the JSON of the answer, what it throws becomes a 400. */
export type ControlRoutes = Readonly<Record<string, (request: ControlRequest) => unknown>>;

export interface ControlReply {
  readonly status: number;
  readonly body: unknown;
}

/** Answers 404 for an unknown route, 400 with a readable message for a body that the route refuses. */
export async function answerControl(
  routes: ControlRoutes,
  route: string,
  request: { readonly query: URLSearchParams; readonly text: string },
): Promise<ControlReply> {
  const handler = routes[route];
  if (handler === undefined) {
    const known = Object.keys(routes).join(', ');
    return { status: 404, body: { code: 'NotFound', message: `No route ${route}. There are: ${known}.` } };
  }
  try {
    const body: unknown = request.text === '' ? undefined : JSON.parse(request.text);
    return { status: 200, body: await handler({ query: request.query, body }) };
  } catch (error) {
    return { status: 400, body: { code: 'InvalidRequest', message: readableMessage(error) } };
  }
}

function readableMessage(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return error instanceof Error ? error.message : String(error);
}
