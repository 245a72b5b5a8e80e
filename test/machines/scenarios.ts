import { randomBytes, randomUUID } from 'node:crypto';
import { ulid } from 'ulid';
import type { KeySpec } from '../../lambdas/domain/key.ts';
import { classNamed } from '../../lambdas/domain/key-class.ts';
import type { Principal } from '../../lambdas/domain/principal.ts';
import {
  finalRequestStates,
  type RequestParameters,
  type RequestRecord,
} from '../../lambdas/domain/request.ts';
import { submitGenerate, submitOperation } from '../../lambdas/domain/submission.ts';
import { assertionOf, decisionBy, passkeyOf } from '../unit/domain/deciding.ts';
import { policies, type World } from './world.ts';

const person = (name: string, ...groups: string[]): Principal => ({
  kind: 'person',
  id: `person:${name}`,
  name,
  groups,
  mfa: true,
});
export const alice = person('alice', 'payments');
export const bob = person('bob', 'security');
export const carol = person('carol', 'security');
export const cora = person('cora', 'custodians');

const classOf: Readonly<Record<KeySpec, string>> = {
  SYMMETRIC_DEFAULT: 'data-protection',
  ECC_NIST_P256: 'code-signing',
};

const newRequestId = (): string => `req_${ulid()}`;
const newNonce = (): string => randomBytes(32).toString('hex');

/** Alice asks for a key. */
export async function askForKey(world: World, spec: KeySpec): Promise<{ keyId: string; requestId: string }> {
  const ids = { keyId: `key_${ulid()}`, requestId: newRequestId(), nonce: newNonce() };
  await world.commit(
    submitGenerate({
      now: await world.clock(),
      requester: alice,
      keyClass: classNamed(policies.classes, classOf[spec]),
      reason: 'A test.',
      ids,
      newKey: { name: `k-${randomUUID().slice(0, 12)}`, owner: 'payments', description: '', spec },
    }),
  );
  return ids;
}

/** Alice asks for something to be done to her key. */
export async function askFor(world: World, keyId: string, parameters: RequestParameters): Promise<string> {
  const key = await world.registry.getKey(keyId);
  if (key === undefined) throw new Error(`There is no key ${keyId}.`);
  const requestId = newRequestId();
  await world.commit(
    submitOperation({
      now: await world.clock(),
      requester: alice,
      keyClass: classNamed(policies.classes, key.className),
      reason: 'A test.',
      ids: { requestId, nonce: newNonce() },
      key,
      parameters,
    }),
  );
  return requestId;
}

/** The most rounds of settling, deciding and sweeping that a request may need: more is a request that never ends. */
const MOST_ROUNDS = 20;

/** Lets a request run to its end: decides what waits, and lets time and the sweep do what machines did not. */
export async function toItsEnd(world: World, requestId: string): Promise<RequestRecord> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    await world.settle();
    const request = await world.registry.getRequest(requestId);
    if (request === undefined) throw new Error(`There is no request ${requestId}.`);
    if (finalRequestStates.has(request.state)) return request;
    if (request.state === 'awaiting-approval') {
      await approve(world, request);
      continue;
    }
    world.crashes.heal();
    world.moveClock('PT20M');
    await world.sweep();
  }
  throw new Error(`Request ${requestId} has not ended after ${MOST_ROUNDS} rounds.`);
}

/** As many people approve as the request asks for. */
async function approve(world: World, request: RequestRecord): Promise<void> {
  for (const approver of [bob, carol].slice(0, request.approval.quorum)) {
    await approveAs(world, request.requestId, approver);
  }
}

/** One person approves what is asked now, unless they have, or nothing is left to approve. */
export async function approveAs(world: World, requestId: string, approver: Principal): Promise<void> {
  const request = await world.registry.getRequest(requestId);
  if (request?.state !== 'awaiting-approval') return;
  const [key, decisions] = await Promise.all([
    world.registry.getKey(request.keyId),
    world.registry.getDecisions(requestId),
  ]);
  const decided = decisions.some(
    ({ person: who, digest }) => who.id === approver.id && digest === request.digest,
  );
  if (key === undefined || decided) return;
  await world.registry.putPasskey(passkeyOf(approver));
  await world.commit(
    decisionBy({
      now: await world.clock(),
      request,
      key,
      person: approver,
      decisions,
      verdict: 'approve',
      reason: 'Agreed.',
      digest: request.digest,
      channel: 'api',
      passkey: assertionOf(approver),
    }),
  );
}

/** A key that lives. */
export async function aKey(world: World, spec: KeySpec): Promise<string> {
  const { keyId, requestId } = await askForKey(world, spec);
  await mustSucceed(world, requestId);
  return keyId;
}

/** Asks for operations one after the other, each of which must succeed. */
export async function after(
  world: World,
  keyId: string,
  ...operations: RequestParameters[]
): Promise<string> {
  for (const parameters of operations) await mustSucceed(world, await askFor(world, keyId, parameters));
  return keyId;
}

async function mustSucceed(world: World, requestId: string): Promise<void> {
  const { state, error } = await toItsEnd(world, requestId);
  if (state !== 'succeeded') throw new Error(`${requestId} is ${state}: ${error?.code} ${error?.message}`);
}
