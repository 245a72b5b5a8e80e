import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { log } from '../../../lambdas/adapters/log.ts';
import { ledgerVerification } from '../../../lambdas/api/views.ts';
import { recordChange } from '../../../lambdas/domain/change.ts';
import { appendEntry, type LedgerEntry, ledgerEntry, verifyChain } from '../../../lambdas/domain/ledger.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { alice, apiWorld, erin, expectStatus, refusal, strictly } from './world.ts';

const ledgerPage = z.strictObject({
  entries: z.array(ledgerEntry),
  verification: ledgerVerification.optional(),
  nextPageToken: z.string().optional(),
});
/** A world in which the key is written after each of the first `times` readings of its ledger. */
function growingWorld(times: number) {
  let left = times;
  return apiWorld((registry) => ({
    getWholeLedger: async (keyId) => {
      const entries = await registry.getWholeLedger(keyId);
      const key = await registry.getKey(keyId);
      if (key === undefined) throw new Error('The key is gone.');
      left -= 1;
      if (left < 0) return entries;
      await registry.commit(
        recordChange({
          now: key.updatedAt,
          actor: actorOf(alice),
          key: { before: key, after: key },
          entries: [{ event: 'failed', details: {} }],
        }),
      );
      return entries;
    },
  }));
}

it('gives a ledger away in pages, which verify', async () => {
  const world = apiWorld();
  const key = await world.newKey();
  await world.waiting(alice, key);
  const entries: z.infer<typeof ledgerEntry>[] = [];
  let pageToken: string | undefined;
  do {
    const query = { pageSize: '2', ...(pageToken === undefined ? {} : { pageToken }) };
    const page = ledgerPage.parse(
      expectStatus(await world.ask(erin, `GET /v1/keys/${key.keyId}/ledger`, { query }), 200),
    );
    expect(page.entries.length).toBeLessThanOrEqual(2);
    entries.push(...page.entries);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  const { ledger } = strictly.key.parse((await world.ask(erin, `GET /v1/keys/${key.keyId}`)).body);
  expect(verifyChain(entries, { ledgerSeq: ledger.length, ledgerHead: ledger.head })).toMatchObject({
    ok: true,
  });
});

describe('a ledger asked to be verified', () => {
  type Forgery = (entries: LedgerEntry[]) => LedgerEntry[];

  async function verification(forge: Forgery = (entries) => entries) {
    const world = apiWorld((registry) => ({
      getWholeLedger: async (keyId) => forge(await registry.getWholeLedger(keyId)),
    }));
    const key = await world.newKey();
    const query = { verify: 'true', pageSize: '1' };
    const answer = await world.ask(erin, `GET /v1/keys/${key.keyId}/ledger`, { query });
    return { key, page: ledgerPage.parse(expectStatus(answer, 200)) };
  }

  it('is verified whole, whatever page is asked for', async () => {
    const { key, page } = await verification();
    expect(page.entries).toHaveLength(1);
    expect(page.verification).toEqual({ ok: true, length: key.ledgerSeq, head: key.ledgerHead });
  });

  it.each<[string, Forgery, number]>([
    ['was changed', ([first, ...rest]) => [{ ...first, details: {} } as LedgerEntry, ...rest], 1],
    ['is missing', ([, ...rest]) => rest, 1],
    ['is missing at the end', (entries) => entries.slice(0, -1), 2],
    [
      'was added at the end, with a hash that fits',
      (entries) => {
        const last = entries.at(-1);
        if (last === undefined) throw new Error('There is no entry.');
        const { keyId, seq, hash, previousHash: _previous, ...draft } = last;
        return [...entries, appendEntry({ keyId, ledgerSeq: seq, ledgerHead: hash }, draft)];
      },
      3,
    ],
  ])('tells when an entry %s', async (_, forge, seq) => {
    const told = vi.spyOn(log, 'error').mockReturnValue(undefined);
    const { key, page } = await verification(forge);
    expect(page.verification).toMatchObject({ ok: false, seq, problem: expect.stringMatching(/./) });
    expect(told.mock.calls).toEqual([['ledger broken', { code: 'LedgerBroken', keyId: key.keyId, seq }]]);
    told.mockRestore();
  });

  it('is not verified unless asked', async () => {
    const world = apiWorld();
    const { keyId } = await world.newKey();
    const queries: Record<string, string>[] = [{}, { verify: 'false' }];
    for (const query of queries) {
      const answer = await world.ask(erin, `GET /v1/keys/${keyId}/ledger`, { query });
      expect(expectStatus(answer, 200)).not.toHaveProperty('verification');
    }
  });

  it('that grows in between is read anew', async () => {
    const world = growingWorld(2);
    const { keyId } = await world.newKey();
    const answer = await world.ask(erin, `GET /v1/keys/${keyId}/ledger`, { query: { verify: 'true' } });
    const current = await world.registry.getKey(keyId);
    expect(ledgerPage.parse(expectStatus(answer, 200)).verification).toEqual({
      ok: true,
      length: current?.ledgerSeq,
      head: current?.ledgerHead,
    });
  });

  it('that never holds still is not called broken', async () => {
    const world = growingWorld(99);
    const { keyId } = await world.newKey();
    const answer = await world.ask(erin, `GET /v1/keys/${keyId}/ledger`, { query: { verify: 'true' } });
    refusal(answer, 503, 'BackendBusy');
  });
});
