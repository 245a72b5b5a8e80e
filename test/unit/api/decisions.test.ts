import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BackendBusy } from '../../../lambdas/domain/errors.ts';
import {
  type Answered,
  alice,
  apiWorld,
  bob,
  type Caller,
  carol,
  dave,
  erin,
  expectStatus,
  PIPELINE,
  refusal,
  statuses,
  strictly,
} from './world.ts';

const shown = (answer: Answered) => strictly.request.parse(expectStatus(answer, 200));

async function oneWaiting() {
  const world = apiWorld();
  const key = await world.newKey();
  const request = await world.waiting(alice, key);
  const decide = (who: Caller, fields: object = {}, headers: Record<string, string> = {}) =>
    world.ask(who, `POST /v1/requests/${request.requestId}/decisions`, {
      body: { verdict: 'approve', reason: 'Agreed.', digest: request.digest, ...fields },
      headers,
    });
  const cancel = (who: Caller, headers: Record<string, string> = {}) =>
    world.ask(who, `POST /v1/requests/${request.requestId}/cancel`, { headers });
  return { ...world, key, request, decide, cancel };
}

describe('a decision', () => {
  it('counts towards the quorum', async () => {
    const { decide, registry, request } = await oneWaiting();
    expect(shown(await decide(bob))).toMatchObject({
      state: 'awaiting-approval',
      decisions: [{ verdict: 'approve', reason: 'Agreed.' }],
    });
    expect(shown(await decide(carol))).toMatchObject({ state: 'approved' });
    expect(await registry.getDecisions(request.requestId)).toHaveLength(2);
  });

  it('is told when it is recorded, though nothing can be read after it', async () => {
    const { decide, registry, request, deps } = await oneWaiting();
    const { commit, getRequest } = deps.registry;
    deps.registry.commit = async (...change) => {
      await commit(...change);
      deps.registry.getRequest = () => Promise.reject(new BackendBusy('Down.'));
    };
    const answer = shown(await decide(bob));
    deps.registry.getRequest = getRequest;
    expect(answer).toMatchObject({ state: 'awaiting-approval', decisions: [{ reason: 'Agreed.' }] });
    const read = await registry.getRequest(request.requestId);
    expect(read?.digest).toBe(answer.digest);
  });

  it('asks the directory once who somebody is', async () => {
    const { decide, deps } = await oneWaiting();
    const { groupsOf } = deps.directory;
    const asked: string[] = [];
    deps.directory.groupsOf = (id, among) => {
      asked.push(id);
      return groupsOf(id, among);
    };
    await Promise.all([decide(bob), decide(carol)]);
    expect(asked).toEqual([bob.id, carol.id]);
  });

  it('counts beside another in the same instant', async () => {
    const { decide, registry, request, key } = await oneWaiting();
    const answers = await Promise.all([decide(bob), decide(carol)]);
    for (const answer of answers) shown(answer);
    expect(await registry.getRequest(request.requestId)).toMatchObject({ state: 'approved' });
    const events = (await registry.getWholeLedger(key.keyId)).map(({ event }) => event);
    expect(events.filter((event) => event === 'decided')).toHaveLength(2);
    expect(events.filter((event) => event === 'approved')).toHaveLength(1);
  });

  it('ends the request with the first no, whatever comes at the same time', async () => {
    const { decide, registry, request } = await oneWaiting();
    const answers = await Promise.all([decide(bob, { verdict: 'deny' }), decide(dave)]);
    expect(answers[0]?.status).toBe(200);
    expect([200, 409]).toContain(answers[1]?.status);
    expect(await registry.getRequest(request.requestId)).toMatchObject({ state: 'denied' });
    refusal(await decide(carol), 409, 'RequestClosed');
  });

  it('is not the requester’s to make', async () => {
    const { decide } = await oneWaiting();
    refusal(await decide(alice), 403, 'SelfApproval');
    refusal(await decide({ ...alice, groups: ['payments', 'security'] }), 403, 'SelfApproval');
  });

  it('is no machine’s to make, and no auditor’s', async () => {
    const { decide, registry, request } = await oneWaiting();
    refusal(await decide(PIPELINE), 403, 'NotAnApprover');
    const told = refusal(await decide(erin), 403, 'NotAnApprover');
    expect(told.groups).toEqual(['payments', 'security']);
    expect(await registry.getDecisions(request.requestId)).toEqual([]);
  });

  it('is on what was shown', async () => {
    const { decide, request } = await oneWaiting();
    const told = refusal(await decide(bob, { digest: 'f'.repeat(64) }), 409, 'DigestChanged');
    expect(told).toMatchObject({ digest: request.digest, errors: [{ pointer: '/digest' }] });
  });

  it('is one for each person', async () => {
    const { decide, registry, request } = await oneWaiting();
    shown(await decide(bob));
    const told = refusal(await decide(bob, { verdict: 'deny' }), 409, 'AlreadyDecided');
    expect(told).toMatchObject({ verdict: 'approve', channel: 'api' });
    expect(await registry.getDecisions(request.requestId)).toHaveLength(1);
  });

  it('is answered again to the same Idempotency-Key', async () => {
    const { decide, registry, request } = await oneWaiting();
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all([1, 2, 3].map(() => decide(bob, {}, headers)));
    for (const answer of answers) expect(shown(answer).decisions).toHaveLength(1);
    const again = await decide(bob, {}, headers);
    expect(shown(again).decisions).toHaveLength(1);
    expect(again.headers['Idempotency-Replayed']).toBe('true');
    refusal(await decide(bob, { verdict: 'deny' }, headers), 422, 'IdempotencyKeyReused');
    expect(await registry.getDecisions(request.requestId)).toHaveLength(1);
  });

  it('by one person twice at once counts once', async () => {
    const { decide, registry, request } = await oneWaiting();
    const answers = await Promise.all([decide(bob), decide(bob, { reason: 'Agreed again.' })]);
    expect(statuses(answers)).toEqual([200, 409]);
    expect(await registry.getDecisions(request.requestId)).toHaveLength(1);
    expect(await registry.getRequest(request.requestId)).toMatchObject({ state: 'awaiting-approval' });
  });

  it('comes too late when the time is over', async () => {
    const { decide, time, request } = await oneWaiting();
    time.now = request.expiresAt;
    refusal(await decide(bob), 409, 'RequestClosed');
  });
});

describe('a cancellation', () => {
  it('is the requester’s', async () => {
    const { cancel, registry, key } = await oneWaiting();
    for (const who of [bob, carol, erin]) refusal(await cancel(who), 403, 'Forbidden');
    expect(shown(await cancel(alice))).toMatchObject({ state: 'cancelled', decisions: [] });
    expect((await registry.getKey(key.keyId))?.openRequests).toEqual({});
  });

  it('is answered again to the same Idempotency-Key, and refused to another', async () => {
    const { cancel } = await oneWaiting();
    const headers = { 'idempotency-key': randomUUID() };
    const first = shown(await cancel(alice, headers));
    const again = await cancel(alice, headers);
    expect(shown(again)).toEqual(first);
    expect(again.headers['Idempotency-Replayed']).toBe('true');
    const told = refusal(await cancel(alice), 409, 'RequestClosed');
    expect(told.requestState).toBe('cancelled');
  });

  it('and an approval at once: one of them wins', async () => {
    const { cancel, decide, registry, request } = await oneWaiting();
    shown(await decide(bob));
    const answers = await Promise.all([cancel(alice), decide(carol)]);
    expect(statuses(answers)).toEqual([200, 409]);
    const { state } = (await registry.getRequest(request.requestId)) ?? {};
    expect(state).toBe(answers[0]?.status === 200 ? 'cancelled' : 'approved');
  });
});
