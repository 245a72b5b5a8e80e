import { describe, expect, it } from 'vitest';
import { historyOf } from '../../../lambdas/approvals/portal/api/history.ts';
import { GENESIS, type LedgerEntry, ledgerEvent } from '../../../lambdas/domain/ledger.ts';
import { KEY_ID, REQUEST_ID, sami } from '../domain/examples.ts';

const AT = '2026-11-26T03:02:22.000Z';

const entryOf = (changes: Partial<LedgerEntry>): LedgerEntry => ({
  keyId: KEY_ID,
  seq: 1,
  at: AT,
  event: 'decided',
  actor: { kind: 'person', id: sami.id, name: 'sami' },
  requestId: REQUEST_ID,
  classHash: 'c'.repeat(64),
  details: {},
  previousHash: GENESIS,
  hash: 'e'.repeat(64),
  ...changes,
});
const told = (changes: Partial<LedgerEntry>) => historyOf([entryOf(changes)], REQUEST_ID)[0]?.text;

describe('the history of a request', () => {
  it('is that of no other request of the key', () => {
    const { requestId: _none, ...keysOwn } = entryOf({ event: 'destroyed' });
    const others = entryOf({ requestId: 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W9' });
    const own = entryOf({ event: 'approved' });
    expect(historyOf([others, keysOwn, own], REQUEST_ID)).toEqual([
      { at: AT, event: 'approved', actor: 'sami', text: '' },
    ]);
  });

  it.each([
    [
      { verdict: 'deny', channel: 'slack', mfa: false, reason: 'No.', behalf: 'person:omar' },
      'Denied in Slack, without a second factor, in the place of person:omar: No.',
    ],
    [
      { verdict: 'approve', channel: 'api', mfa: true, reason: 'Yes.', passkey: 'Y3JlZA' },
      'Approved over the API, with a second factor, signed with a passkey: Yes.',
    ],
  ])('says of a decision how it was taken: %o', (details, text) => {
    expect(told({ details })).toBe(text);
  });

  it('says of evidence that has changed that earlier decisions no longer count', () => {
    expect(told({ event: 'evidence-changed', details: { gaps: ['one', 'two'] } })).toBe(
      'The digest is another, and earlier decisions no longer count. 2 things could not be looked at.',
    );
  });

  const oddDetails: LedgerEntry['details'][] = [
    {},
    { reason: 1, gaps: 'x', version: 'y', deletionDate: null, mfa: 'z' },
  ];
  it.each(ledgerEvent.options)('has a line for %s, whatever its details hold', (event) => {
    for (const details of oddDetails) {
      expect(typeof told({ event, details })).toBe('string');
    }
  });
});
