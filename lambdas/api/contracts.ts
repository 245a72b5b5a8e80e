import * as z from 'zod';
import { requestExport } from '../domain/export.ts';
import { hash, timestamp } from '../domain/formats.ts';
import { keySpec, keyState } from '../domain/key.ts';
import { ledgerEntry } from '../domain/ledger.ts';
import { decisionRecord, requestParameters, requestState } from '../domain/request.ts';
import type { Contract } from './contract.ts';
import {
  consumer,
  description,
  idempotencyKey,
  ifMatch,
  keyId,
  keyName,
  ownerName,
  pageSize,
  pageToken,
  reason,
  requestId,
  validateOnly,
  verify,
} from './fields.ts';
import { accepted, consumerView, keyView, ledgerVerification, plan, requestView } from './views.ts';

const className = z
  .string()
  .regex(/^[a-z0-9-]{1,62}$/, 'must be the name of a class: lower-case letters, digits and hyphens');
const nothing = z.strictObject({});
const noHeaders = z.object({});
const ofKey = z.strictObject({ keyId });
const ofRequest = z.strictObject({ requestId });
const once = z.object({ 'Idempotency-Key': idempotencyKey });
const justReason = z.strictObject({ reason });

const taken = {
  200: { description: 'With `validateOnly=true`: what would happen.', schema: plan },
  202: { description: 'The request was taken.', schema: accepted },
} as const;

/** An operation on a key there is. */
function operationContract<Body extends z.ZodObject>(
  verb: string,
  summary: string,
  body: Body,
): Contract & {
  readonly fields: { path: typeof ofKey; query: typeof dryRun; headers: typeof onceIfMatch; body: Body };
} {
  return {
    method: 'POST',
    path: `/v1/keys/{keyId}/${verb}`,
    operationId: verb.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
    summary,
    fields: { path: ofKey, query: dryRun, headers: onceIfMatch, body },
    answers: taken,
    problems: [400, 403, 404, 409, 412, 413, 415, 428],
  };
}

const dryRun = z.strictObject({ validateOnly });
const onceIfMatch = z.object({ 'Idempotency-Key': idempotencyKey, 'If-Match': ifMatch });

const [, , { shape: revocation }, , { shape: destruction }] = requestParameters.options;

const paged = { pageSize, pageToken };
const nextPageToken = z.string().optional().meta({ description: 'Absent on the last page.' });

export const createKey = {
  method: 'POST',
  path: '/v1/keys',
  operationId: 'createKey',
  summary: 'Ask for a new key',
  fields: {
    path: nothing,
    query: dryRun,
    headers: once,
    body: z.strictObject({
      name: keyName,
      owner: ownerName,
      class: className.meta({
        description: 'A class of policies/key-classes.yaml.',
        example: 'data-protection',
      }),
      spec: keySpec,
      description: description.default(''),
      reason,
    }),
  },
  answers: taken,
  problems: [400, 403, 409, 413, 415],
} as const satisfies Contract;

export const listKeys = {
  method: 'GET',
  path: '/v1/keys',
  operationId: 'listKeys',
  summary: 'List keys',
  description:
    'Of one owner, of all owners in one state, or, without a filter, of the groups that the caller is in. Only keys that the caller may see are listed; what was just written may be missing for a moment.',
  fields: {
    path: nothing,
    query: z.strictObject({ owner: ownerName.optional(), state: keyState.optional(), ...paged }),
    headers: noHeaders,
    body: nothing,
  },
  answers: {
    200: { description: 'A page of keys.', schema: z.object({ keys: z.array(keyView), nextPageToken }) },
  },
  problems: [403],
} as const satisfies Contract;

export const getKey = {
  method: 'GET',
  path: '/v1/keys/{keyId}',
  operationId: 'getKey',
  summary: 'Read a key with its versions',
  fields: { path: ofKey, query: nothing, headers: noHeaders, body: nothing },
  answers: { 200: { description: 'The key; its `ETag` is for `If-Match`.', schema: keyView } },
  problems: [404],
} as const satisfies Contract;

export const rotate = operationContract('rotate', 'Ask for a new version of a key', justReason);

export const revoke = operationContract(
  'revoke',
  'Ask to take a key out of use: suspended for a time, or compromised for good',
  z.strictObject({ mode: revocation.mode, reason }),
);

export const emergencyRevoke = {
  method: 'POST',
  path: '/v1/keys/{keyId}/emergency-revoke',
  operationId: 'emergencyRevoke',
  summary: 'Stop a key at once, as a custodian',
  description:
    'For people whom the class of the key calls its custodians, signed in with a second factor. The key is disabled before the answer comes; the quorum is asked afterwards to ratify it. Sent again while it is under way, it is gone on with.',
  fields: { path: ofKey, query: nothing, headers: once, body: justReason },
  answers: {
    200: {
      description: 'The key is stopped. `ratification` is the request by which the quorum is asked.',
      schema: z.object({ requestId, ratification: requestId.optional() }),
    },
  },
  problems: [400, 403, 404, 409, 413, 415],
} as const satisfies Contract;

export const reinstate = operationContract('reinstate', 'Ask to give a suspended key back', justReason);

export const destroy = operationContract(
  'destroy',
  'Ask to destroy a key after a window of days',
  z.strictObject({
    reason,
    windowDays: destruction.windowDays
      .optional()
      .meta({ description: 'Not shorter than the class says, which is also the default.' }),
  }),
);

export const cancelDestruction = operationContract(
  'cancel-destruction',
  'Ask to take a key out of its destruction',
  justReason,
);

export const getLedger = {
  method: 'GET',
  path: '/v1/keys/{keyId}/ledger',
  operationId: 'getLedger',
  summary: 'Read the ledger of a key, oldest entry first',
  fields: { path: ofKey, query: z.strictObject({ ...paged, verify }), headers: noHeaders, body: nothing },
  answers: {
    200: {
      description: 'A page of entries.',
      schema: z.object({
        entries: z.array(ledgerEntry.meta({ id: 'LedgerEntry' })),
        verification: ledgerVerification.optional(),
        nextPageToken,
      }),
    },
  },
  problems: [404],
} as const satisfies Contract;

export const getCertificate = {
  method: 'GET',
  path: '/v1/keys/{keyId}/certificate',
  operationId: 'getCertificate',
  summary: 'Read the certificate of a destruction',
  fields: { path: ofKey, query: nothing, headers: noHeaders, body: nothing },
  answers: {
    200: {
      description: 'The certificate, its digest, and the ledger entry that holds both.',
      schema: z.object({
        certificate: z.record(z.string(), z.json()),
        certificateDigest: hash,
        ledger: z.object({ seq: z.int().positive(), hash, at: timestamp }),
      }),
    },
  },
  problems: [404],
} as const satisfies Contract;

const consumers = {
  200: {
    description: 'Who has said that they rely on the key, by name.',
    schema: z.object({ consumers: z.array(consumerView) }),
  },
} as const;

export const listConsumers = {
  method: 'GET',
  path: '/v1/keys/{keyId}/consumers',
  operationId: 'listConsumers',
  summary: 'List who relies on a key',
  fields: { path: ofKey, query: nothing, headers: noHeaders, body: nothing },
  answers: consumers,
  problems: [404],
} as const satisfies Contract;

export const registerConsumer = {
  method: 'POST',
  path: '/v1/keys/{keyId}/consumers',
  operationId: 'registerConsumer',
  summary: 'Say that one relies on a key',
  description:
    'Shown to whoever is asked to take the key away. The last word on a name counts: said twice it is the same as once.',
  fields: { path: ofKey, query: nothing, headers: once, body: consumer },
  answers: consumers,
  problems: [400, 404, 413, 415],
} as const satisfies Contract;

export const removeConsumer = {
  method: 'POST',
  path: '/v1/keys/{keyId}/consumers/remove',
  operationId: 'removeConsumer',
  summary: 'Say that one relies on a key no longer',
  fields: { path: ofKey, query: nothing, headers: once, body: consumer.pick({ name: true }) },
  answers: consumers,
  problems: [400, 404, 413, 415],
} as const satisfies Contract;

export const listRequests = {
  method: 'GET',
  path: '/v1/requests',
  operationId: 'listRequests',
  summary: 'List requests',
  description: listKeys.description.replaceAll('keys', 'requests'),
  fields: {
    path: nothing,
    query: z.strictObject({ owner: ownerName.optional(), state: requestState.optional(), ...paged }),
    headers: noHeaders,
    body: nothing,
  },
  answers: {
    200: {
      description: 'A page of requests.',
      schema: z.object({ requests: z.array(requestView), nextPageToken }),
    },
  },
  problems: [403],
} as const satisfies Contract;

export const getRequest = {
  method: 'GET',
  path: '/v1/requests/{requestId}',
  operationId: 'getRequest',
  summary: 'Read a request with its decisions',
  fields: { path: ofRequest, query: nothing, headers: noHeaders, body: nothing },
  answers: { 200: { description: 'The request, however it ended.', schema: requestView } },
  problems: [404],
} as const satisfies Contract;

export const exportRequest = {
  method: 'GET',
  path: '/v1/requests/{requestId}/export',
  operationId: 'exportRequest',
  summary: 'Read all that it takes to verify a request offline',
  description: 'For `npm run verify`: see docs/verify.md.',
  fields: { path: ofRequest, query: nothing, headers: noHeaders, body: nothing },
  answers: { 200: { description: 'The export.', schema: requestExport.meta({ id: 'Export' }) } },
  problems: [404],
} as const satisfies Contract;

export const cancelRequest = {
  method: 'POST',
  path: '/v1/requests/{requestId}/cancel',
  operationId: 'cancelRequest',
  summary: 'Take back a request of one’s own',
  fields: { path: ofRequest, query: nothing, headers: once, body: nothing },
  answers: { 200: { description: 'The request, cancelled.', schema: requestView } },
  problems: [400, 403, 404, 409, 413, 415],
} as const satisfies Contract;

export const decideRequest = {
  method: 'POST',
  path: '/v1/requests/{requestId}/decisions',
  operationId: 'decideRequest',
  summary: 'Approve or deny a request',
  description:
    'For people only, one decision each. It is bound to the digest that the request showed. Groups are those that the directory has now.',
  fields: {
    path: ofRequest,
    query: nothing,
    headers: once,
    body: z.strictObject({
      verdict: decisionRecord.shape.verdict,
      reason,
      digest: hash.meta({
        description: 'The `digest` of the request as it was read.',
        example: '7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730',
      }),
      passkey: z.record(z.string(), z.json()).optional().meta({
        description:
          'Where the class wants one: the AuthenticationResponseJSON of WebAuthn over the digest, as the page makes it.',
      }),
    }),
  },
  answers: { 200: { description: 'The request with its decisions.', schema: requestView } },
  problems: [400, 403, 404, 409, 413, 415],
} as const satisfies Contract;

export const getOpenApi = {
  method: 'GET',
  path: '/v1/openapi.json',
  operationId: 'getOpenApi',
  summary: 'Read this description',
  open: true,
  fields: { path: nothing, query: nothing, headers: noHeaders, body: nothing },
  answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: z.record(z.string(), z.json()) } },
  problems: [],
} as const satisfies Contract;

/** Every route of the API. */
export const contracts: readonly Contract[] = [
  createKey,
  listKeys,
  getKey,
  rotate,
  revoke,
  emergencyRevoke,
  reinstate,
  destroy,
  cancelDestruction,
  getLedger,
  getCertificate,
  listConsumers,
  registerConsumer,
  removeConsumer,
  listRequests,
  getRequest,
  exportRequest,
  cancelRequest,
  decideRequest,
  getOpenApi,
];
