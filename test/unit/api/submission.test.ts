import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BackendBusy, RowConflict } from '../../../lambdas/domain/errors.ts';
import type { RequestRecord } from '../../../lambdas/domain/request.ts';
import {
  type Answered,
  alice,
  aNewKey,
  apiWorld,
  bob,
  carol,
  erin,
  expectStatus,
  mallory,
  PIPELINE,
  refusal,
  statuses,
  strictly,
} from './world.ts';

const taken = (answer: Answered) => strictly.accepted.parse(expectStatus(answer, 202));
const DESTRUCTION = {
  status: 'scheduled',
  requestId: 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W4',
  scheduledAt: '2026-11-25T03:02:22.000Z',
  deletionDate: '2026-12-25T03:02:22.000Z',
  priorState: 'active',
} as const;
const once = (key: string = randomUUID()) => ({ 'idempotency-key': key });

describe('a new key', () => {
  it('is a request, taken with 202', async () => {
    const { ask, registry } = apiWorld();
    const answer = await ask(alice, 'POST /v1/keys', { body: aNewKey });
    const { request, key } = taken(answer);
    expect(answer.headers).toMatchObject({
      Location: `/v1/requests/${request.requestId}`,
      'Retry-After': '1',
      'Cache-Control': 'no-store',
    });
    expect(answer.headers).not.toHaveProperty('Idempotency-Replayed');
    expect(request).toMatchObject({
      keyId: key.keyId,
      operation: 'generate',
      state: 'accepted',
      requester: { kind: 'person', id: 'person:alice' },
      approval: { quorum: 0 },
    });
    expect(key).toMatchObject({
      alias: 'alias/keyward/payments/invoices',
      class: 'data-protection',
      state: 'pre-activation',
      description: '',
      etag: '"1"',
      openRequests: { generate: request.requestId },
    });
    expect(await registry.getKey(key.keyId)).toMatchObject({
      name: 'invoices',
      createdBy: { name: 'alice' },
    });
  });

  it('may be a machine’s wish', async () => {
    const { ask } = apiWorld();
    const { request } = taken(await ask(PIPELINE, 'POST /v1/keys', { body: aNewKey }));
    expect(request.requester).toMatchObject({
      kind: 'machine',
      id: 'machine:arn:aws:iam::111122223333:role/payments-pipeline',
    });
  });

  it('is for a group that the caller is in', async () => {
    const { ask } = apiWorld();
    for (const who of [bob, erin, mallory, 'arn:aws:iam::111122223333:user/stranger']) {
      const told = refusal(await ask(who, 'POST /v1/keys', { body: aNewKey }), 403, 'Forbidden');
      expect(told.errors).toEqual([{ pointer: '/owner', detail: told.detail }]);
    }
  });

  it('has a class that there is, and a spec of it', async () => {
    const { ask } = apiWorld();
    const unknown = refusal(
      await ask(alice, 'POST /v1/keys', { body: { ...aNewKey, class: 'secret' } }),
      422,
      'ClassUnknown',
    );
    expect(unknown.errors?.[0]?.pointer).toBe('/class');
    expect(unknown.known).toEqual(['data-protection', 'code-signing']);
    const forbidden = refusal(
      await ask(alice, 'POST /v1/keys', { body: { ...aNewKey, spec: 'ECC_NIST_P256' } }),
      422,
      'ClassForbids',
    );
    expect(forbidden.errors?.[0]?.pointer).toBe('/spec');
  });

  it('has a name of its own', async () => {
    const { ask } = apiWorld();
    const { key } = taken(await ask(alice, 'POST /v1/keys', { body: aNewKey }));
    const told = refusal(await ask(alice, 'POST /v1/keys', { body: aNewKey }), 409, 'NameTaken');
    expect(told).toMatchObject({ keyId: key.keyId, errors: [{ pointer: '/name' }] });
  });
});

it('a request for a new key that is taken back frees the name', async () => {
  const { ask } = apiWorld();
  const { request, key } = taken(await ask(alice, 'POST /v1/keys', { body: aNewKey }));
  const cancelled = await ask(alice, `POST /v1/requests/${request.requestId}/cancel`);
  expect(expectStatus(cancelled, 200)).toMatchObject({ state: 'cancelled' });
  expect(expectStatus(await ask(alice, `GET /v1/keys/${key.keyId}`), 200)).toMatchObject({
    state: 'destroyed',
  });
  taken(await ask(alice, 'POST /v1/keys', { body: aNewKey }));
});

describe('an Idempotency-Key', () => {
  it('brings the first answer again', async () => {
    const { ask, registry } = apiWorld();
    const sent = { body: aNewKey, headers: once() };
    const first = taken(await ask(alice, 'POST /v1/keys', sent));
    // The same fields in another order are the same body.
    const { reason, ...rest } = aNewKey;
    const again = await ask(alice, 'POST /v1/keys', { ...sent, body: { reason, ...rest } });
    expect(taken(again)).toEqual(first);
    expect(again.headers).toMatchObject({
      'Idempotency-Replayed': 'true',
      Location: `/v1/requests/${first.request.requestId}`,
    });
    expect((await registry.listKeys({ owner: 'payments' }, { limit: 10 })).items).toHaveLength(1);
  });

  it('makes one request of many that come at once', async () => {
    const { ask, registry } = apiWorld();
    const sent = { body: aNewKey, headers: once() };
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(alice, 'POST /v1/keys', sent)));
    const ids = answers.map((answer) => taken(answer).request.requestId);
    expect(new Set(ids).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['Idempotency-Replayed'] === undefined)).toHaveLength(1);
    expect((await registry.listKeys({ owner: 'payments' }, { limit: 10 })).items).toHaveLength(1);
  });

  it('makes one operation of many that come at once', async () => {
    const { ask, newKey, registry } = apiWorld();
    const key = await newKey();
    const sent = { body: { reason: 'Yearly.' }, headers: { ...once(), 'if-match': `"${key.rowVersion}"` } };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ask(alice, `POST /v1/keys/${key.keyId}/rotate`, sent)),
    );
    expect(new Set(answers.map((answer) => taken(answer).request.requestId)).size).toBe(1);
    expect((await registry.getKey(key.keyId))?.rowVersion).toBe(key.rowVersion + 1);
  });

  it('is refused with another body, also at the same time', async () => {
    const { ask } = apiWorld();
    const headers = once();
    const bodies = [aNewKey, { ...aNewKey, name: 'orders' }];
    const answers = await Promise.all(bodies.map((body) => ask(alice, 'POST /v1/keys', { body, headers })));
    const [refused, ...others] = answers.toSorted((a, b) => b.status - a.status);
    expect(others.map(({ status }) => status)).toEqual([202]);
    const again = await ask(alice, 'POST /v1/keys', { body: { ...aNewKey, name: 'third' }, headers });
    for (const answer of [refused, again]) {
      const told = refusal(answer ?? again, 422, 'IdempotencyKeyReused');
      expect(told.errors?.[0]?.pointer).toBe('Idempotency-Key');
    }
  });

  it('is the caller’s own, and the path’s', async () => {
    const { ask, newKey } = apiWorld();
    const headers = once('the-same');
    const [one, other] = [await newKey(), await newKey()];
    const body = { reason: 'Yearly.' };
    const ids = [
      await ask(alice, `POST /v1/keys/${one.keyId}/rotate`, { body, headers }),
      await ask(alice, `POST /v1/keys/${other.keyId}/rotate`, { body, headers }),
      await ask(alice, 'POST /v1/keys', { body: aNewKey, headers }),
      await ask(carol, 'POST /v1/keys', { body: { ...aNewKey, name: 'orders' }, headers }),
    ].map((answer) => taken(answer).request.requestId);
    expect(new Set(ids).size).toBe(4);
  });

  it('is remembered for 24 hours', async () => {
    const { ask, time } = apiWorld();
    const sent = { body: aNewKey, headers: once() };
    const first = taken(await ask(alice, 'POST /v1/keys', sent));
    time.now = '2026-11-26T03:02:22.000Z';
    expect(taken(await ask(alice, 'POST /v1/keys', sent)).request.requestId).toBe(first.request.requestId);
    time.now = '2026-11-26T03:02:22.001Z';
    refusal(await ask(alice, 'POST /v1/keys', sent), 409, 'NameTaken');
    const other = { ...sent, body: { ...aNewKey, name: 'orders' } };
    expect(taken(await ask(alice, 'POST /v1/keys', other)).request.requestId).not.toBe(
      first.request.requestId,
    );
  });

  it('brings nothing to a caller who may not see it any more', async () => {
    const { ask } = apiWorld();
    const sent = { body: aNewKey, headers: once() };
    taken(await ask(alice, 'POST /v1/keys', sent));
    refusal(await ask({ ...alice, groups: [] }, 'POST /v1/keys', sent), 403, 'Forbidden');
  });
});

describe('If-Match', () => {
  it('refuses a key that has changed, and tells its ETag', async () => {
    const { ask, newKey } = apiWorld();
    const key = await newKey();
    const read = await ask(alice, `GET /v1/keys/${key.keyId}`);
    const etag = String(read.headers.ETag);
    expect(etag).toBe(`"${key.rowVersion}"`);
    const rotate = { body: { reason: 'Yearly.' }, headers: { 'if-match': etag } };
    const first = taken(await ask(alice, `POST /v1/keys/${key.keyId}/rotate`, rotate));
    const revoke = { body: { reason: 'A leak.', mode: 'suspend' }, headers: { 'if-match': etag } };
    const stale = await ask(alice, `POST /v1/keys/${key.keyId}/revoke`, revoke);
    const told = refusal(stale, 412, 'VersionStale');
    expect(stale.headers.ETag).toBe(first.key.etag);
    expect(told.etag).toBe(first.key.etag);
    const retried = { ...revoke, headers: { 'if-match': first.key.etag } };
    taken(await ask(alice, `POST /v1/keys/${key.keyId}/revoke`, retried));
  });

  it('lets only one of two through who saw the same', async () => {
    const { ask, newKey } = apiWorld();
    const key = await newKey();
    const headers = { 'if-match': `"${key.rowVersion}"` };
    const answers = await Promise.all([
      ask(alice, `POST /v1/keys/${key.keyId}/rotate`, { body: { reason: 'One.' }, headers }),
      ask(carol, `POST /v1/keys/${key.keyId}/revoke`, { body: { reason: 'Two.', mode: 'suspend' }, headers }),
    ]);
    expect(statuses(answers)).toEqual([202, 412]);
  });

  it('of any version lets both through', async () => {
    const { ask, newKey } = apiWorld();
    const key = await newKey();
    const answers = await Promise.all([
      ask(alice, `POST /v1/keys/${key.keyId}/rotate`, { body: { reason: 'One.' } }),
      ask(carol, `POST /v1/keys/${key.keyId}/revoke`, { body: { reason: 'Two.', mode: 'suspend' } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  });
});

describe('an operation', () => {
  it.each<[string, object, Partial<RequestRecord['parameters']>]>([
    ['rotate', {}, { operation: 'rotate', cause: 'request' }],
    ['revoke', { mode: 'compromise' }, { operation: 'revoke', mode: 'compromise' }],
    ['destroy', {}, { operation: 'destroy', windowDays: 30 }],
    ['destroy', { windowDays: 30 }, { operation: 'destroy', windowDays: 30 }],
  ])('%s %j', async (verb, fields, parameters) => {
    const { ask, newKey } = apiWorld();
    const key = await newKey();
    const body = { reason: 'A test.', ...fields };
    const { request } = taken(await ask(alice, `POST /v1/keys/${key.keyId}/${verb}`, { body }));
    expect(request).toMatchObject({ keyId: key.keyId, parameters, operation: verb, reason: 'A test.' });
  });

  it('gives a suspended key back, and takes a key out of its destruction', async () => {
    const { ask, newKey, altered } = apiWorld();
    const suspended = await altered(await newKey(), { state: 'suspended' });
    const doomed = await altered(await newKey(), { state: 'suspended', destruction: DESTRUCTION });
    const asked = [
      [suspended, 'reinstate', { state: 'suspended' }, { state: 'active' }],
      [
        doomed,
        'cancel-destruction',
        { state: 'suspended', destruction: 'scheduled' },
        { state: 'active', destruction: 'cancelled' },
      ],
    ] as const;
    for (const [{ keyId }, verb, before, after] of asked) {
      const route = `POST /v1/keys/${keyId}/${verb}`;
      const body = { reason: 'A test.' };
      const plan = await ask(alice, route, { body, query: { validateOnly: 'true' } });
      expect(expectStatus(plan, 200)).toMatchObject({ operation: verb, key: { before, after } });
      expect(taken(await ask(alice, route, { body })).request).toMatchObject({
        keyId,
        parameters: { operation: verb },
      });
    }
  });

  it('is refused while the destruction runs, until when', async () => {
    const { ask, newKey, altered } = apiWorld();
    const { keyId } = await altered(await newKey(), { state: 'suspended', destruction: DESTRUCTION });
    const told = refusal(
      await ask(alice, `POST /v1/keys/${keyId}/reinstate`, { body: { reason: 'A test.' } }),
      409,
      'StateForbids',
    );
    expect(told).toMatchObject({ keyState: 'suspended', deletionDate: DESTRUCTION.deletionDate });
  });

  it('that the state forbids is a conflict', async () => {
    const { ask, newKey } = apiWorld();
    const key = await newKey();
    const body = { reason: 'A test.' };
    const told = refusal(
      await ask(alice, `POST /v1/keys/${key.keyId}/reinstate`, { body }),
      409,
      'StateForbids',
    );
    expect(told).toMatchObject({ keyState: 'active', allowedStates: ['suspended', 'deactivated'] });
    refusal(await ask(alice, `POST /v1/keys/${key.keyId}/cancel-destruction`, { body }), 409, 'StateForbids');
  });

  it('that is open already is a conflict, which names it', async () => {
    const { ask, newKey } = apiWorld();
    const key = await newKey();
    const sent = () => ask(alice, `POST /v1/keys/${key.keyId}/rotate`, { body: { reason: 'A test.' } });
    const { request } = taken(await sent());
    const told = refusal(await sent(), 409, 'RequestOpen');
    expect(told.openRequestId).toBe(request.requestId);
    expect(told.requestId).not.toBe(request.requestId);
  });

  it('destroys no sooner than the class says', async () => {
    const { ask, newKey } = apiWorld();
    const key = await newKey();
    const body = { reason: 'A test.', windowDays: 29 };
    const told = refusal(
      await ask(alice, `POST /v1/keys/${key.keyId}/destroy`, { body }),
      422,
      'ClassForbids',
    );
    expect(told.errors?.[0]?.pointer).toBe('/windowDays');
  });

  it('may be asked for by those who approve it, and by nobody else who sees the key', async () => {
    const { ask, newKey } = apiWorld();
    const key = await newKey();
    const body = { reason: 'A leak.', mode: 'suspend' };
    taken(await ask(bob, `POST /v1/keys/${key.keyId}/revoke`, { body }));
    for (const who of [bob, erin]) {
      const told = refusal(
        await ask(who, `POST /v1/keys/${key.keyId}/rotate`, { body: { reason: 'A test.' } }),
        403,
        'Forbidden',
      );
      expect(told.groups).toEqual(['payments']);
    }
    refusal(await ask(mallory, `POST /v1/keys/${key.keyId}/revoke`, { body }), 404, 'KeyNotFound');
  });
});

describe('validateOnly', () => {
  const query = { validateOnly: 'true' };

  it('tells the plan of a new key, and does nothing', async () => {
    const { ask, registry } = apiWorld();
    const headers = once();
    const answer = await ask(alice, 'POST /v1/keys', { body: aNewKey, query, headers });
    expect(expectStatus(answer, 200)).toEqual({
      operation: 'generate',
      key: { before: null, after: { state: 'active' } },
      approval: { quorum: 0, groups: [] },
      expiresAt: '2026-12-02T03:02:22.000Z',
    });
    expect((await registry.listKeys({ owner: 'payments' }, { limit: 10 })).items).toEqual([]);
    // The key is still free, also for another body.
    taken(await ask(alice, 'POST /v1/keys', { body: { ...aNewKey, name: 'orders' }, headers }));
  });

  it.each([
    ['rotate', {}, { state: 'active' }, { quorum: 0, groups: [] }],
    ['revoke', { mode: 'suspend' }, { state: 'suspended' }, { quorum: 2, groups: ['payments', 'security'] }],
    [
      'revoke',
      { mode: 'compromise' },
      { state: 'compromised' },
      { quorum: 2, groups: ['payments', 'security'] },
    ],
    [
      'destroy',
      {},
      { state: 'suspended', destruction: 'scheduled' },
      { quorum: 2, groups: ['payments', 'security'] },
    ],
  ])('tells the plan of %s %j', async (verb, fields, after, approval) => {
    const { ask, newKey, registry } = apiWorld();
    const key = await newKey();
    const body = { reason: 'A test.', ...fields };
    const answer = await ask(alice, `POST /v1/keys/${key.keyId}/${verb}`, { body, query });
    expect(expectStatus(answer, 200)).toMatchObject({
      operation: verb,
      key: { before: { state: 'active' }, after },
      approval,
    });
    expect(await registry.getKey(key.keyId)).toEqual(key);
  });

  it('refuses what the request itself would be refused for', async () => {
    const { ask, newKey } = apiWorld();
    const key = await newKey();
    const sent = { body: { reason: 'A test.' }, query };
    refusal(await ask(alice, `POST /v1/keys/${key.keyId}/reinstate`, sent), 409, 'StateForbids');
    taken(await ask(alice, 'POST /v1/keys', { body: aNewKey }));
    const told = refusal(await ask(alice, 'POST /v1/keys', { body: aNewKey, query }), 409, 'NameTaken');
    expect(told.errors?.[0]?.pointer).toBe('/name');
    const stale = { ...sent, headers: { 'if-match': '"99"' } };
    refusal(await ask(alice, `POST /v1/keys/${key.keyId}/rotate`, stale), 412, 'VersionStale');
    refusal(await ask(mallory, `POST /v1/keys/${key.keyId}/rotate`, sent), 404, 'KeyNotFound');
  });
});

describe('another writer who was first', () => {
  it('is let pass, and the request decided anew', async () => {
    let losses = 3;
    const world = apiWorld((registry) => ({
      commit: async (change, extra) => {
        losses -= 1;
        if (losses >= 0) throw losses % 2 === 0 ? new RowConflict('lost') : new BackendBusy('busy');
        return registry.commit(change, extra);
      },
    }));
    taken(await world.ask(alice, 'POST /v1/keys', { body: aNewKey }));
    expect(losses).toBe(-1);
  });

  it('is not waited for for ever', async () => {
    let attempts = 0;
    const world = apiWorld(() => ({
      commit: async () => {
        attempts += 1;
        throw new RowConflict('KEY#key_x / KEY was written by somebody else in between.');
      },
    }));
    const answer = await world.ask(alice, 'POST /v1/keys', { body: aNewKey });
    const told = refusal(answer, 503, 'BackendBusy');
    expect(answer.headers['Retry-After']).toBe('1');
    expect(told.detail).not.toContain('KEY#');
    expect(attempts).toBe(4);
  });

  it('that was the same call, whose answer was lost, is its answer', async () => {
    let first = true;
    const world = apiWorld((registry) => ({
      commit: async (change, extra) => {
        await registry.commit(change, extra);
        if (!first) return;
        first = false;
        throw new BackendBusy('No answer came.');
      },
    }));
    const { request } = taken(await world.ask(alice, 'POST /v1/keys', { body: aNewKey }));
    expect((await world.registry.listRequests({ owner: 'payments' }, { limit: 9 })).items).toHaveLength(1);
    expect(await world.registry.getRequest(request.requestId)).toBeDefined();
  });
});
