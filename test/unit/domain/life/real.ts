import { expect } from 'vitest';
import type { Registry } from '../../../../lambdas/adapters/registry/registry.ts';
import type { Change } from '../../../../lambdas/domain/change.ts';
import { plusDuration } from '../../../../lambdas/domain/cryptoperiod.ts';
import { KeywardError } from '../../../../lambdas/domain/errors.ts';
import { assertExecuting } from '../../../../lambdas/domain/execution.ts';
import type { KeyRecord, VersionRecord } from '../../../../lambdas/domain/key.ts';
import type { LedgerEntry } from '../../../../lambdas/domain/ledger.ts';
import {
  completeActivation,
  completeCancellation,
  completeEmergency,
  completeRatification,
  completeReinstatement,
  completeRevocation,
  completeScheduling,
} from '../../../../lambdas/domain/outcome.ts';
import type { DecisionRecord, RequestRecord } from '../../../../lambdas/domain/request.ts';
import { submitGenerate } from '../../../../lambdas/domain/submission.ts';
import { memoryRegistry } from '../../../machines/memory-registry.ts';
import { KEY_ID } from '../examples.ts';
import { accepted, alice, keyClass, type Model, type ModelRequest } from './model.ts';

export const actor = { kind: 'service', id: 'service:test', name: 'test' } as const;

/** What the registry holds, read at once. */
export interface Seen {
  readonly key: KeyRecord;
  readonly versions: readonly VersionRecord[];
  readonly requests: ReadonlyMap<string, RequestRecord>;
  readonly ledger: readonly LedgerEntry[];
}

export interface Real {
  readonly registry: Registry;
  now: string;
  seen: Seen;
  /** What a process wanted to commit that has stopped for a while. */
  zombie?: Change | undefined;
}

export const nowOf = (real: Real): number => Date.parse(real.now);

/** The change that completes a request, as the step builds it. */
export function completion(work: Work): Change {
  assertExecuting(work, work.decisions, 'forward');
  switch (work.request.parameters.operation) {
    case 'generate':
    case 'rotate':
      return completeActivation({ ...work, keyClass });
    case 'revoke':
      return completeRevocation(work);
    case 'emergency-revoke':
      return completeEmergency(work);
    case 'ratify':
      return completeRatification(work);
    case 'reinstate':
      return completeReinstatement(work);
    case 'destroy':
      return completeScheduling({ ...work, deletionDate: plusDuration(work.now, 'P30D') });
    case 'cancel-destruction':
      return completeCancellation(work);
  }
}

export interface Work {
  readonly now: string;
  readonly actor: typeof actor;
  readonly key: KeyRecord;
  readonly versions: readonly VersionRecord[];
  readonly request: RequestRecord;
  readonly decisions: readonly DecisionRecord[];
}

export async function workOf(real: Real, { requestId }: ModelRequest): Promise<Work> {
  const request = await real.registry.getRequest(requestId);
  if (request === undefined) throw new Error(`There is no request ${requestId}.`);
  const { key, versions } = real.seen;
  const decisions = await real.registry.getDecisions(requestId);
  return { now: real.now, actor, key, versions, request, decisions };
}

/** Commits what is built, as the model has foretold: whole, and a second time without a trace; or refused by name. */
export async function commits(
  real: Real,
  foretold: boolean,
  build: () => Change | Promise<Change>,
): Promise<boolean> {
  let change: Change;
  try {
    change = await build();
  } catch (error) {
    if (!(error instanceof KeywardError)) throw error;
    expect(foretold, `refused with ${error.code}: ${error.message}`).toBe(false);
    return false;
  }
  expect(foretold, 'built, against the model').toBe(true);
  await real.registry.commit(change);
  await real.registry.commit(change); // its answer was lost, and it was sent again
  return true;
}

export async function look(registry: Registry): Promise<Seen> {
  const found = await registry.getKeyWithVersions(KEY_ID);
  if (found === undefined) throw new Error('The key is gone.');
  const ledger = await registry.getWholeLedger(KEY_ID);
  const requestIds = [...new Set(ledger.flatMap(({ requestId }) => requestId ?? []))];
  const requests = await Promise.all(
    requestIds.map(async (requestId) => [requestId, await registry.getRequest(requestId)] as const),
  );
  return {
    ...found,
    ledger,
    requests: new Map(
      requests.flatMap(([requestId, request]) => (request === undefined ? [] : [[requestId, request]])),
    ),
  };
}

/** A key that alice has asked for. */
export async function beginning(): Promise<{ model: Model; real: Real }> {
  const registry = memoryRegistry();
  const now = '2026-11-25T03:02:22.000Z';
  const requestId = `req_${'0'.repeat(26)}`;
  await registry.commit(
    submitGenerate({
      now,
      requester: alice,
      keyClass,
      reason: 'By chance.',
      ids: { keyId: KEY_ID, requestId, nonce: 'e'.repeat(64) },
      newKey: { name: 'orders', owner: 'payments', description: '', spec: 'ECC_NIST_P256' },
    }),
  );
  const real: Real = { registry, now, seen: await look(registry) };
  const model: Model = {
    state: 'pre-activation',
    lived: 0,
    requests: [accepted(requestId, { operation: 'generate' }, alice, nowOf(real))],
  };
  return { model, real };
}
