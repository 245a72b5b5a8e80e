import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RequestParameters } from '../../lambdas/domain/request.ts';
import { destroy, reinstate, rotate, suspend } from './crash-runs.ts';
import { expectInvariants } from './invariants.ts';
import { after, aKey, approveAs, askFor, askForKey, bob, carol, toItsEnd } from './scenarios.ts';
import { createWorld, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

describe('a request whose execution was started before a deployment', () => {
  it.each<[string, RequestParameters[], RequestParameters]>([
    ['suspension', [], suspend],
    ['compromise', [], { operation: 'revoke', mode: 'compromise' }],
    ['reinstatement', [suspend], reinstate],
    ['destruction', [], destroy],
  ])('that waits for its approval ends right: %s', async (_what, before, asked) => {
    const keyId = await after(world, await aKey(world, 'SYMMETRIC_DEFAULT'), ...before);
    world.deploy('former');
    const requestId = await askFor(world, keyId, asked);
    await world.settle();
    expect((await world.registry.getRequest(requestId))?.state).toBe('awaiting-approval');

    world.deploy('today');
    expect((await toItsEnd(world, requestId)).state).toBe('succeeded');
    await expectInvariants(world, keyId);
  });

  it('expires at its time when nobody decides', async () => {
    const keyId = await aKey(world, 'SYMMETRIC_DEFAULT');
    world.deploy('former');
    const requestId = await askFor(world, keyId, suspend);
    await world.settle();
    world.deploy('today');
    world.moveClock('P7DT10M');
    await world.settle();
    expect((await world.registry.getRequest(requestId))?.state).toBe('expired');
    await expectInvariants(world, keyId);
  });

  it('has a child of the new release when the deployment comes before its approval begins', async () => {
    const keyId = await aKey(world, 'SYMMETRIC_DEFAULT');
    world.deploy('former');
    const requestId = await askFor(world, keyId, suspend);
    world.instead('PrepareRequest', async () => {
      world.deploy('today');
      return { ended: false, approvalRequired: true, timeoutSeconds: 605_100 };
    });
    await world.settle();
    await approveAs(world, requestId, bob);
    await approveAs(world, requestId, carol);
    expect((await toItsEnd(world, requestId)).state).toBe('succeeded');
  });
});

describe('the definitions of the last release', () => {
  it.each<[string, RequestParameters | undefined]>([
    ['generate', undefined],
    ['rotate', rotate],
    ['destroy', destroy],
    ['suspend', suspend],
  ])('go through with today’s steps: %s', async (_what, asked) => {
    world.deploy('former');
    const { keyId, requestId } = await askForKey(world, 'ECC_NIST_P256');
    expect((await toItsEnd(world, requestId)).state).toBe('succeeded');
    if (asked !== undefined) {
      expect((await toItsEnd(world, await askFor(world, keyId, asked))).state).toBe('succeeded');
    }
    await expectInvariants(world, keyId);
  });
});
