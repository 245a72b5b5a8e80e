import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { Contract } from './contract.ts';
import { contracts } from './contracts.ts';
import { problem } from './problem.ts';

const meanings: Readonly<Record<number, string>> = {
  400: 'The body is not JSON, or the `Idempotency-Key` is missing.',
  401: 'Nobody is known to be asking.',
  403: 'The caller may not do this.',
  404: 'There is no such thing, or the caller may not see it.',
  409: 'The key or the request is not in a state for this.',
  412: 'The key has changed since the caller read it; the `ETag` is the current one.',
  413: 'The body is larger than 64 KiB.',
  415: 'The body is not `application/json`.',
  422: 'Something in the request is not valid, or the `Idempotency-Key` came with another body before.',
  428: '`If-Match` is missing.',
  429: 'Too many requests: wait as long as `Retry-After` says.',
  500: 'Something is broken inside.',
  503: 'Busy: send the same request again.',
};

const everywhere = [401, 422, 429, 500, 503] as const;

const headers: Readonly<Record<string, z.ZodType>> = {
  Location: z.string().meta({ description: 'Where to follow the request.' }),
  'Retry-After': z.string().meta({ description: 'Seconds to wait.' }),
  'Idempotency-Replayed': z
    .literal('true')
    .optional()
    .meta({ description: 'The answer to an earlier call with the same `Idempotency-Key`.' }),
  ETag: z.string().meta({ description: 'The version of the key, for `If-Match`.' }),
};

/** The OpenAPI 3.1 document of the contracts. */
export function openApiDocument(): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  for (const contract of contracts) {
    paths[contract.path] = {
      ...paths[contract.path],
      [contract.method.toLowerCase()]: operationOf(contract),
    };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Keyward',
      version: '1',
      description:
        'The whole life of cryptographic keys: generated, rotated, revoked and destroyed under approval. Changes are requests: they are taken with 202 and followed at their `Location`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The people’s or the machines’ door.' }],
    security: [{ person: [] }, { machine: [] }],
    paths,
    components: {
      securitySchemes: {
        person: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'People’s door: a token of the organisation’s sign-in.',
        },
        machine: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'Machines’ door: AWS Signature Version 4 for `execute-api`.',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
    },
  });
}

function operationOf(contract: Contract): ZodOpenApiOperationObject {
  const { operationId, summary, description, fields, method, open } = contract;
  const problems = open === true ? [429, 500] : [...everywhere, ...contract.problems];
  const parameters = { path: fields.path, query: fields.query, header: fields.headers };
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [contract.path.startsWith('/v1/requests') ? 'requests' : open === true ? 'description' : 'keys'],
    ...(open === true ? { security: [] } : peopleOnly(contract)),
    requestParams: Object.fromEntries(
      Object.entries(parameters).filter(([, { shape }]) => Object.keys(shape).length > 0),
    ),
    ...(method === 'POST'
      ? { requestBody: { required: true, content: { 'application/json': { schema: fields.body } } } }
      : {}),
    responses: Object.fromEntries([
      ...Object.entries(contract.answers).map(([status, { description, schema }]) => [
        status,
        { description, content: { 'application/json': { schema } }, ...headersOf(contract, Number(status)) },
      ]),
      ...problems
        .toSorted((a, b) => a - b)
        .map((status) => [
          String(status),
          {
            description: meanings[status],
            content: { 'application/problem+json': { schema: problem } },
            ...headersOf(contract, status),
          },
        ]),
    ]),
  };
}

function peopleOnly({ operationId }: Contract) {
  return operationId === 'decideRequest' ? { security: [{ person: [] }] } : {};
}

/** The status of a call that did what it asked for; 200 beside a 202 is a dry run. */
function successOf({ answers }: Contract): number {
  return answers[202] === undefined ? 200 : 202;
}

function headersOf(contract: Contract, status: number): { headers?: z.ZodObject } {
  const { method, operationId } = contract;
  const names = [
    ...(status === 202 ? ['Location'] : []),
    ...(status === 202 || status === 429 || status === 503 ? ['Retry-After'] : []),
    ...(status === successOf(contract) && method === 'POST' ? ['Idempotency-Replayed'] : []),
    ...(status === 412 || operationId === 'getKey' ? (status === 412 || status === 200 ? ['ETag'] : []) : []),
  ];
  const shape = Object.fromEntries(names.flatMap((name) => (headers[name] ? [[name, headers[name]]] : [])));
  return names.length === 0 ? {} : { headers: z.object(shape) };
}
