import { type DecisionDependencies, takeDecision } from '../../../lambdas/approvals/take-decision.ts';
import { recordChange } from '../../../lambdas/domain/change.ts';
import { requestDigest } from '../../../lambdas/domain/digest.ts';
import type { KeyRecord } from '../../../lambdas/domain/key.ts';
import type { Principal } from '../../../lambdas/domain/principal.ts';
import type { DecisionRecord, RequestRecord } from '../../../lambdas/domain/request.ts';
import { memoryRegistry } from '../../machines/memory-registry.ts';
import { aKey, aRequest, olga, omar, person, REQUEST_ID, sami } from '../domain/examples.ts';
import { approvalKey, authorization, noPasskeys, TestDirectory } from './proofs.ts';

export const LATER = '2026-11-26T03:02:22.000Z';

export interface WaitingOptions {
  readonly request?: Partial<RequestRecord>;
  readonly key?: Partial<KeyRecord>;
  readonly deps?: Partial<DecisionDependencies>;
}

/** A registry in memory that holds one request by olga, which waits, and all that takes decisions on it. */
export async function waitingWorld({ request: fields, key: keyFields, deps: own }: WaitingOptions = {}) {
  const registry = memoryRegistry();
  const key: KeyRecord = { ...aKey, rowVersion: 1, ...keyFields };
  const draft: RequestRecord = { ...aRequest, rowVersion: 1, ...fields };
  const request: RequestRecord = { ...draft, digest: requestDigest(draft) };
  await registry.commit(
    recordChange({
      now: request.createdAt,
      actor: { kind: 'service', id: 'service:test', name: 'test' },
      key: { after: key },
      request: { after: request },
      entries: [{ event: 'requested', details: {} }],
    }),
  );
  const directory = new TestDirectory().add(olga, omar, sami, person('nina', 'marketing'));
  const time = { now: LATER };
  const deps: DecisionDependencies = {
    registry,
    access: { auditors: ['auditors'], machines: [] },
    clock: async () => time.now,
    directory,
    approvalKey,
    authorization,
    passkeys: noPasskeys,
    ...own,
  };
  const take = takeDecision(deps);
  const decide = (who: Principal, changes: Partial<Parameters<typeof take>[0]> = {}) =>
    take({
      person: who,
      requestId: REQUEST_ID,
      verdict: 'approve',
      reason: 'I looked at it.',
      digest: request.digest,
      channel: 'page',
      ...changes,
    });
  const decisions = (): Promise<DecisionRecord[]> => registry.getDecisions(REQUEST_ID);
  const stateNow = async () => (await registry.getRequest(REQUEST_ID))?.state;
  return { registry, request, key, directory, time, deps, decide, decisions, stateNow };
}
