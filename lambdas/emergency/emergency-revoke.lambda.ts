import type { APIGatewayProxyEvent } from 'aws-lambda';
import { bundledAuthorization } from '../adapters/authorization.ts';
import { directoryOfEnvironment } from '../adapters/directory.ts';
import { admitCustodian } from './admission.ts';
import { answerPage } from './answer-call.ts';
import { createEmergencyApi } from './emergency-api.ts';
import { policies, stopFor } from './runtime.ts';

const stop = stopFor(
  admitCustodian({ directory: directoryOfEnvironment(), authorization: bundledAuthorization() }),
);

const api = createEmergencyApi(stop, policies);
const page = answerPage(stop);

/** Behind the API, and invoked by the page. */
export const handler = (event: APIGatewayProxyEvent | { readonly via: string }): Promise<unknown> =>
  'httpMethod' in event ? api(event) : page(event);
