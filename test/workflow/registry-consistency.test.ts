import { randomUUID } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as fc from 'fast-check';
import { ulid } from 'ulid';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import * as z from 'zod';
import { createRegistry, type Registry, type Table } from '../../lambdas/adapters/registry/registry.ts';
import { keyRow } from '../../lambdas/adapters/registry/rows.ts';
import { type Change, recordChange } from '../../lambdas/domain/change.ts';
import type { KeyRecord } from '../../lambdas/domain/key.ts';
import { verifyChain } from '../../lambdas/domain/ledger.ts';
import { actorOf } from '../../lambdas/domain/principal.ts';
import {
  activeKey,
  aNewKey,
  codeOf,
  createTable,
  documentClientTo,
  NOW,
  olga,
  touched,
} from './registry-fixtures.ts';

let table: Table;
let registry: Registry;

beforeAll(async () => {
  table = await createTable(inject('localAws').endpoint);
  registry = createRegistry(table);
});

/** A registry on the same table through a client of its own, whose calls can be watched and disturbed. */
function watchedRegistry(watch: (client: DynamoDBDocumentClient) => void): Registry {
  const client = documentClientTo(inject('localAws').endpoint);
  watch(client);
  return createRegistry({ client, tableName: table.tableName });
}

const sentTransaction = z.looseObject({ ClientRequestToken: z.string() });

let kmsKeys = 0;
function aKmsKeyArn(): string {
  kmsKeys += 1;
  return `arn:aws:kms:us-east-1:000000000000:key/${randomUUID().slice(0, 24)}${String(kmsKeys).padStart(12, '0')}`;
}

/** One more version of a key. */
function withVersion(key: KeyRecord, version: number, kmsKeyArn = aKmsKeyArn()): Change {
  return recordChange({
    now: NOW,
    actor: actorOf(olga),
    key: { before: key, after: key },
    versions: [
      {
        after: {
          keyId: key.keyId,
          version,
          state: 'pre-activation',
          kmsKeyId: kmsKeyArn.slice(-36),
          kmsKeyArn,
          backendState: 'Enabled',
          requestId: `req_${ulid()}`,
          createdAt: NOW,
        },
      },
    ],
    entries: [{ event: 'version-created', details: { version, kmsKeyArn } }],
  });
}

describe('an answer that is lost on the way', () => {
  it('does no harm: the SDK sends the same transaction under the same token again', async () => {
    const key = await activeKey(registry);
    const tokens: string[] = [];
    const unlucky = watchedRegistry(({ middlewareStack }) => {
      middlewareStack.add(
        (next) => async (args) => {
          const answer = await next(args);
          const { body } = z.object({ body: z.unknown() }).parse(args.request);
          tokens.push(sentTransaction.parse(JSON.parse(String(body))).ClientRequestToken);
          if (tokens.length === 1) throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
          return answer;
        },
        { step: 'deserialize', priority: 'high' },
      );
    });
    await unlucky.commit(touched(key));
    expect(tokens).toHaveLength(2);
    expect(tokens[1]).toBe(tokens[0]);
    expect(await registry.getWholeLedger(key.keyId)).toHaveLength(key.ledgerSeq + 1);
  });
});

describe('a key and its versions', () => {
  /** Runs once `before` or `after` the reader's look at the versions. */
  function disturbed(when: 'before' | 'after', disturb: () => Promise<void>): Registry {
    return watchedRegistry(({ middlewareStack }) => {
      middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            if (commandName !== 'QueryCommand') return next(args);
            if (when === 'before') await disturb();
            const answer = await next(args);
            if (when === 'after') await disturb();
            return answer;
          },
        { step: 'initialize' },
      );
    });
  }

  it.each(['before', 'after'] as const)('are of one moment, whatever is committed %s', async (when) => {
    const key = await activeKey(registry);
    const first = withVersion(key, 1);
    await registry.commit(first);
    const second = withVersion(first.key.after, 2);
    let committed = false;
    const reader = disturbed(when, async () => {
      if (committed) return;
      committed = true;
      await registry.commit(second);
    });
    const versions = [first, second].flatMap((change) => change.versions.map(({ after }) => after));
    expect(await reader.getKeyWithVersions(key.keyId)).toEqual({ key: second.key.after, versions });
  });

  it('are not made up when the key never rests', async () => {
    let key = await activeKey(registry);
    const reader = disturbed('after', async () => {
      const change = touched(key);
      await registry.commit(change);
      key = change.key.after;
    });
    expect(await codeOf(reader.getKeyWithVersions(key.keyId))).toBe('BackendBusy');
  });
});

describe('a chain', () => {
  it('cannot fork: a commit takes it up where the table has its end', async () => {
    const key = await activeKey(registry);
    expect(await codeOf(registry.commit(touched({ ...key, ledgerHead: 'f'.repeat(64) })))).toBe(
      'RowConflict',
    );
    expect(await codeOf(registry.commit(touched({ ...key, state: 'suspended' })))).toBe('RowConflict');
    expect(await registry.getKey(key.keyId)).toEqual(key);
  });

  it('verifies after any sequence of commits that are new, late, doubled or at once', async () => {
    const step = fc.constantFrom('new', 'version', 'late', 'doubled', 'at once');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
        const born = aNewKey();
        await registry.commit(born);
        const { keyId } = born.key.after;
        let last = born;
        let versions = 0;
        for (const step of steps) {
          const key = last.key.after;
          const next = step === 'version' ? withVersion(key, versions + 1) : touched(key);
          switch (step) {
            case 'version':
              versions += 1;
              await registry.commit(next);
              last = next;
              break;
            case 'new':
              await registry.commit(next);
              last = next;
              break;
            case 'late':
              expect(
                await codeOf(registry.commit(touched(last.key.before ?? { ...key, rowVersion: 99 }))),
              ).toBe('RowConflict');
              break;
            case 'doubled':
              expect(await codeOf(registry.commit(last))).toBe('went through');
              break;
            case 'at once': {
              const rivals = [next, touched(key)];
              const codes = await Promise.all(rivals.map((change) => codeOf(registry.commit(change))));
              expect(codes.toSorted()).toEqual(['RowConflict', 'went through']);
              last = rivals[codes.indexOf('went through')] ?? next;
              break;
            }
            default:
              step satisfies never;
          }
        }
        const stored = await registry.getKeyWithVersions(keyId);
        expect(stored?.key).toEqual(last.key.after);
        expect(stored?.versions).toHaveLength(versions);
        const chain = await registry.getWholeLedger(keyId);
        expect(verifyChain(chain, stored?.key)).toMatchObject({ ok: true, length: last.key.after.ledgerSeq });
      }),
      { numRuns: 25 },
    );
  });

  it('is read page by page, in order, and only its own', async () => {
    let key = await activeKey(registry);
    for (let n = 0; n < 10; n += 1) {
      const change = touched(key);
      await registry.commit(change);
      key = change.key.after;
    }
    const whole = await registry.getWholeLedger(key.keyId);
    const pages: number[][] = [];
    let cursor: string | undefined;
    do {
      const page = await registry.getLedger(key.keyId, { limit: 5, ...(cursor && { cursor }) });
      pages.push(page.items.map(({ seq }) => seq));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(pages.slice(0, 2)).toEqual([
      [1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10],
    ]);
    expect(pages.flat()).toEqual(whole.map(({ seq }) => seq));

    const { next = '' } = await registry.getLedger(key.keyId, { limit: 1 });
    const other = await activeKey(registry);
    expect(await codeOf(registry.getLedger(other.keyId, { limit: 1, cursor: next }))).toBe(
      'PageTokenInvalid',
    );
    expect(await codeOf(registry.listKeys({ owner: 'payments' }, { limit: 1, cursor: next }))).toBe(
      'PageTokenInvalid',
    );
  });
});

describe('a KMS key', () => {
  it('belongs to one key, with all of its versions', async () => {
    const kmsKeyArn = aKmsKeyArn();
    const first = withVersion(await activeKey(registry), 1, kmsKeyArn);
    await registry.commit(first);
    await registry.commit(withVersion(first.key.after, 2, kmsKeyArn));
    const { keyId } = first.key.after;
    expect(await registry.keyIdOfKmsKey(kmsKeyArn)).toBe(keyId);

    const thief = withVersion(await activeKey(registry), 1, kmsKeyArn);
    await expect(registry.commit(thief)).rejects.toMatchObject({
      code: 'BackendStateUnexpected',
      details: { kmsKeyArn, keyId },
    });
    expect(await registry.keyIdOfKmsKey(kmsKeyArn)).toBe(keyId);
  });

  it('that nobody recorded belongs to nobody', async () => {
    expect(await registry.keyIdOfKmsKey(aKmsKeyArn())).toBeUndefined();
  });
});

describe('an Idempotency-Key', () => {
  it('can be used anew when its answer has expired', async () => {
    const old = {
      key: randomUUID(),
      bodyHash: 'c'.repeat(64),
      requestId: 'req_old',
      expiresAt: '2026-11-25T03:02:21.999Z',
    };
    await registry.commit(aNewKey(), { idempotency: old });
    const fresh = { ...old, requestId: 'req_new', expiresAt: '2026-11-26T03:02:22.000Z' };
    expect(await codeOf(registry.commit(aNewKey(), { idempotency: fresh }))).toBe('went through');
    expect(await registry.getIdempotency(old.key)).toEqual(fresh);
    expect(await codeOf(registry.commit(aNewKey(), { idempotency: old }))).toBe('RowConflict');
  });
});

describe('what is due', () => {
  async function rotating(rotationDue: string): Promise<KeyRecord> {
    const key = await activeKey(registry);
    const change = touched({ ...key, rotationDue });
    await registry.commit({
      ...change,
      key: { before: key, after: change.key.after },
    });
    return change.key.after;
  }

  async function listed(now: string, from: Registry = registry) {
    const items: { kind: string; id: string; dueAt: string }[] = [];
    for await (const item of from.listDue(now)) items.push(item);
    return items;
  }

  it('comes oldest first, up to the very moment, and leaves the list when it is done', async () => {
    const now = '2027-01-01T00:00:00.000Z';
    const dates = Array.from({ length: 12 }, (_, n) => `2026-12-${String(31 - n)}T00:00:00.000Z`);
    const keys = [];
    for (const date of [...dates, now, '2027-01-01T00:00:00.001Z']) keys.push(await rotating(date));
    const ours = new Map(keys.map((key) => [key.keyId, key]));

    const due = (await listed(now)).filter(({ id }) => ours.has(id));
    expect(due.map(({ dueAt }) => dueAt).toSorted()).toEqual([...dates, now].toSorted());
    for (const { kind, id, dueAt } of due) {
      expect({ kind, dueAt }).toEqual({ kind: 'key', dueAt: ours.get(id)?.rotationDue });
    }
    const shards = Map.groupBy(due, ({ id }) => keyRow(ours.get(id) ?? expect.fail(id))['duePk']);
    expect(shards.size).toBeGreaterThan(1);
    for (const items of shards.values()) {
      const times = items.map(({ dueAt }) => dueAt);
      expect(times).toEqual(times.toSorted());
    }

    const [done] = keys;
    if (done === undefined) throw new Error('no key');
    const { rotationDue: _over, ...rest } = done;
    const change = touched(rest);
    await registry.commit({ ...change, key: { before: done, after: change.key.after } });
    expect((await listed(now)).map(({ id }) => id)).not.toContain(done.keyId);
  });

  it('is not kept from its turn by a row that nobody can read, which is named at the end', async () => {
    const own = await createTable(inject('localAws').endpoint);
    const ownRegistry = createRegistry(own);
    await own.client.send(
      new PutCommand({
        TableName: own.tableName,
        Item: { PK: 'KEY#odd', SK: 'KEY', duePk: 'DUE#0', dueSk: '2026-01-01T00:00:00.000Z#odd' },
      }),
    );
    const change = aNewKey();
    await ownRegistry.commit(change);
    const seen: string[] = [];
    const sweep = async (): Promise<void> => {
      for await (const { id } of ownRegistry.listDue('2026-12-01T00:00:00.000Z')) seen.push(id);
    };
    await expect(sweep()).rejects.toMatchObject({
      code: 'RecordCorrupt',
      details: { PK: 'KEY#odd', SK: 'KEY' },
    });
    expect(seen).toEqual([change.request?.after.requestId]);
  });

  it('is more than one page long', async () => {
    const own = await createTable(inject('localAws').endpoint);
    const rows = Array.from({ length: 30 }, (_, n) => `key_${String(n).padStart(26, '0')}`);
    for (const id of rows) {
      await own.client.send(
        new PutCommand({
          TableName: own.tableName,
          Item: {
            PK: `KEY#${id}`,
            SK: 'KEY',
            duePk: 'DUE#2',
            dueSk: `2026-01-01T00:00:00.000Z#key#${id}`,
            // Ten of them fill a megabyte, which is what a query answers at most.
            filler: 'x'.repeat(100_000),
          },
        }),
      );
    }
    expect((await listed(NOW, createRegistry(own))).map(({ id }) => id)).toEqual(rows);
  });
});
