import { beforeAll, describe, expect, it } from 'vitest';
import { decisionDigest, requestDigest } from '../../../lambdas/domain/digest.ts';
import type { RequestExport } from '../../../lambdas/domain/export.ts';
import { appendEntry, GENESIS, type LedgerEntry } from '../../../lambdas/domain/ledger.ts';
import type { DecisionRecord } from '../../../lambdas/domain/request.ts';
import { verifyExport } from '../../../verify/verify-export.ts';
import { approvalKey } from '../approvals/proofs.ts';
import { REQUEST_ID } from '../domain/examples.ts';

import { copyOf, exported, failing } from './exports.ts';

let good: RequestExport;
beforeAll(async () => {
  good = await exported();
});

/** Whoever rewrites one entry can rewrite the chain after it. */
function sealed(of: RequestExport): RequestExport {
  let head = { keyId: of.key.keyId, ledgerSeq: 0, ledgerHead: GENESIS };
  of.ledger = of.ledger.map(({ hash: _hash, previousHash: _previous, seq: _seq, keyId: _key, ...draft }) => {
    const entry = appendEntry(head, draft);
    head = { ...head, ledgerSeq: entry.seq, ledgerHead: entry.hash };
    return entry;
  });
  of.key.ledger = { length: head.ledgerSeq, head: head.ledgerHead };
  return of;
}

/** What Keyward itself would have written and signed, had it taken a decision that it must not take. */
async function withDecision(of: RequestExport, fields: Partial<DecisionRecord>): Promise<RequestExport> {
  const { signature: _signature, ...like } = of.decisions.at(-1) ?? {};
  const draft = { ...(like as DecisionRecord), ...fields };
  const decision = { ...draft, signature: await approvalKey.sign(draft) };
  const at = of.ledger.findIndex(({ event }) => event === 'decided');
  const told = of.ledger.findLast(({ event }) => event === 'decided');
  if (told === undefined) throw new Error('There is no decision.');
  const entry: LedgerEntry = {
    ...told,
    actor: decision.person,
    at: decision.decidedAt,
    details: { ...told.details, digest: decision.digest, decision: decisionDigest(decision) },
  };
  of.ledger.splice(at, 0, entry);
  of.decisions.push(decision);
  return sealed(of);
}

describe('a ledger that was rewritten to its end', () => {
  const entryOf = ({ ledger, request }: RequestExport, event: LedgerEntry['event']) => {
    const at = ledger.findIndex((entry) => entry.event === event && entry.requestId === request.requestId);
    return { at, entry: ledger[at] as LedgerEntry };
  };
  const drop = (of: RequestExport, event: LedgerEntry['event']) => of.ledger.splice(entryOf(of, event).at, 1);

  it('still verifies when nothing else was changed: it is Keyward that seals it so', async () => {
    expect(await failing(sealed(copyOf(good)))).toEqual([]);
  });

  it.each<[string, (of: RequestExport) => void]>([
    ['knows of no asking', (of) => drop(of, 'requested')],
    ['knows of no evidence', (of) => drop(of, 'evidence-collected')],
    ['knows of no changed evidence', (of) => drop(of, 'evidence-changed')],
    ['knows of one decision less', (of) => drop(of, 'decided')],
    ['knows of no approval', (of) => drop(of, 'approved')],
    ['knows of no beginning', (of) => drop(of, 'execution-started')],
    ['knows of no end', (of) => drop(of, 'suspended')],
    [
      'begins before the approval',
      (of) => of.ledger.splice(entryOf(of, 'approved').at, 0, ...drop(of, 'execution-started')),
    ],
    [
      'approves before the decisions',
      (of) => of.ledger.splice(entryOf(of, 'evidence-changed').at, 0, ...drop(of, 'approved')),
    ],
    [
      'changes another digest than the one that stood',
      (of) => void (entryOf(of, 'evidence-changed').entry.details.formerDigest = 'f'.repeat(64)),
    ],
    ['goes on after the end', (of) => of.ledger.push(entryOf(of, 'execution-started').entry)],
    ['ends otherwise', (of) => void (entryOf(of, 'suspended').entry.event = 'compromised')],
    [
      'was asked under another class',
      (of) => void (entryOf(of, 'requested').entry.classHash = 'e'.repeat(64)),
    ],
    [
      'was decided on another digest',
      (of) => void (entryOf(of, 'decided').entry.details.digest = good.request.digest),
    ],
    [
      'was approved on another digest',
      (of) => void (entryOf(of, 'approved').entry.details.digest = 'f'.repeat(64)),
    ],
    [
      'was asked by another',
      (of) => void (entryOf(of, 'requested').entry.actor = { kind: 'person', id: 'person:x', name: 'x' }),
    ],
    [
      'was asked for something else',
      (of) => void (entryOf(of, 'requested').entry.details.parameters = { operation: 'reinstate' }),
    ],
    [
      'was decided by another',
      (of) => void (entryOf(of, 'decided').entry.actor = { kind: 'person', id: 'person:x', name: 'x' }),
    ],
    [
      'does another thing',
      (of) => void (entryOf(of, 'execution-started').entry.details.operation = 'destroy'),
    ],
  ])('is found out when it %s', async (_what, tamper) => {
    const changed = copyOf(good);
    tamper(changed);
    expect(await failing(sealed(changed))).toEqual(['history']);
  });

  it('is found out when it forgets that the quorum was there', async () => {
    const changed = copyOf(good);
    changed.ledger.splice(entryOf(changed, 'approved').at);
    const { finishedAt: _finished, ...request } = changed.request;
    changed.request = { ...request, state: 'awaiting-approval', updatedAt: changed.ledger.at(-1)?.at ?? '' };
    const { findings } = await verifyExport(sealed(changed));
    expect(findings.find(({ check }) => check === 'history')).toMatchObject({
      ok: false,
      told: [expect.stringContaining('the decisions come to «approved», and the ledger says «waiting»')],
    });
  });

  it.each<[string, (of: RequestExport) => void]>([
    [
      'stands otherwise',
      ({ request }) => {
        request.state = 'executing';
        delete request.finishedAt;
      },
    ],
    ['failed', ({ request }) => void (request.error = { code: 'KmsDown', message: 'It was down.' })],
    [
      'shows other evidence',
      ({ request }) => {
        request.evidence = { collectedAt: request.createdAt, kmsKeys: [], gaps: [] };
        request.digest = requestDigest(request);
      },
    ],
  ])('does not go with a request that %s', async (_how, tamper) => {
    const changed = copyOf(good);
    tamper(changed);
    expect(await failing(sealed(changed))).toContain('history');
  });

  it('is found out whatever was changed, by whoever knows where it ended', async () => {
    const changed = copyOf(good);
    const { entry } = entryOf(changed, 'approval-asked');
    entry.details.groups = ['nobody'];
    expect(await failing(sealed(changed))).toEqual([]);
    expect(await failing(changed, { ledgerHead: good.key.ledger.head })).toEqual(['ledger']);
  });

  it.each<[string, (of: RequestExport) => Partial<DecisionRecord>]>([
    ['the requester', ({ request }) => ({ person: request.requester })],
    ['a machine', () => ({ person: { kind: 'machine', id: 'machine:x', name: 'x' } })],
    [
      'somebody twice',
      ({ decisions }) => ({ person: (decisions[1] as DecisionRecord).person, reason: 'Again.' }),
    ],
    [
      'somebody of no group that decides',
      () => ({ person: { kind: 'person', id: 'person:x', name: 'x' }, groups: ['sales'] }),
    ],
    [
      'somebody too late',
      ({ request }) => ({
        person: { kind: 'person', id: 'person:x', name: 'x' },
        decidedAt: request.expiresAt,
      }),
    ],
    [
      'somebody in the requester’s place',
      ({ request }) => ({
        person: { kind: 'person', id: 'person:x', name: 'x' },
        behalf: {
          person: request.requester,
          groups: ['payments'],
          absenceId: 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W4',
        },
      }),
    ],
    [
      'somebody on another request',
      () => ({ requestId: REQUEST_ID, person: { kind: 'person', id: 'person:x', name: 'x' } }),
    ],
  ])('and signed by Keyward does not make good a decision of %s', async (_who, fields) => {
    const changed = await withDecision(copyOf(good), fields(good));
    const { findings } = await verifyExport(changed);
    expect(findings.find(({ check }) => check === 'quorum')).toMatchObject({ ok: false });
    expect(findings.find(({ check }) => check === 'signatures')).toMatchObject({ ok: true });
  });

  it('and signed by Keyward lets nobody’s place be taken twice', async () => {
    const behalf = {
      person: { kind: 'person', id: 'person:away', name: 'away' } as const,
      groups: ['security'],
      absenceId: 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W4',
    };
    const standIn = (name: string) => ({
      person: { kind: 'person', id: `person:${name}`, name } as const,
      groups: ['sales'],
      behalf,
    });
    const one = await withDecision(copyOf(good), standIn('x'));
    const quorumOf = async (of: RequestExport) => {
      const { findings } = await verifyExport(of);
      return findings.find(({ check }) => check === 'quorum');
    };
    expect(await quorumOf(one)).toMatchObject({ ok: true });
    expect(await quorumOf(await withDecision(one, standIn('y')))).toMatchObject({
      ok: false,
      told: ['y (person:y) was the second to stand in for person:away.'],
    });
  });
});
