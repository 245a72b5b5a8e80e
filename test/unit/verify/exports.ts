import { join } from 'node:path';
import { createPasskeys } from '../../../lambdas/adapters/passkeys.ts';
import { readPolicies } from '../../../lambdas/adapters/policy-files.ts';
import { accepted } from '../../../lambdas/api/views.ts';
import type { Change } from '../../../lambdas/domain/change.ts';
import {
  awaitApproval,
  beginExecution,
  type Execution,
  recordEvidence,
  renewEvidence,
} from '../../../lambdas/domain/execution.ts';
import { type RequestExport, requestExport } from '../../../lambdas/domain/export.ts';
import { completeRevocation } from '../../../lambdas/domain/outcome.ts';
import type { Evidence } from '../../../lambdas/domain/request.ts';
import { verifyExport } from '../../../verify/verify-export.ts';
import { alice, apiWorld, bob, carol, dave, expectStatus, mallory, refusal } from '../api/world.ts';
import { Authenticator } from '../approvals/authenticator.ts';
import { approvalKey } from '../approvals/proofs.ts';
import { waitingWorld } from '../approvals/waiting-world.ts';
import { aRequest, omar, REQUEST_ID, sami } from '../domain/examples.ts';

export const ORIGIN = 'https://keyward.test';
const POLICIES = join(import.meta.dirname, '../../../policies');
export const CLASSES = join(POLICIES, 'key-classes.yaml');
export const { classes } = readPolicies(POLICIES);

const noEvidence: Evidence = {
  collectedAt: '2026-11-25T03:02:22.000Z',
  kmsKeys: [],
  gaps: ['Nobody knows.'],
};

/**
 * A revocation of alice's, carried out, as the API exports it: dave approved, then the evidence changed, and bob and carol
 * approved what it showed then.
 */
export async function exported(): Promise<RequestExport> {
  const world = apiWorld();
  const key = await world.newKey();
  const answer = await world.ask(alice, `POST /v1/keys/${key.keyId}/revoke`, {
    body: { mode: 'suspend', reason: 'A leak.' },
  });
  const { requestId } = accepted.parse(expectStatus(answer, 202)).request;
  const step = async (
    build: (
      work: Execution & Parameters<typeof beginExecution>[0] & Parameters<typeof completeRevocation>[0],
    ) => Change | undefined,
  ) => {
    const [request, held] = [
      await world.registry.getRequest(requestId),
      await world.registry.getKeyWithVersions(key.keyId),
    ];
    if (request === undefined || held === undefined) throw new Error('They are gone.');
    world.time.now = new Date(Date.parse(world.time.now) + 60_000).toISOString();
    const decisions = await world.registry.getDecisions(requestId);
    const actor = { kind: 'service', id: 'service:test', name: 'test' } as const;
    const change = build({ now: world.time.now, actor, request, decisions, ...held });
    if (change !== undefined) await world.registry.commit(change);
  };
  const approve = async (who: typeof bob) => {
    const request = await world.registry.getRequest(requestId);
    const body = { verdict: 'approve', reason: `Agreed, says ${who.name}.`, digest: request?.digest };
    expectStatus(await world.ask(who, `POST /v1/requests/${requestId}/decisions`, { body }), 200);
  };

  await step((work) => recordEvidence({ ...work, evidence: noEvidence }));
  await step(awaitApproval);
  await approve(dave);
  await step((work) => renewEvidence({ ...work, evidence: { ...noEvidence, gaps: ['Somebody knows.'] } }));
  await approve(bob);
  await approve(carol);
  await step(beginExecution);
  await step(completeRevocation);
  refusal(await world.ask(mallory, `GET /v1/requests/${requestId}/export`), 404, 'RequestNotFound');
  return requestExport.parse(
    expectStatus(await world.ask(dave, `GET /v1/requests/${requestId}/export`), 200),
  );
}

/** The same for a rule that wants passkeys: sami and omar have signed the digest with theirs. */
export async function exportedWithPasskeys(): Promise<RequestExport> {
  const passkeys = createPasskeys({ origin: ORIGIN });
  const world = await waitingWorld({
    request: { approval: { ...aRequest.approval, passkey: true } },
    deps: { passkeys },
  });
  for (const who of [sami, omar]) {
    const authenticator = new Authenticator({ origin: ORIGIN });
    const { challenge } = await passkeys.enrolmentOptions(who, []);
    const response = authenticator.enrol(challenge);
    const now = '2026-11-25T00:00:00.000Z';
    await world.registry.putPasskey(
      await passkeys.enrolled(response, { challenge, personId: who.id, name: 'Laptop', now }),
    );
    const { challenge: digest } = await passkeys.signingOptions(world.request.digest, []);
    await world.decide(who, { passkey: authenticator.sign(digest) });
  }
  const [request, key] = [
    await world.registry.getRequest(REQUEST_ID),
    await world.registry.getKey(aRequest.keyId),
  ];
  if (request === undefined || key === undefined) throw new Error('They are gone.');
  const { keyId, alias, owner, className, ledgerSeq, ledgerHead } = key;
  // This world begins in the middle: its first entry tells nothing of what was asked.
  const { requesterEmail: _told, ...bare } = request;
  return requestExport.parse({
    format: 'keyward/export/v1',
    exportedAt: '2026-11-26T00:00:00.000Z',
    request: bare,
    key: { keyId, alias, owner, className, ledger: { length: ledgerSeq, head: ledgerHead } },
    decisions: await world.decisions(),
    ledger: await world.registry.getWholeLedger(keyId),
    approvalKey: { keyArn: approvalKey.keyArn, publicKey: await approvalKey.publicKey() },
  });
}

export const failing = async (
  of: RequestExport,
  trust?: Parameters<typeof verifyExport>[1],
): Promise<string[]> => {
  const { findings } = await verifyExport(of, trust);
  return findings.filter(({ ok }) => !ok).map(({ check }) => check);
};
export const copyOf = (of: RequestExport): RequestExport => structuredClone(of);
