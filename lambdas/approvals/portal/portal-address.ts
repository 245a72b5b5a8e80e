import type { APIGatewayProxyEvent } from 'aws-lambda';
import { KeywardError } from '../../domain/errors.ts';
import type { Visit } from './visit.ts';

class AddressUnknown extends KeywardError {
  constructor() {
    super(
      'AddressUnknown',
      'invalid',
      'Keyward does not know itself under the address that you came by. Open the link in the mail.',
      {},
    );
  }
}

/**
 * The portal's own address, without a slash at its end: where an issuer sends people back to. The configured one
 * stands. Without it, it is the domain that API Gateway found this API by, and only for a request that names the same
 * domain: an address that a caller made up must not end in a link or a redirect.
 *
 * Throws AddressUnknown.
 */
export function portalAddress(
  { requestContext: { domainName, path } }: Pick<APIGatewayProxyEvent, 'requestContext'>,
  visit: Pick<Visit, 'path' | 'headers'>,
  configured: string | undefined,
): string {
  if (configured !== undefined) return configured.replace(/\/+$/, '');
  const host = visit.headers.get('host')?.toLowerCase();
  const below = `/portal/${visit.path}`;
  if (domainName === undefined || host !== domainName.toLowerCase() || !path.endsWith(below)) {
    throw new AddressUnknown();
  }
  return `https://${host}${path.slice(0, -visit.path.length - 1)}`;
}
