import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { ulid } from 'ulid';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createRegistry, type Registry } from '../../lambdas/adapters/registry/registry.ts';
import { recordChange } from '../../lambdas/domain/change.ts';
import { awaitApproval } from '../../lambdas/domain/execution.ts';
import { verifyChain } from '../../lambdas/domain/ledger.ts';
import { actorOf } from '../../lambdas/domain/principal.ts';
import { assertionOf, decisionBy, passkeyOf } from '../unit/domain/deciding.ts';
import {
  activeKey,
  aNewKey,
  codeOf,
  createTable,
  NOW,
  olga,
  revocationOf,
  sami,
  touched,
} from './registry-fixtures.ts';

let client: DynamoDBDocumentClient;
let tableName: string;
let registry: Registry;

beforeAll(async () => {
  ({ client, tableName } = await createTable(inject('localAws').endpoint));
  registry = createRegistry({ client, tableName });
});

describe('a commit', () => {
  it('is read back as it was written', async () => {
    const change = aNewKey();
    await registry.commit(change);
    const { keyId, alias } = change.key.after;
    expect(await registry.getKeyWithVersions(keyId)).toEqual({ key: change.key.after, versions: [] });
    expect(await registry.getRequest(change.request?.after.requestId ?? '')).toEqual(change.request?.after);
    expect(await registry.getWholeLedger(keyId)).toEqual(change.entries);
    expect(await registry.holderOfAlias(alias)).toBe(keyId);
  });

  it('that comes second loses, whole', async () => {
    const key = await activeKey(registry);
    const rivals = Array.from({ length: 8 }, () => touched(key));
    const codes = await Promise.all(rivals.map((change) => codeOf(registry.commit(change))));
    expect(codes.filter((code) => code === 'went through')).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set(['went through', 'RowConflict']));
    const stored = await registry.getKey(key.keyId);
    const chain = await registry.getWholeLedger(key.keyId);
    expect(chain).toHaveLength(key.ledgerSeq + 1);
    expect(verifyChain(chain, stored).ok).toBe(true);
  });

  it('that is sent again after its answer was lost is no conflict', async () => {
    const key = await activeKey(registry);
    const change = touched(key);
    await registry.commit(change);
    expect(await codeOf(registry.commit(change))).toBe('went through');
    expect(await registry.getWholeLedger(key.keyId)).toHaveLength(key.ledgerSeq + 1);
  });

  it('of a key that is not there is refused', async () => {
    const change = touched(aNewKey().key.after);
    await expect(registry.commit(change)).rejects.toMatchObject({
      code: 'RowConflict',
      details: { found: undefined },
    });
  });

  it('that does not tell of itself never reaches the table', async () => {
    const key = await activeKey(registry);
    const change = touched(key);
    const silent = { ...change, entries: [] };
    const elsewhere = {
      ...change,
      key: { ...change.key, after: { ...change.key.after, ledgerHead: 'f'.repeat(64) } },
    };
    const skipping = { ...change, key: { ...change.key, after: { ...change.key.after, rowVersion: 99 } } };
    for (const broken of [silent, elsewhere, skipping]) {
      expect(await codeOf(registry.commit(broken))).toBe('LedgerBroken');
    }
    expect(await registry.getKey(key.keyId)).toEqual(key);
  });
});

describe('a name', () => {
  it('belongs to one key until that key is abandoned', async () => {
    const first = aNewKey('shared-name');
    await registry.commit(first);
    await expect(registry.commit(aNewKey('shared-name'))).rejects.toMatchObject({
      code: 'NameTaken',
      details: { keyId: first.key.after.keyId },
    });
    await registry.commit(
      recordChange({
        now: NOW,
        actor: actorOf(olga),
        key: { before: first.key.after, after: { ...first.key.after, state: 'destroyed' } },
        entries: [{ event: 'abandoned', details: {} }],
        alias: 'release',
      }),
    );
    expect(await registry.holderOfAlias(first.key.after.alias)).toBeUndefined();
    expect(await codeOf(registry.commit(aNewKey('shared-name')))).toBe('went through');
  });
});

describe('an Idempotency-Key', () => {
  const record = (requestId: string) => ({
    key: randomUUID(),
    bodyHash: 'c'.repeat(64),
    requestId,
    expiresAt: '2026-11-26T03:02:22.000Z',
  });

  it('answers once, and tells a rival what it answered', async () => {
    const first = aNewKey();
    const idempotency = record(first.request?.after.requestId ?? '');
    await registry.commit(first, { idempotency });
    expect(await registry.getIdempotency(idempotency.key)).toEqual(idempotency);
    const rival = aNewKey();
    await expect(registry.commit(rival, { idempotency })).rejects.toMatchObject({
      stored: { requestId: idempotency.requestId },
    });
    expect(await registry.getKey(rival.key.after.keyId)).toBeUndefined();
  });
});

describe('a decision', () => {
  it('of one person is stored once', async () => {
    const key = await activeKey(registry);
    const submitted = revocationOf(key);
    await registry.commit(submitted);
    const request = submitted.request?.after;
    if (request === undefined) throw new Error('no request');
    const waiting = awaitApproval({ now: NOW, actor: actorOf(olga), request, key: submitted.key.after });
    await registry.commit(waiting);
    const decision = (verdict: 'approve' | 'deny') =>
      decisionBy({
        now: NOW,
        request: waiting.request?.after ?? request,
        key: waiting.key.after,
        decisions: [],
        person: sami,
        verdict,
        reason: 'Looked at it.',
        digest: request.digest,
        channel: 'api',
      });
    const codes = await Promise.all(
      [decision('approve'), decision('deny')].map((change) => codeOf(registry.commit(change))),
    );
    expect(codes.toSorted()).toEqual(['AlreadyDecided', 'went through']);
    expect(await registry.getDecisions(request.requestId)).toHaveLength(1);
  });
});

describe('a passkey', () => {
  it('signs until it is removed, and is one person’s', async () => {
    const person = { ...sami, id: `person:${randomUUID()}`, name: randomUUID() };
    const passkey = passkeyOf(person);
    await registry.putPasskey(passkey);
    expect(await registry.passkeysOf(person.id)).toEqual([passkey]);
    expect(await codeOf(registry.putPasskey({ ...passkey, personId: sami.id }))).toBe('PasskeyInvalid');

    const submitted = revocationOf(await activeKey(registry));
    await registry.commit(submitted);
    const request = submitted.request?.after;
    if (request === undefined) throw new Error('no request');
    const waiting = awaitApproval({ now: NOW, actor: actorOf(olga), request, key: submitted.key.after });
    await registry.commit(waiting);
    const signed = decisionBy({
      now: NOW,
      request: waiting.request?.after ?? request,
      key: waiting.key.after,
      decisions: [],
      person,
      verdict: 'approve',
      reason: 'Looked at it.',
      digest: request.digest,
      channel: 'page',
      passkey: assertionOf(person),
    });
    await registry.putPasskey({ ...passkey, removedAt: NOW });
    expect(await codeOf(registry.commit(signed))).toBe('PasskeyInvalid');
    await registry.putPasskey(passkey);
    expect(await codeOf(registry.commit(signed))).toBe('went through');
    await registry.putPasskey({ ...passkey, removedAt: NOW });
    expect(await codeOf(registry.commit(signed))).toBe('went through');
  });
});

describe('lists', () => {
  it('page through an owner’s keys, and by state', async () => {
    const owner = `o-${randomUUID().slice(0, 8)}`;
    const made = Array.from({ length: 5 }, () => aNewKey(undefined, owner));
    for (const change of made) await registry.commit(change);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await registry.listKeys(
        { owner, state: 'pre-activation' },
        { limit: 2, ...(cursor && { cursor }) },
      );
      seen.push(...page.items.map(({ keyId }) => keyId));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen.toSorted()).toEqual(made.map(({ key }) => key.after.keyId).toSorted());
    expect((await registry.listKeys({ owner, state: 'active' }, { limit: 10 })).items).toEqual([]);
    expect((await registry.listRequests({ owner }, { limit: 10 })).items).toHaveLength(5);
  });

  it('of what is due hold what is due, and lose it when it is not', async () => {
    const change = aNewKey();
    await registry.commit(change);
    const id = change.request?.after.requestId;
    const dueAt = async (now: string): Promise<string[]> => {
      const ids: string[] = [];
      for await (const item of registry.listDue(now)) ids.push(item.id);
      return ids;
    };
    expect(await dueAt(NOW)).not.toContain(id);
    expect(await dueAt('2026-11-25T04:00:00.000Z')).toContain(id);
    expect((await dueAt('2026-11-25T04:00:00.000Z')).includes(change.key.after.keyId)).toBe(false);
  });
});

describe('a row that cannot be read', () => {
  const id = ulid();

  it.each([
    ['KEY', { PK: `KEY#key_${id}`, SK: 'KEY' }, () => registry.getKeyWithVersions(`key_${id}`)],
    ['LEDGER', { PK: `KEY#key_${id}`, SK: 'LEDGER#0000000001' }, () => registry.getWholeLedger(`key_${id}`)],
    ['ALIAS', { PK: `ALIAS#${id}`, SK: 'ALIAS' }, () => registry.holderOfAlias(id)],
    ['TOKEN', { PK: `TOKEN#req_${id}`, SK: 'TOKEN' }, () => registry.getTaskToken(`req_${id}`)],
  ])('is named, not passed over: %s', async (_kind, row, read) => {
    await client.send(new PutCommand({ TableName: tableName, Item: { ...row, record: { a: 1 } } }));
    await expect(read()).rejects.toMatchObject({ code: 'RecordCorrupt', details: row });
  });
});

describe('marks', () => {
  it('are set once', async () => {
    const id = randomUUID();
    expect(await registry.isClaimed(id)).toBe(false);
    expect(await registry.claimOnce(id, 60)).toBe(true);
    expect(await registry.claimOnce(id, 60)).toBe(false);
    expect(await registry.isClaimed(id)).toBe(true);
  });

  it('keep the last token of a wait', async () => {
    const requestId = `req_${ulid()}`;
    expect(await registry.getTaskToken(requestId)).toBeUndefined();
    await registry.putTaskToken(requestId, 'first', NOW);
    await registry.putTaskToken(requestId, 'second', NOW);
    expect(await registry.getTaskToken(requestId)).toBe('second');
  });
});
