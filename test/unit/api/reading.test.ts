import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { sha256Canonical } from '../../../lambdas/domain/canonical.ts';
import { completeDestruction } from '../../../lambdas/domain/certificate.ts';
import { recordChange } from '../../../lambdas/domain/change.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import {
  alice,
  apiWorld,
  bob,
  type Caller,
  erin,
  expectStatus,
  mallory,
  PIPELINE,
  PROBE,
  refusal,
  strictly,
  type World,
} from './world.ts';

const MISSING_KEY = 'key_01J00000000000000000000000';
const MISSING_REQUEST = 'req_01J00000000000000000000000';
const keysPage = z.strictObject({ keys: z.array(strictly.key), nextPageToken: z.string().optional() });
const requestsPage = z.strictObject({
  requests: z.array(strictly.request),
  nextPageToken: z.string().optional(),
});
const certified = z.strictObject({
  certificate: z.record(z.string(), z.json()),
  certificateDigest: z.string(),
  ledger: z.strictObject({ seq: z.int(), hash: z.string(), at: z.string() }),
});

/** All pages of a list, and how many there were. */
async function allKeys(world: World, who: Caller, query: Record<string, string>) {
  const ids: string[] = [];
  let pages = 0;
  let pageToken: string | undefined;
  do {
    const answer = await world.ask(who, 'GET /v1/keys', {
      query: { ...query, ...(pageToken === undefined ? {} : { pageToken }) },
    });
    const page = keysPage.parse(expectStatus(answer, 200));
    ids.push(...page.keys.map(({ keyId }) => keyId));
    pageToken = page.nextPageToken;
    pages += 1;
  } while (pageToken !== undefined);
  return { ids, pages };
}

describe('a key', () => {
  it('is shown with its versions, and without what is Keyward’s own', async () => {
    const world = apiWorld();
    const key = await world.newKey();
    const answer = await world.ask(alice, `GET /v1/keys/${key.keyId}`);
    const shown = strictly.key.parse(expectStatus(answer, 200));
    expect(shown).toMatchObject({
      keyId: key.keyId,
      state: 'active',
      etag: '"2"',
      ledger: { length: key.ledgerSeq, head: key.ledgerHead },
      versions: [{ version: 1, state: 'active', kmsKeyArn: expect.stringContaining('arn:aws:kms:') }],
    });
    const text = JSON.stringify(answer.body);
    for (const own of [PROBE, 'probe', 'lease', 'rowVersion', 'ledgerHead']) expect(text).not.toContain(own);
  });

  it.each<[string, Caller]>([
    ['its owner', alice],
    ['a machine of its owner', PIPELINE],
    ['an approver', bob],
    ['an auditor', erin],
  ])('is shown to %s', async (_, who) => {
    const world = apiWorld();
    const { keyId } = await world.newKey();
    for (const path of ['', '/ledger'])
      expectStatus(await world.ask(who, `GET /v1/keys/${keyId}${path}`), 200);
  });

  it.each<[string, Caller]>([
    ['somebody without groups', mallory],
    ['another team', { ...mallory, groups: ['logistics'] }],
    ['a machine of nobody', 'arn:aws:iam::111122223333:role/other'],
  ])('is not there for %s, like one that is not there', async (_, who) => {
    const world = apiWorld();
    const { keyId } = await world.newKey();
    for (const path of ['', '/ledger', '/certificate']) {
      const there = refusal(await world.ask(who, `GET /v1/keys/${keyId}${path}`), 404, 'KeyNotFound');
      const missing = refusal(await world.ask(who, `GET /v1/keys/${MISSING_KEY}${path}`), 404, 'KeyNotFound');
      expect(missing.detail.replace(MISSING_KEY, keyId)).toBe(there.detail);
    }
  });
});

describe('a request', () => {
  it('is shown with its decisions, and without what is Keyward’s own', async () => {
    const world = apiWorld();
    const key = await world.newKey();
    const request = await world.waiting(alice, key);
    const decision = { verdict: 'approve', reason: 'Agreed.', digest: request.digest };
    await world.ask(bob, `POST /v1/requests/${request.requestId}/decisions`, { body: decision });
    const answer = await world.ask(alice, `GET /v1/requests/${request.requestId}`);
    expect(strictly.request.parse(expectStatus(answer, 200))).toMatchObject({
      requestId: request.requestId,
      operation: 'revoke',
      parameters: { mode: 'suspend' },
      state: 'awaiting-approval',
      digest: request.digest,
      approval: { quorum: 2, groups: ['payments', 'security'] },
      decisions: [{ person: { id: 'person:bob' }, verdict: 'approve', channel: 'api', mfa: true }],
    });
    const text = JSON.stringify(answer.body);
    for (const own of [request.nonce, 'nonce', 'alice@example.test', 'rowVersion'])
      expect(text).not.toContain(own);
  });

  it('is not there for strangers', async () => {
    const world = apiWorld();
    const { requestId } = await world.waiting(alice, await world.newKey());
    const { digest } = await world.waiting(alice, await world.newKey());
    for (const id of [requestId, MISSING_REQUEST]) {
      refusal(await world.ask(mallory, `GET /v1/requests/${id}`), 404, 'RequestNotFound');
      refusal(await world.ask(mallory, `POST /v1/requests/${id}/cancel`), 404, 'RequestNotFound');
      const body = { verdict: 'deny', reason: 'x', digest };
      refusal(
        await world.ask(mallory, `POST /v1/requests/${id}/decisions`, { body }),
        404,
        'RequestNotFound',
      );
    }
  });
});

describe('a list of keys', () => {
  it('comes in pages, each key once', async () => {
    const world = apiWorld();
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) made.push((await world.newKey()).keyId);
    const filters: Record<string, string>[] = [{ owner: 'payments' }, { state: 'active' }, {}];
    for (const query of filters) {
      const { ids, pages } = await allKeys(world, alice, { ...query, pageSize: '2' });
      expect(ids.toSorted()).toEqual(made.toSorted());
      expect(pages).toBeGreaterThanOrEqual(3);
    }
    expect((await allKeys(world, alice, { owner: 'payments', state: 'suspended' })).ids).toEqual([]);
  });

  it('holds what the caller may see and nothing else', async () => {
    const world = apiWorld();
    const [ours, theirs] = [
      await world.newKey(),
      await world.newKey({ owner: 'logistics', class: 'code-signing', spec: 'ECC_NIST_P256' }),
    ];
    const both = [ours.keyId, theirs.keyId].toSorted();
    const seen = async (who: Caller, query: Record<string, string>) =>
      (await allKeys(world, who, query)).ids.toSorted();
    expect(await seen(alice, { state: 'active' })).toEqual([ours.keyId]);
    expect(await seen(alice, {})).toEqual([ours.keyId]);
    expect(await seen(mallory, { state: 'active' })).toEqual([]);
    expect(await seen(mallory, {})).toEqual([]);
    expect(await seen({ ...mallory, groups: ['logistics', 'payments'] }, {})).toEqual(both);
    for (const who of [bob, erin]) expect(await seen(who, { state: 'active' })).toEqual(both);
    expect(await seen(erin, { owner: 'logistics' })).toEqual([theirs.keyId]);
  });

  it('of an owner that is not the caller’s to see is forbidden', async () => {
    const world = apiWorld();
    for (const route of ['GET /v1/keys', 'GET /v1/requests']) {
      const told = refusal(
        await world.ask(alice, route, { query: { owner: 'logistics' } }),
        403,
        'Forbidden',
      );
      expect(told.errors?.[0]?.pointer).toBe('?owner');
    }
  });

  it('goes on only for the same caller and question', async () => {
    const world = apiWorld();
    for (let n = 0; n < 3; n += 1) await world.newKey();
    const first = await world.ask(alice, 'GET /v1/keys', { query: { owner: 'payments', pageSize: '1' } });
    const pageToken = keysPage.parse(expectStatus(first, 200)).nextPageToken ?? '';
    const asked: [Caller, string, Record<string, string>][] = [
      [bob, 'GET /v1/keys', { owner: 'payments' }],
      [alice, 'GET /v1/keys', { owner: 'payments', state: 'active' }],
      [alice, 'GET /v1/keys', {}],
      [alice, 'GET /v1/requests', { owner: 'payments' }],
    ];
    for (const [who, route, query] of asked) {
      refusal(await world.ask(who, route, { query: { ...query, pageToken } }), 422, 'PageTokenInvalid');
    }
    // The size of a page is no part of the question.
    const query = { owner: 'payments', pageSize: '2', pageToken };
    expectStatus(await world.ask(alice, 'GET /v1/keys', { query }), 200);
  });

  it('leads a forged token nowhere', async () => {
    const world = apiWorld();
    for (let n = 0; n < 3; n += 1) await world.newKey();
    await world.newKey({ owner: 'logistics' });
    const first = await world.ask(alice, 'GET /v1/keys', { query: { owner: 'payments', pageSize: '1' } });
    const token = keysPage.parse(expectStatus(first, 200)).nextPageToken ?? '';
    const { bound } = z
      .object({ bound: z.string() })
      .parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
    const cursor = Buffer.from(
      JSON.stringify({ PK: 'KEY#x', SK: 'KEY', ownerPk: 'OWNER#logistics#KEY', ownerSk: 'active#' }),
    ).toString('base64url');
    const forged = Buffer.from(JSON.stringify({ bound, at: { list: 0, cursor } })).toString('base64url');
    refusal(
      await world.ask(alice, 'GET /v1/keys', { query: { owner: 'payments', pageToken: forged } }),
      422,
      'PageTokenInvalid',
    );
  });
});

it('lists requests by owner and by state', async () => {
  const world = apiWorld();
  const { requestId } = await world.waiting(alice, await world.newKey());
  const filters: Record<string, string>[] = [
    { owner: 'payments', state: 'awaiting-approval' },
    { state: 'awaiting-approval' },
  ];
  for (const query of filters) {
    const answer = await world.ask(bob, 'GET /v1/requests', { query });
    const { requests } = requestsPage.parse(expectStatus(answer, 200));
    expect(requests.map((request) => request.requestId)).toEqual([requestId]);
  }
  const strangers = await world.ask(mallory, 'GET /v1/requests', { query: { state: 'awaiting-approval' } });
  expect(expectStatus(strangers, 200)).toEqual({ requests: [] });
});

describe('a certificate', () => {
  it('is not there before the end', async () => {
    const world = apiWorld();
    const { keyId } = await world.newKey();
    refusal(await world.ask(erin, `GET /v1/keys/${keyId}/certificate`), 404, 'CertificateNotFound');
  });

  it('is what the ledger holds, with its digest', async () => {
    const world = apiWorld();
    const key = await world.newKey();
    const request = await world.waiting(alice, key, { mode: 'suspend', reason: 'No longer used.' });
    const found = await world.registry.getKeyWithVersions(key.keyId);
    if (found === undefined) throw new Error('The key is gone.');
    const scheduled = recordChange({
      now: world.time.now,
      actor: actorOf(alice),
      key: {
        before: found.key,
        after: {
          ...found.key,
          state: 'suspended',
          destruction: {
            status: 'scheduled',
            requestId: request.requestId,
            scheduledAt: world.time.now,
            deletionDate: '2026-12-25T03:02:22.000Z',
            priorState: 'active',
          },
        },
      },
      versions: found.versions.map((version) => ({
        before: version,
        after: { ...version, state: 'suspended' as const },
      })),
      entries: [{ event: 'destruction-scheduled', details: {} }],
    });
    await world.registry.commit(scheduled);
    const destroyed = completeDestruction({
      now: '2026-12-26T00:00:00.000Z',
      actor: { kind: 'service', id: 'service:schedule', name: 'schedule' },
      key: scheduled.key.after,
      versions: scheduled.versions.map(({ after }) => after),
      request,
      decisions: [],
      observations: [],
    });
    await world.registry.commit(destroyed);
    const answer = await world.ask(erin, `GET /v1/keys/${key.keyId}/certificate`);
    const { certificate, certificateDigest, ledger } = certified.parse(expectStatus(answer, 200));
    expect(certificate).toMatchObject({ keyId: key.keyId, destroyedAt: '2026-12-26T00:00:00.000Z' });
    expect(sha256Canonical(certificate)).toBe(certificateDigest);
    expect(ledger).toMatchObject({ seq: destroyed.entries[0]?.seq, hash: destroyed.entries[0]?.hash });
  });
});
