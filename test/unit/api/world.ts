import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { ulid } from 'ulid';
import { expect } from 'vitest';
import * as z from 'zod';
import { log } from '../../../lambdas/adapters/log.ts';
import { readPolicies } from '../../../lambdas/adapters/policy-files.ts';
import type { Registry } from '../../../lambdas/adapters/registry/registry.ts';
import { createApi } from '../../../lambdas/api/api.ts';
import { createDecisions } from '../../../lambdas/api/decisions.ts';
import { problem } from '../../../lambdas/api/problem.ts';
import { accepted, keyView, requestView } from '../../../lambdas/api/views.ts';
import { recordChange } from '../../../lambdas/domain/change.ts';
import { awaitApproval } from '../../../lambdas/domain/execution.ts';
import type { KeyRecord } from '../../../lambdas/domain/key.ts';
import type { Principal } from '../../../lambdas/domain/principal.ts';
import { createEmergencyApi } from '../../../lambdas/emergency/emergency-api.ts';
import { memoryRegistry } from '../../machines/memory-registry.ts';
import { approvalKey, authorization, noPasskeys, TestDirectory } from '../approvals/proofs.ts';

// Tests look at answers; a test that is about the log listens to it.
log.setLogLevel('SILENT');

const person = (name: string, ...groups: string[]): Principal => ({
  kind: 'person',
  id: `person:${name}`,
  name,
  email: `${name}@example.test`,
  groups,
  mfa: true,
});

export const alice = person('alice', 'payments');
export const bob = person('bob', 'security');
export const carol = person('carol', 'payments', 'security');
export const dave = person('dave', 'security');
export const erin = person('erin', 'auditors');
export const mallory = person('mallory');
export const PIPELINE = 'arn:aws:sts::111122223333:assumed-role/payments-pipeline/session-1';

/** A person, the ARN of a machine, or nobody. */
export type Caller = Principal | string | undefined;

export interface Sent {
  readonly body?: unknown;
  /** Instead of `body`: the text as it goes over the wire. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly query?: Readonly<Record<string, string | string[]>>;
  /** Fields of the event itself. */
  readonly event?: Partial<APIGatewayProxyEvent>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

export const aNewKey = {
  name: 'invoices',
  owner: 'payments',
  class: 'data-protection',
  spec: 'SYMMETRIC_DEFAULT',
  reason: 'Invoices are to be encrypted.',
} as const;

/** The API over a registry in memory, with a clock that the test moves. */
export function apiWorld(
  change: (registry: Registry) => Partial<Registry> = () => ({}),
  stop: Parameters<typeof createEmergencyApi>[0] = () =>
    Promise.reject(new Error('Nothing is stopped here.')),
) {
  const registry = memoryRegistry();
  const time = { now: '2026-11-25T03:02:22.000Z' };
  /** Whoever asks is known to it with the groups of their sign-in, until the test says otherwise. */
  const directory = new TestDirectory().add(alice, bob, carol, dave, erin);
  const deps = {
    registry: { ...registry, ...change(registry) },
    policies: readPolicies(join(import.meta.dirname, '../../../policies')),
    clock: async () => time.now,
    newId: () => ulid(),
    randomNonce: () => randomBytes(32).toString('hex'),
    directory: {
      groupsOf: directory.groupsOf.bind(directory),
      membersOf: directory.membersOf.bind(directory),
    },
    approvalKey,
    authorization,
    passkeys: noPasskeys,
  };
  const lambdas = {
    api: createApi(deps),
    decisions: createDecisions(deps),
    emergency: createEmergencyApi(stop, deps.policies),
  };

  const ask = async (who: Caller, route: string, sent: Sent = {}): Promise<Answered> => {
    if (typeof who === 'object' && (await directory.personOf(who.id)) === undefined) directory.add(who);
    const event = eventOf(who, route, sent);
    const lambda = event.path.endsWith('/decisions')
      ? lambdas.decisions
      : event.path.endsWith('/emergency-revoke')
        ? lambdas.emergency
        : lambdas.api;
    const { statusCode, headers = {}, body } = await lambda(event);
    return { status: statusCode, headers, body: JSON.parse(body) };
  };

  /** What has happened to the key by the time that a state machine has activated it. */
  const activate = async (keyId: string): Promise<KeyRecord> => {
    const key = await registry.getKey(keyId);
    if (key === undefined) throw new Error(`There is no ${keyId}.`);
    const requestId = Object.values(key.openRequests)[0] ?? '';
    const active = recordChange({
      now: time.now,
      actor: { kind: 'service', id: 'service:test', name: 'test' },
      key: { before: key, after: { ...key, state: 'active', currentVersion: 1, openRequests: {} } },
      versions: [
        {
          after: {
            keyId,
            version: 1,
            state: 'active',
            kmsKeyId: '0f2c9a4e-6b1d-4c57-9a3e-2d7f5b8c1e60',
            kmsKeyArn: `arn:aws:kms:eu-west-1:111122223333:key/${randomUUID()}`,
            backendState: 'Enabled',
            probe: { kind: 'ciphertext', ciphertext: PROBE },
            requestId,
            createdAt: time.now,
            activatedAt: time.now,
          },
        },
      ],
      entries: [{ event: 'activated', details: {} }],
    });
    await registry.commit(active);
    return active.key.after;
  };

  /** The key as something has left it that no test is about. */
  const altered = async (before: KeyRecord, fields: Partial<KeyRecord>): Promise<KeyRecord> => {
    const change = recordChange({
      now: time.now,
      actor: { kind: 'service', id: 'service:test', name: 'test' },
      key: { before, after: { ...before, ...fields } },
      entries: [{ event: 'execution-started', details: {} }],
    });
    await registry.commit(change);
    return change.key.after;
  };

  const newKey = async (fields: Partial<Record<keyof typeof aNewKey, string>> = {}): Promise<KeyRecord> => {
    const owner = fields.owner ?? aNewKey.owner;
    const body = { ...aNewKey, name: `k-${randomUUID().slice(0, 8)}`, ...fields };
    const answer = await ask(person('founder', owner), 'POST /v1/keys', { body });
    return activate(accepted.parse(expectStatus(answer, 202)).key.keyId);
  };

  /** A request that waits for its quorum. */
  const waiting = async (
    who: Principal,
    key: KeyRecord,
    body: object = { mode: 'suspend', reason: 'A leak.' },
  ) => {
    const answer = await ask(who, `POST /v1/keys/${key.keyId}/revoke`, { body });
    const { requestId } = accepted.parse(expectStatus(answer, 202)).request;
    const [request, current] = await Promise.all([
      registry.getRequest(requestId),
      registry.getKey(key.keyId),
    ]);
    if (request === undefined || current === undefined) throw new Error('The request is not there.');
    const opened = awaitApproval({
      now: time.now,
      actor: { kind: 'service', id: 'service:test', name: 'test' },
      request,
      key: current,
    });
    await registry.commit(opened);
    return request;
  };

  return { registry, time, deps, ask, newKey, altered, waiting };
}

export const PROBE = Buffer.from('probe artefact of a test').toString('base64');

export type World = ReturnType<typeof apiWorld>;

/** An event of API Gateway, of a caller whom its door has let through. */
export function eventOf(
  who: Caller,
  route: string,
  { body, text, headers, query, event }: Sent,
): APIGatewayProxyEvent {
  const [method = '', path = ''] = route.split(' ');
  const given = Object.entries(query ?? {}).map(([name, value]) => [name, [value].flat()] as const);
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers: {
      ...(method === 'POST'
        ? { 'content-type': 'application/json', 'idempotency-key': randomUUID(), 'if-match': '*' }
        : {}),
      ...headers,
    },
    multiValueHeaders: {},
    queryStringParameters: null,
    multiValueQueryStringParameters: given.length === 0 ? null : Object.fromEntries(given),
    pathParameters: null,
    stageVariables: null,
    body: text ?? (method === 'POST' ? JSON.stringify(body ?? {}) : null),
    isBase64Encoded: false,
    requestContext: {
      requestId: '4f0c3b1e-0000-4000-8000-000000000001',
      authorizer:
        typeof who === 'object' ? { principalId: who.id, principal: JSON.stringify(who) } : undefined,
      identity: { userArn: typeof who === 'string' ? who : null },
    } as unknown as APIGatewayProxyEvent['requestContext'],
    ...event,
  };
}

export function expectStatus(answer: Answered, status: number): unknown {
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  return answer.body;
}

/** The statuses of answers that came in any order. */
export function statuses(answers: readonly Answered[]): number[] {
  return answers.map(({ status }) => status).toSorted((a, b) => a - b);
}

/** The problem in an answer, which every refusal has to be. */
export function refusal(answer: Answered, status: number, code: string): z.infer<typeof problem> {
  const told = problem.parse(expectStatus(answer, status));
  expect(told).toMatchObject({ status, code, type: `urn:keyward:problem:${code}` });
  expect(answer.headers).toMatchObject({
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
  });
  return told;
}

// Nothing but what the document says may be in an answer.
export const strictly = {
  accepted: z.strictObject({
    request: z.strictObject(requestView.shape),
    key: z.strictObject(keyView.shape),
  }),
  key: z.strictObject(keyView.shape),
  request: z.strictObject(requestView.shape),
};
