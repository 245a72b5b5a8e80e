import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  appendEntry,
  GENESIS,
  type LedgerEntry,
  ledgerEntry,
  verifyChain,
} from '../../../lambdas/domain/ledger.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { KEY_ID, olga, REQUEST_ID } from './examples.ts';

const draft = {
  at: '2026-11-25T03:02:22.000Z',
  event: 'requested',
  actor: actorOf(olga),
  requestId: REQUEST_ID,
  classHash: 'c'.repeat(64),
  details: { reason: 'Suspected leak of a backup.', quorum: 2 },
} as const;

type Draft = Parameters<typeof appendEntry>[1];

function chainOf(drafts: readonly Draft[], keyId = KEY_ID): LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  for (const next of drafts) {
    const last = entries.at(-1);
    entries.push(appendEntry({ keyId, ledgerSeq: last?.seq ?? 0, ledgerHead: last?.hash ?? GENESIS }, next));
  }
  return entries;
}

function headOf(entries: readonly LedgerEntry[]) {
  return { ledgerSeq: entries.length, ledgerHead: entries.at(-1)?.hash ?? GENESIS };
}

const anyDraft: fc.Arbitrary<Draft> = fc.record({
  at: fc
    .date({ min: new Date('2026-01-01'), max: new Date('2036-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  event: fc.constantFrom('requested', 'decided', 'rotated', 'destroyed'),
  actor: fc.constant(actorOf(olga)),
  classHash: fc.constantFrom('c'.repeat(64), 'd'.repeat(64)),
  details: fc.dictionary(
    fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' }),
    fc.oneof(fc.string(), fc.integer(), fc.boolean()),
    { minKeys: 1, maxKeys: 3 },
  ),
});
const anyChain = fc.array(anyDraft, { minLength: 2, maxLength: 6 }).map((drafts) => chainOf(drafts));

describe('appendEntry', () => {
  test('is pinned: a change of it would break every ledger there is', () => {
    // Computed apart from this code: sha256 of json.dumps(..., sort_keys=True, separators=(',', ':')).
    expect(chainOf([draft, draft]).map(({ hash }) => hash)).toEqual([
      '57d1bd32ee48072718c1f661f542d48763d3765356885819ee164131ecf34b55',
      '523aa6ed3689fff962658f718d4ae57e6653ef03c4e7804dc582ac940b7c47de',
    ]);
  });

  test('makes valid entries that follow each other', () => {
    const entries = chainOf([draft, draft, draft]);
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(entries.map(({ previousHash }) => previousHash)).toEqual([
      GENESIS,
      entries[0]?.hash,
      entries[1]?.hash,
    ]);
    for (const entry of entries) expect(ledgerEntry.parse(entry)).toEqual(entry);
  });
});

describe('verifyChain', () => {
  test('accepts every chain that appendEntry made, also read back from JSON', () => {
    fc.assert(
      fc.property(anyChain, (entries) => {
        const { ledgerSeq: length, ledgerHead: head } = headOf(entries);
        const readBack = JSON.parse(JSON.stringify(entries));
        expect(verifyChain(readBack, headOf(entries))).toEqual({ ok: true, length, head });
      }),
      { numRuns: 50 },
    );
  });

  test('accepts the chain that has not begun', () => {
    expect(verifyChain([], { ledgerSeq: 0, ledgerHead: GENESIS })).toEqual({
      ok: true,
      length: 0,
      head: GENESIS,
    });
  });

  const otherValues: { [Field in keyof LedgerEntry]-?: LedgerEntry[Field] } = {
    keyId: 'key_01KAWXCYJ7P8M2Q4R6S8T0V2W9',
    seq: 99,
    at: '2020-01-01T00:00:00.000Z',
    event: 'abandoned',
    actor: { ...actorOf(olga), name: 'Olga' },
    requestId: 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W9',
    classHash: '1'.repeat(64),
    details: {},
    previousHash: '2'.repeat(64),
    hash: '3'.repeat(64),
  };

  test('finds any field of any entry changed', () => {
    fc.assert(
      fc.property(anyChain, fc.nat(), fc.constantFrom(...Object.keys(otherValues)), (entries, at, field) => {
        const index = at % entries.length;
        const changed = entries.map((entry, position) =>
          position === index
            ? Object.assign({}, entry, { [field]: otherValues[field as keyof LedgerEntry] })
            : entry,
        );
        expect(verifyChain(changed, headOf(entries))).toMatchObject({ ok: false });
      }),
      { numRuns: 200 },
    );
  });

  test('finds any one character of the stored text changed, or the text is no longer a chain', () => {
    fc.assert(
      fc.property(anyChain, fc.nat(), (entries, at) => {
        const text = JSON.stringify(entries);
        const position = at % text.length;
        const other = text[position] === 'x' ? 'y' : 'x';
        const altered = text.slice(0, position) + other + text.slice(position + 1);
        let readBack: unknown;
        try {
          readBack = JSON.parse(altered);
        } catch {
          return;
        }
        const parsed = ledgerEntry.array().safeParse(readBack);
        if (parsed.success) expect(verifyChain(parsed.data, headOf(entries))).toMatchObject({ ok: false });
      }),
      { numRuns: 300 },
    );
  });

  test('finds an entry removed, wherever it stood', () => {
    fc.assert(
      fc.property(anyChain, fc.nat(), (entries, at) => {
        const index = at % entries.length;
        expect(verifyChain(entries.toSpliced(index, 1), headOf(entries))).toMatchObject({
          ok: false,
          seq: index + 1,
        });
      }),
      { numRuns: 50 },
    );
  });

  test('finds an entry inserted, a copy of another or one made up to fit', () => {
    fc.assert(
      fc.property(anyChain, fc.nat(), anyDraft, (entries, at, next) => {
        const index = at % entries.length;
        const [copy] = entries.slice(index, index + 1);
        const madeUp = appendEntry(
          { keyId: KEY_ID, ledgerSeq: index, ledgerHead: entries[index - 1]?.hash ?? GENESIS },
          next,
        );
        for (const inserted of [copy, madeUp]) {
          if (inserted === undefined) continue;
          expect(verifyChain(entries.toSpliced(index, 0, inserted), headOf(entries))).toMatchObject({
            ok: false,
          });
        }
      }),
      { numRuns: 50 },
    );
  });

  test('finds two entries that changed places', () => {
    fc.assert(
      fc.property(anyChain, fc.nat(), (entries, at) => {
        const index = at % (entries.length - 1);
        const [first, second] = entries.slice(index, index + 2);
        if (first === undefined || second === undefined) return;
        const swapped = entries.toSpliced(index, 2, second, first);
        expect(verifyChain(swapped, headOf(entries))).toMatchObject({ ok: false, seq: index + 1 });
      }),
      { numRuns: 50 },
    );
  });

  test('finds a history rewritten from the start, by its head', () => {
    const rewritten = chainOf([{ ...draft, event: 'approved' }, draft]);
    const original = headOf(chainOf([draft, draft]));
    expect(verifyChain(rewritten)).toMatchObject({ ok: true });
    expect(verifyChain(rewritten, original)).toEqual({
      ok: false,
      seq: 2,
      problem: 'the last entry is not the one the head names',
    });
  });

  test.each([
    ['is shorter than its head', chainOf([draft]), headOf(chainOf([draft, draft])), 2],
    ['is longer than its head', chainOf([draft, draft, draft]), headOf(chainOf([draft, draft])), 3],
    ['is gone', [], headOf(chainOf([draft])), 1],
  ])('finds a chain that %s', (_what, entries, head, seq) => {
    expect(verifyChain(entries, head)).toMatchObject({ ok: false, seq });
  });

  test('finds entries of two histories put together, each whole in itself', () => {
    const [ours] = chainOf([draft]);
    const [, theirs] = chainOf([{ ...draft, event: 'approved' }, draft]);
    expect(verifyChain([ours, theirs].filter((entry) => entry !== undefined))).toEqual({
      ok: false,
      seq: 2,
      problem: 'it does not follow the entry before it',
    });
  });

  test('finds a number left out of a chain that is hashed rightly', () => {
    const [first] = chainOf([draft]);
    const third = appendEntry({ keyId: KEY_ID, ledgerSeq: 2, ledgerHead: first?.hash ?? '' }, draft);
    expect(verifyChain([...chainOf([draft]), third])).toEqual({
      ok: false,
      seq: 2,
      problem: 'it is numbered 3',
    });
  });

  test('finds an entry of another key that fits in every other way', () => {
    const [first] = chainOf([draft]);
    const foreign = appendEntry(
      { keyId: 'key_01KAWXCYJ7P8M2Q4R6S8T0V2W9', ledgerSeq: 1, ledgerHead: first?.hash ?? '' },
      draft,
    );
    expect(verifyChain([...chainOf([draft]), foreign])).toEqual({
      ok: false,
      seq: 2,
      problem: 'it belongs to another key, key_01KAWXCYJ7P8M2Q4R6S8T0V2W9',
    });
  });

  test('reports content that no entry can have been written with, and does not throw', () => {
    const [first] = chainOf([draft]);
    const altered = { ...first, details: { reason: '\ud800' } } as LedgerEntry;
    expect(verifyChain([altered])).toMatchObject({ ok: false, seq: 1 });
  });
});
