import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import type { TokenVerifier } from '../adapters/oidc.ts';
import { Unauthenticated } from '../domain/errors.ts';
import { headersOf } from './headers.ts';

/** What API Gateway knows as 401; any other failure becomes its 500, and nobody is let in. */
class Unauthorized extends Error {
  constructor(cause: unknown) {
    super('Unauthorized', { cause });
  }
}

/**
 * Lets a person with a valid bearer token through to the route asked for, and hands the principal on as JSON in
 * `authorizer.principal`. Throws Unauthorized for any other token.
 */
export function authorize(verifier: TokenVerifier) {
  return async (
    event: Pick<APIGatewayRequestAuthorizerEvent, 'headers' | 'methodArn'>,
  ): Promise<APIGatewayAuthorizerResult> => {
    const token = /^Bearer +(\S+)$/i.exec(headersOf(event).get('authorization') ?? '')?.[1];
    if (token === undefined) throw new Unauthorized('no bearer token');
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
      throw error instanceof Unauthenticated ? new Unauthorized(error) : error;
    }
  };
}
