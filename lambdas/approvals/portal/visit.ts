import type { APIGatewayProxyEvent } from 'aws-lambda';

/** One request of a browser to the portal. */
export interface Visit {
  readonly method: string;
  /** Below the portal, without slashes around it: empty for the portal itself, or such as `requests/req_...`. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly cookies: ReadonlyMap<string, string>;
  /** Names this request in the logs. */
  readonly reference: string;
  /**
   * The address of another path of the portal, relative to this one. What stands before the portal in the address (a
   * stage, a base path, the local AWS) stays the browser's affair.
   */
  readonly link: (path: string) => string;
}

export function visitOf(event: APIGatewayProxyEvent): Visit {
  const path = event.pathParameters?.proxy ?? '';
  const headers = new Map<string, string>();
  // A browser may split its cookies over several headers; only here all of them are listed.
  for (const [name, values = []] of Object.entries(event.multiValueHeaders ?? {})) {
    headers.set(name.toLowerCase(), values.join('; '));
  }
  for (const [name, value] of Object.entries(event.headers ?? {})) {
    if (value !== undefined && !headers.has(name.toLowerCase())) headers.set(name.toLowerCase(), value);
  }
  const endsWithSlash = path === '' && event.requestContext.path.endsWith('/');
  const depth = path === '' ? Number(endsWithSlash) : path.split('/').length;
  return {
    method: event.httpMethod,
    path,
    query: new Map(
      Object.entries(event.queryStringParameters ?? {}).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      ),
    ),
    headers,
    cookies: cookiesIn(headers.get('cookie') ?? ''),
    reference: event.requestContext.requestId,
    link: (to) => `${'../'.repeat(depth)}portal${to === '' ? '' : `/${to}`}`,
  };
}

/** Of two cookies of one name the first counts: browsers send the one with the longer path first. */
function cookiesIn(header: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(';')) {
    const [name = '', ...value] = pair.split('=');
    if (!cookies.has(name.trim())) cookies.set(name.trim(), value.join('=').trim());
  }
  return cookies;
}
