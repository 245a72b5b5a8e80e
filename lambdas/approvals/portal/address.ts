import type { APIGatewayProxyEvent } from 'aws-lambda';
import { BackendStateUnexpected } from '../../domain/errors.ts';

/**
 * The absolute URL of the portal, without a slash at its end: a form such as `https://{domainName}/{stage}/portal`,
 * filled in with what API Gateway itself says of the request. No header of the request is believed.
 */
export function portalAddress(
  form: string,
  {
    domainName,
    stage,
    apiId,
  }: Pick<APIGatewayProxyEvent['requestContext'], 'domainName' | 'stage' | 'apiId'>,
): string {
  const facts: Readonly<Record<string, string | undefined>> = { domainName, stage, apiId };
  return form.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const fact = facts[name] ?? '';
    if (!/^[\w.-]+$/.test(fact)) {
      throw new BackendStateUnexpected(
        `API Gateway does not say its ${name}: the portal's address is not known.`,
      );
    }
    return fact;
  });
}
