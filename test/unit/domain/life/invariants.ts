import { expect } from 'vitest';
import { verifyChain } from '../../../../lambdas/domain/ledger.ts';
import { finalRequestStates } from '../../../../lambdas/domain/request.ts';
import { cora, type Model } from './model.ts';
import { look, type Real } from './real.ts';

/** What can be seen of a key agrees with the model. */
export function expectAsForetold(model: Model, real: Real): void {
  const { key, requests } = real.seen;
  expect(key.state).toBe(model.state);
  const { destruction } = key;
  const open = destruction?.status === 'scheduled' || destruction?.status === 'interrupted';
  expect(open ? destruction.status : undefined).toBe(model.destruction?.status);
  expect(key.emergency?.status).toBe(model.emergency?.status);
  expect(key.emergency?.requestId).toBe(model.emergency?.by.requestId);
  for (const request of model.requests) {
    const over = finalRequestStates.has(requests.get(request.requestId)?.state ?? 'accepted');
    expect(over, request.requestId).toBe(request.phase === 'over');
  }
}

/** Reads everything anew, and compares it with what must hold, and with what was before. */
export async function expectInvariants(real: Real): Promise<void> {
  const before = real.seen;
  const { key, versions, requests, ledger } = await look(real.registry);
  real.seen = { key, versions, requests, ledger };

  // 7. The chain verifies, only grows, and ends in what the records say.
  expect(verifyChain(ledger, key)).toMatchObject({ ok: true });
  expect(ledger.slice(0, before.ledger.length)).toEqual(before.ledger);
  if (before.key.rowVersion !== key.rowVersion) expect(ledger.length).toBeGreaterThan(before.ledger.length);
  else expect([key, versions, [...requests]]).toEqual([before.key, before.versions, [...before.requests]]);

  // 3. It begins at most once, and what has ended stays.
  for (const [requestId, request] of requests) {
    const begun = ledger.filter(
      (entry) => entry.requestId === requestId && entry.event === 'execution-started',
    );
    expect(begun.length).toBeLessThanOrEqual(1);
    const former = before.requests.get(requestId);
    if (former !== undefined && finalRequestStates.has(former.state)) expect(request).toEqual(former);
  }

  // 4. Who records something holds the key: it was the last to begin, or to begin its undoing.
  const fresh = ledger.slice(before.ledger.length);
  const last = ledger.findLast(({ event }) => taking.has(event));
  for (const { event, requestId } of fresh.filter(({ event: what }) => acting.has(what))) {
    expect(requestId, event).toBe(last?.requestId);
  }

  // 1. and 2. What takes a KMS key out of use was approved: by as many as the class asks, none of them the requester.
  const taken = versions.some(({ version, backendState }) => {
    const former = before.versions.find((other) => other.version === version);
    return backendState !== 'Enabled' && former?.backendState === 'Enabled';
  });
  const taker = requests.get(fresh.find(({ event }) => acting.has(event))?.requestId ?? '');
  if (taken && taker?.parameters.operation === 'emergency-revoke') {
    // The one exception, which says so.
    expect(taker.requester.id).toBe(cora.id);
    for (const event of ['requested', 'emergency-revoked']) {
      const told = ledger.find((entry) => entry.requestId === taker.requestId && entry.event === event);
      expect(told?.details.emergency, event).toMatch(/^without an approval/);
    }
  } else if (taken) {
    const request = taker;
    expect(['revoke', 'destroy']).toContain(request?.parameters.operation);
    const decisions = await real.registry.getDecisions(request?.requestId ?? '');
    const approvers = new Set(decisions.map(({ person: { id } }) => id));
    approvers.delete(request?.requester.id ?? '');
    expect(approvers.size).toBeGreaterThanOrEqual(2);
    expect(
      decisions.every(({ verdict, digest }) => verdict === 'approve' && digest === request?.digest),
    ).toBe(true);
  }

  // A compromise is for ever, and a key that is out of use has no version in use.
  if (before.key.state === 'compromised') expect(['compromised', 'destroyed']).toContain(key.state);
  if (['suspended', 'compromised', 'destroyed'].includes(key.state)) {
    expect(versions.filter(({ state }) => state === 'active')).toEqual([]);
  }
  if (key.state === 'active') {
    expect(versions.filter(({ state }) => state === 'active').map(({ version }) => version)).toEqual([
      key.currentVersion,
    ]);
  }
}

/** From then on a request holds the key. */
const taking: ReadonlySet<string> = new Set(['execution-started', 'execution-resumed', 'undo-started']);

/** What only the holder of a key records. */
const acting: ReadonlySet<string> = new Set([
  'version-created',
  'version-probed',
  'activated',
  'rotated',
  'suspended',
  'compromised',
  'reinstated',
  'emergency-revoked',
  'ratified',
  'destruction-scheduled',
  'destruction-cancelled',
]);
