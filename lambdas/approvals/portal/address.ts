import type { APIGatewayProxyEvent } from 'aws-lambda';
import { BackendStateUnexpected } from '../../domain/errors.ts';

/**
 * The absolute URL of the page, without a slash at its end: a form such as `https://{domainName}/{stage}/portal` filled
 * in with what API Gateway itself says of the request. No header of the request is believed.
 */
export function portalAddress(
  form: string,
  {
    domainName,
    stage,
    apiId,
  }: Pick<APIGatewayProxyEvent['requestContext'], 'domainName' | 'stage' | 'apiId'>,
): URL {
  const facts: Readonly<Record<string, string | undefined>> = { domainName, stage, apiId };
  const address = form.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const fact = facts[name] ?? '';
    if (!/^[\w.-]+$/.test(fact)) {
      throw new BackendStateUnexpected(
        `API Gateway does not say its ${name}: the address of the page is not known.`,
      );
    }
    return fact;
  });
  return new URL(address);
}

/** Where a link leads: the list of requests (''), or a page below it. */
export type PagePath = '' | `/${string}`;

/**
 * Links from one page to another, relative to the path that is being answered: what stands before `/portal` in the
 * address is the gateway's, and is not in the path.
 */
export function linksFrom(path: string): (to: PagePath) => string {
  const depth = path.split('/').length - 2;
  return (to) => `${'../'.repeat(depth)}portal${to}`;
}
