import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import * as z from 'zod';
import { verifyChain } from '../../lambdas/domain/ledger.ts';
import { copyLedger } from '../../local/tour/ledger-copy.ts';
import {
  approve,
  ask,
  beginStory,
  expectStatus,
  type KeyView,
  moveClock,
  readKey,
  readRequest,
  requestIn,
  type Story,
} from '../../local/tour/story.ts';

const answered = z.looseObject({ request: z.looseObject({ requestId: z.string(), keyId: z.string() }) });
const problem = z.looseObject({ code: z.string(), status: z.number() });

let story: Story;

beforeAll(async () => {
  story = await beginStory(inject('localAws'));
});

async function newKey(spec: 'SYMMETRIC_DEFAULT' | 'ECC_NIST_P256' = 'SYMMETRIC_DEFAULT'): Promise<KeyView> {
  const { requestId, keyId } = await ask(story.alice, '/v1/keys', {
    name: `t-${randomUUID().slice(0, 8)}`,
    owner: 'payments',
    class: spec === 'SYMMETRIC_DEFAULT' ? 'data-protection' : 'code-signing',
    spec,
    reason: 'A test needs it.',
  });
  await requestIn(story.alice, requestId, 'succeeded');
  return readKey(story.alice, keyId);
}

describe('one Idempotency-Key', () => {
  it('makes one request, however often and at however many places it is sent', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = {
      name: `t-${randomUUID().slice(0, 8)}`,
      owner: 'payments',
      class: 'data-protection',
      spec: 'SYMMETRIC_DEFAULT',
      reason: 'Sent five times.',
    };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => story.alice.post('/v1/keys', body, headers)),
    );
    const requests = answers.map((answer) => answered.parse(expectStatus(answer, 202)).request.requestId);
    expect(new Set(requests).size).toBe(1);
    const again = answered.parse(expectStatus(await story.alice.post('/v1/keys', body, headers), 202));
    expect(again.request.requestId).toBe(requests[0]);
    await requestIn(story.alice, again.request.requestId, 'succeeded');
    const { versions } = await readKey(story.alice, again.request.keyId);
    expect(versions).toHaveLength(1);
  });

  it('is refused with another body', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { owner: 'payments', class: 'data-protection', spec: 'SYMMETRIC_DEFAULT', reason: 'First.' };
    expectStatus(
      await story.alice.post('/v1/keys', { ...body, name: `t-${randomUUID().slice(0, 8)}` }, headers),
      202,
    );
    const other = await story.alice.post(
      '/v1/keys',
      { ...body, name: `t-${randomUUID().slice(0, 8)}` },
      headers,
    );
    expect(problem.parse(expectStatus(other, 422)).code).toBe('IdempotencyKeyReused');
  });
});

describe('a decision', () => {
  it('by two people in the same instant counts both, and executes once', async () => {
    const key = await newKey();
    const { requestId } = await ask(story.alice, `/v1/keys/${key.keyId}/revoke`, {
      mode: 'suspend',
      reason: 'Two at once.',
    });
    const { digest } = await requestIn(story.alice, requestId, 'awaiting-approval');
    const decision = { verdict: 'approve', reason: 'Agreed.', digest };
    const answers = await Promise.all(
      [story.bob, story.carol].map((who) => who.post(`/v1/requests/${requestId}/decisions`, decision)),
    );
    for (const answer of answers) expectStatus(answer, 200, 201);
    await requestIn(story.alice, requestId, 'succeeded');
    const events = (await copyLedger(story.erin, key.keyId)).map(({ event }) => event);
    expect(events.filter((event) => event === 'decided')).toHaveLength(2);
    expect(events.filter((event) => event === 'approved')).toHaveLength(1);
    expect(events.filter((event) => event === 'execution-started')).toHaveLength(2); // generate, revoke
    expect(events.filter((event) => event === 'suspended')).toHaveLength(1);
  });

  it('by one person twice counts once, and the second sees the first', async () => {
    const key = await newKey();
    const { requestId } = await ask(story.alice, `/v1/keys/${key.keyId}/revoke`, {
      mode: 'suspend',
      reason: 'Twice.',
    });
    await approve(story.bob, requestId, 'First.');
    const { digest } = await readRequest(story.bob, requestId);
    const second = await story.bob.post(`/v1/requests/${requestId}/decisions`, {
      verdict: 'deny',
      reason: 'Changed my mind.',
      digest,
    });
    expect(problem.parse(expectStatus(second, 409)).code).toBe('AlreadyDecided');
    expect((await readRequest(story.alice, requestId)).state).toBe('awaiting-approval');
  });

  it('is no machine’s to make', async () => {
    const answer = await story.pipeline.post('/v1/requests/req_01J00000000000000000000000/decisions', {
      verdict: 'approve',
      reason: 'A machine.',
      digest: '0'.repeat(64),
    });
    expect([403, 404]).toContain(answer.status);
  });

  it('of no ends the request, and nothing happens to the key', async () => {
    const key = await newKey();
    const { requestId } = await ask(story.alice, `/v1/keys/${key.keyId}/destroy`, {
      reason: 'To be denied.',
    });
    const { digest } = await requestIn(story.alice, requestId, 'awaiting-approval');
    expectStatus(
      await story.carol.post(`/v1/requests/${requestId}/decisions`, {
        verdict: 'deny',
        reason: 'Still used.',
        digest,
      }),
      200,
      201,
    );
    await requestIn(story.alice, requestId, 'denied');
    expect((await readKey(story.alice, key.keyId)).state).toBe('active');
  });
});

describe('a request that nobody answers', () => {
  it('expires when its time is over, and can be asked again', async () => {
    const key = await newKey('ECC_NIST_P256');
    const { requestId } = await ask(story.alice, `/v1/keys/${key.keyId}/destroy`, {
      reason: 'Nobody answers.',
    });
    await requestIn(story.alice, requestId, 'awaiting-approval');
    await moveClock(story, 'P8D');
    await requestIn(story.alice, requestId, 'expired', 150);
    expect((await readKey(story.alice, key.keyId)).state).toBe('active');
    const again = await ask(story.alice, `/v1/keys/${key.keyId}/destroy`, { reason: 'Asked again.' });
    await requestIn(story.alice, again.requestId, 'awaiting-approval');
    expectStatus(await story.alice.post(`/v1/requests/${again.requestId}/cancel`, {}), 200);
    await requestIn(story.alice, again.requestId, 'cancelled');
  });
});

describe('a scheduled destruction', () => {
  it('is cancelled to the state from before', async () => {
    const key = await newKey('SYMMETRIC_DEFAULT');
    const { requestId } = await ask(story.alice, `/v1/keys/${key.keyId}/destroy`, { reason: 'A mistake.' });
    await approve(story.bob, requestId, 'Agreed.');
    await approve(story.carol, requestId, 'Agreed.');
    await requestIn(story.alice, requestId, 'succeeded');
    expect((await readKey(story.alice, key.keyId)).destruction?.status).toBe('scheduled');
    const cancellation = await ask(story.alice, `/v1/keys/${key.keyId}/cancel-destruction`, {
      reason: 'Still used.',
    });
    await requestIn(story.alice, cancellation.requestId, 'succeeded');
    const back = await readKey(story.alice, key.keyId);
    expect(back.state).toBe('active');
    expect(back.destruction?.status).toBe('cancelled');
    expect(verifyChain(await copyLedger(story.erin, key.keyId)).ok).toBe(true);
  });
});

describe('strangers', () => {
  it('are not told whether a key exists', async () => {
    const key = await newKey();
    const { personClient } = await import('../../local/tour/api-client.ts');
    const { signInAs } = await import('../../local/signin/sign-in-as.ts');
    const { issuer, outputs } = inject('localAws');
    const mallory = personClient(outputs.PeopleApiUrl, (await signInAs(issuer, 'mallory')).accessToken);
    for (const id of [key.keyId, 'key_01J00000000000000000000000']) {
      const { code } = problem.parse(expectStatus(await mallory.get(`/v1/keys/${id}`), 404));
      expect(code).toBe('KeyNotFound');
    }
  });

  it('without a sign-in are refused', async () => {
    const { outputs } = inject('localAws');
    expect((await fetch(`${outputs.PeopleApiUrl}/v1/keys`)).status).toBe(401);
    expect((await fetch(`${outputs.MachineApiUrl}/v1/keys`)).status).toBe(403);
    const forged = await fetch(`${outputs.PeopleApiUrl}/v1/keys`, {
      headers: { authorization: 'Bearer a.b.c' },
    });
    expect([401, 403]).toContain(forged.status);
  });

  it('may read the description of the API', async () => {
    const { outputs } = inject('localAws');
    const answer = await fetch(`${outputs.PeopleApiUrl}/v1/openapi.json`);
    expect(answer.status).toBe(200);
    expect(z.looseObject({ openapi: z.string() }).parse(await answer.json()).openapi).toMatch(/^3\.1/);
  });
});
