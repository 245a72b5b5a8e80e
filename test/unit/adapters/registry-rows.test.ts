import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decisionRow,
  duePartitions,
  keyRow,
  ledgerRow,
  recordIn,
  records,
  requestRow,
  rowKey,
  versionRow,
} from '../../../lambdas/adapters/registry/rows.ts';
import { RecordCorrupt } from '../../../lambdas/domain/errors.ts';
import type { VersionRecord } from '../../../lambdas/domain/key.ts';
import { appendEntry, GENESIS } from '../../../lambdas/domain/ledger.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { aKey, aRequest, decisionOf, KEY_ID, olga, REQUEST_ID, sami } from '../domain/examples.ts';

const aVersion: VersionRecord = {
  keyId: KEY_ID,
  version: 12,
  state: 'active',
  kmsKeyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  backendState: 'Enabled',
  requestId: REQUEST_ID,
  createdAt: '2026-11-25T03:02:22.000Z',
  rowVersion: 1,
};

const anEntry = appendEntry(
  { keyId: KEY_ID, ledgerSeq: 41, ledgerHead: GENESIS },
  {
    at: '2026-11-25T03:02:22.000Z',
    event: 'failed',
    actor: actorOf(olga),
    classHash: 'c'.repeat(64),
    details: { code: 'ProbeFailed', tries: 3, ratio: 0.1, list: [null, true, ''], map: { a: {} } },
  },
);

const key = (id: string) => ({ PK: `KEY#${KEY_ID}`, SK: id });

describe('a record has its own row', () => {
  test.each([
    ['key', keyRow(aKey), key('KEY')],
    ['version', versionRow(aVersion), key('VERSION#000012')],
    ['ledger entry', ledgerRow(anEntry), key('LEDGER#0000000042')],
    ['request', requestRow(aRequest), { PK: `REQUEST#${REQUEST_ID}`, SK: 'REQUEST' }],
    [
      'decision',
      decisionRow(decisionOf(sami)),
      { PK: `DECISION#${REQUEST_ID}`, SK: `PERSON#person:sami#${aRequest.digest}` },
    ],
  ])('%s', (_name, row, expected) => {
    expect(row).toMatchObject(expected);
  });

  test('and so have the other things', () => {
    expect(rowKey.token(REQUEST_ID)).toEqual({ PK: `TOKEN#${REQUEST_ID}`, SK: 'TOKEN' });
    expect(rowKey.alias('alias/keyward/a/b')).toEqual({ PK: 'ALIAS#alias/keyward/a/b', SK: 'ALIAS' });
    expect(rowKey.idempotency('k')).toEqual({ PK: 'IDEMPOTENCY#k', SK: 'IDEMPOTENCY' });
  });

  test('whose number sorts as text', () => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.nat(999_999), (a, b) => {
        for (const keyOf of [rowKey.version, rowKey.ledger]) {
          const [first, second] = [keyOf(KEY_ID, a).SK, keyOf(KEY_ID, b).SK];
          expect(Math.sign(first < second ? -1 : Number(first > second))).toBe(Math.sign(a - b));
        }
      }),
    );
  });
});

describe('the indexes', () => {
  test('find a key by owner, by state and by time', () => {
    const row = keyRow({ ...aKey, rotationDue: '2027-01-01T00:00:00.000Z' });
    expect(row).toMatchObject({
      ownerPk: 'OWNER#payments#KEY',
      ownerSk: `active#${KEY_ID}`,
      statePk: 'KEY#active',
      stateSk: KEY_ID,
      dueSk: `2027-01-01T00:00:00.000Z#key#${KEY_ID}`,
    });
    expect(duePartitions).toContain(row['duePk']);
  });

  test('find a request', () => {
    expect(requestRow(aRequest)).toMatchObject({
      ownerPk: 'OWNER#payments#REQUEST',
      ownerSk: `awaiting-approval#${REQUEST_ID}`,
      statePk: 'REQUEST#awaiting-approval',
      stateSk: REQUEST_ID,
      dueSk: `${aRequest.expiresAt}#request#${REQUEST_ID}`,
    });
  });

  test.each([
    ['a key without a date', keyRow(aKey)],
    ['a request that has ended', requestRow({ ...aRequest, state: 'denied' })],
  ])('do not hold as due %s', (_name, row) => {
    expect(row).not.toHaveProperty('duePk');
    expect(row).not.toHaveProperty('dueSk');
  });

  test('hold no versions, entries or decisions', () => {
    for (const row of [versionRow(aVersion), ledgerRow(anEntry), decisionRow(decisionOf(sami))]) {
      expect(Object.keys(row)).toEqual(['PK', 'SK', 'record']);
    }
  });

  test('spread what is due, a thing always to the same partition', () => {
    const partitionOf = (n: number) =>
      requestRow({ ...aRequest, requestId: `req_${String(n).padStart(26, '0')}` })['duePk'];
    const ids = Array.from({ length: 100 }, (_, n) => n);
    expect(new Set(ids.map(partitionOf))).toEqual(new Set(['DUE#0', 'DUE#1', 'DUE#2', 'DUE#3']));
    expect(ids.map(partitionOf)).toEqual(ids.map(partitionOf));
  });
});

describe('what is stored', () => {
  test('is read back the same', () => {
    expect(recordIn(records.key, keyRow(aKey))).toEqual(aKey);
    expect(recordIn(records.version, versionRow(aVersion))).toEqual(aVersion);
    expect(recordIn(records.ledger, ledgerRow(anEntry))).toEqual(anEntry);
    expect(recordIn(records.request, requestRow(aRequest))).toEqual(aRequest);
    expect(recordIn(records.decision, decisionRow(decisionOf(sami)))).toEqual(decisionOf(sami));
  });

  test('has no fields that are undefined', () => {
    const row = keyRow({ ...aKey, rotationDue: undefined });
    expect(Object.keys(Object(row['record']))).not.toContain('rotationDue');
  });

  test('could always be read back', () => {
    expect(() => keyRow({ ...aKey, name: 'Not A Name' })).toThrow(RecordCorrupt);
  });
});

describe('a row that cannot be read', () => {
  const broken = { ...keyRow(aKey), record: { ...aKey, state: 'secret-state', nickname: 'x' } };

  test('is named, and what of it is wrong, but not what it holds', () => {
    expect(() => recordIn(records.key, broken)).toThrow(
      expect.objectContaining({ code: 'RecordCorrupt', details: { PK: `KEY#${KEY_ID}`, SK: 'KEY' } }),
    );
    expect(() => recordIn(records.key, broken)).toThrow(/record\.state/);
    expect(() => recordIn(records.key, broken)).not.toThrow(/secret-state/);
  });

  test.each([
    ['an empty one', {}],
    ['one of another kind', versionRow(aVersion)],
    ['one without a record', { PK: 'KEY#a', SK: 'KEY' }],
  ])('such as %s', (_name, row) => {
    expect(() => recordIn(records.key, row)).toThrow(RecordCorrupt);
  });
});
