import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import * as z from 'zod';
import { log } from '../adapters/log.ts';
import type { TokenVerifier } from '../adapters/oidc.ts';
import { Unauthenticated } from '../domain/errors.ts';
import { headersOf } from './headers.ts';

/** What API Gateway knows as 401; any other failure becomes its 500, and nobody is let in. */
class Unauthorized extends Error {
  constructor() {
    super('Unauthorized');
  }
}

/**
 * Lets a person with a valid bearer token through to the route asked for, and hands the principal on as JSON in
 * `authorizer.principal`. Throws Unauthorized for any other token, BackendBusy when the issuer cannot be asked.
 */
export function authorize(verifier: TokenVerifier) {
  return async (
    event: Pick<APIGatewayRequestAuthorizerEvent, 'headers' | 'methodArn'>,
  ): Promise<APIGatewayAuthorizerResult> => {
    const token = /^Bearer +(\S+)$/i.exec(headersOf(event).get('authorization') ?? '')?.[1];
    if (token === undefined) throw refused('NoBearerToken');
    try {
      const principal = await verifier.verify(token);
      return {
        principalId: principal.id,
        policyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: event.methodArn }],
        },
        context: { principal: JSON.stringify(principal) },
      };
    } catch (error) {
      if (error instanceof Unauthenticated) throw refused(causeOf(error));
      log.error('sign-in not checked', { code: codeIn(error) ?? 'Unknown' });
      throw error;
    }
  };
}

/** The code alone is told: errors of the verification hold the claims of the token. */
function refused(cause: string): Unauthorized {
  log.info('sign-in refused', { code: 'Unauthenticated', cause });
  return new Unauthorized();
}

function causeOf(error: Unauthenticated): string {
  return codeIn(error.cause) ?? error.code;
}

function codeIn(error: unknown): string | undefined {
  return z.looseObject({ code: z.string() }).safeParse(error).data?.code;
}
