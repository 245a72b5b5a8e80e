import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordChange } from '../../lambdas/domain/change.ts';
import { plusDuration } from '../../lambdas/domain/cryptoperiod.ts';
import { requestDigest } from '../../lambdas/domain/digest.ts';
import type { KeyRecord } from '../../lambdas/domain/key.ts';
import { actorOf } from '../../lambdas/domain/principal.ts';
import type { RequestParameters, RequestRecord } from '../../lambdas/domain/request.ts';
import { destroy, rotate, suspend } from './crash-runs.ts';
import { aKey, alice, askFor } from './scenarios.ts';
import { createWorld, type World } from './world.ts';

// No step does anything unless its request is being executed, on its quorum, and holds the key.

const forward: Readonly<Record<string, object>> = {
  CreateVersion: {},
  BindAlias: { target: 'new' },
  ProbeVersion: { expect: 'processes' },
  RotateInPlace: {},
  RestrictVersion: { protector: 'new' },
  CompleteRequest: {},
};
/** Steps that undo; those that serve both ways undo what is not their own operation. */
const undoing: Readonly<Record<string, object>> = {
  BindAlias: { target: 'current' },
  RestrictVersion: { protector: 'current' },
  DiscardVersion: {},
  DisableKey: {},
  EnableKey: {},
  CancelDeletion: {},
};
const taking: Readonly<Record<string, object>> = {
  DisableKey: {},
  ScheduleDeletion: {},
  CompleteRequest: {},
};

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

afterEach(async () => {
  await world.close();
});

async function expectRefused(
  steps: Readonly<Record<string, object>>,
  requestId: string,
  code: string,
): Promise<void> {
  const before = await everything(requestId);
  for (const [step, more] of Object.entries(steps)) {
    await expect(world.step(step, { requestId, ...more }), step).rejects.toMatchObject({ code });
  }
  expect(await everything(requestId)).toEqual(before);
}

async function everything(requestId: string) {
  const request = await world.registry.getRequest(requestId);
  const found = await world.registry.getKeyWithVersions(request?.keyId ?? '');
  return { request, found, deeds: [...world.trail] };
}

describe('a step', () => {
  it('does nothing for a request that has not begun', async () => {
    const requestId = await askFor(world, await aKey(world, 'SYMMETRIC_DEFAULT'), rotate);
    await expectRefused({ ...forward, ...undoing }, requestId, 'RequestClosed');
  });

  it('does nothing for a request that waits for its approvers', async () => {
    const requestId = await askFor(world, await aKey(world, 'SYMMETRIC_DEFAULT'), suspend);
    await world.settle();
    expect((await world.registry.getRequest(requestId))?.state).toBe('awaiting-approval');
    await expectRefused(taking, requestId, 'RequestClosed');
  });

  it('undoes nothing that has not failed', async () => {
    const requestId = await begun();
    await expectRefused(undoing, requestId, 'RequestClosed');
  });

  it('goes on with nothing that is being undone', async () => {
    const requestId = await begun();
    await world.step('FailRequest', { requestId, phase: 'begin', error: { Error: 'ProbeFailed' } });
    await expectRefused(forward, requestId, 'RequestClosed');
  });

  it('does nothing when the lease is over', async () => {
    const requestId = await begun();
    world.moveClock('PT16M');
    await expectRefused(forward, requestId, 'LeaseLost');
    await world.step('FailRequest', { requestId, phase: 'begin', error: { Error: 'LeaseLost' } });
    world.moveClock('PT16M');
    await expectRefused(undoing, requestId, 'LeaseLost');
  });

  it('does nothing when another request holds the key', async () => {
    const requestId = await begun();
    const other = await forged(rotate);
    await expectRefused(forward, requestId, 'LeaseLost');
    expect(other).not.toBe(requestId);
  });

  it('does nothing for a request that was written as begun and that nobody has approved', async () => {
    await begun();
    for (const parameters of [suspend, destroy]) {
      await expectRefused(taking, await forged(parameters), 'NotApproved');
    }
  });

  it('does nothing for a request that was changed after it was asked for', async () => {
    await begun();
    const requestId = await forged(rotate, { reason: 'Something else.' });
    await expectRefused(forward, requestId, 'NotApproved');
  });
});

/** A rotation that holds its key, of which no step has run. */
async function begun(): Promise<string> {
  const requestId = await askFor(world, await aKey(world, 'SYMMETRIC_DEFAULT'), rotate);
  await world.step('BeginExecution', { requestId });
  return requestId;
}

let forgeries = 0;

/** A request on the one key there is, written into the table as if it had begun: it holds the key and has no decisions. */
async function forged(parameters: RequestParameters, changed: Partial<RequestRecord> = {}): Promise<string> {
  forgeries += 1;
  const requestId = `req_${String(forgeries).padStart(26, '0')}`;
  const { items } = await world.registry.listKeys({ owner: 'payments' }, { limit: 1 });
  const [key] = items;
  if (key === undefined) throw new Error('There is no key.');
  const now = await world.clock();
  await world.registry.commit(
    recordChange({
      now,
      actor: actorOf(alice),
      key: { before: key, after: { ...key, lease: { requestId, until: plusDuration(now, 'PT15M') } } },
      request: { after: { ...requestOf(requestId, key, parameters, now), ...changed } },
      entries: [{ event: 'requested', details: {} }],
    }),
  );
  return requestId;
}

function requestOf(requestId: string, key: KeyRecord, parameters: RequestParameters, now: string) {
  const bound = {
    requestId,
    keyId: key.keyId,
    owner: key.owner,
    parameters,
    requester: actorOf(alice),
    reason: 'A test.',
    classHash: key.classHash,
    approval: {
      quorum: parameters.operation === 'rotate' ? 0 : 2,
      groups: ['security'],
      expiresAfter: 'P7D',
    },
    nonce: 'e'.repeat(64),
    expiresAt: plusDuration(now, 'P7D'),
  };
  return {
    ...bound,
    className: key.className,
    digest: requestDigest(bound),
    state: 'executing' as const,
    createdAt: now,
  };
}
