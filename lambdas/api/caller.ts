import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod';
import { type Access, machinePrincipal } from '../domain/access.ts';
import { Unauthenticated } from '../domain/errors.ts';
import { type Principal, principal } from '../domain/principal.ts';

const authorizedPerson = z.object({ principal: z.string() });

/**
 * Who asks, as the door that was passed says it: the authorizer of the people's door, or IAM at the machines' door.
 * Nothing that the caller writes itself is looked at. Throws Unauthenticated.
 */
export function principalOf({ requestContext }: APIGatewayProxyEvent, access: Access): Principal {
  const person = authorizedPerson.safeParse(requestContext.authorizer);
  if (person.success) return principal.parse(JSON.parse(person.data.principal));
  const { userArn } = requestContext.identity;
  if (userArn !== null && userArn !== undefined && userArn !== '') return machinePrincipal(access, userArn);
  throw new Unauthenticated(
    'Nobody is known to be asking. Send the token of your sign-in, or sign the request with SigV4.',
  );
}
