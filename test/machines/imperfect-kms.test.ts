import { describe, expect, it } from 'vitest';
import type { KeySpec } from '../../lambdas/domain/key.ts';
import type { RequestParameters } from '../../lambdas/domain/request.ts';
import { control } from '../imperfection.ts';
import { destroy, reinstate, rotate, suspend } from './crash-runs.ts';
import { named } from './interpreter.ts';
import { expectInvariants } from './invariants.ts';
import { picture } from './picture.ts';
import { after, aKey, askFor, askForKey, toItsEnd } from './scenarios.ts';
import { createWorld, type World } from './world.ts';

interface Life {
  readonly spec: KeySpec;
  /** What is done to the key while KMS is at its best; its imperfection begins right after. None: with the key's birth. */
  readonly before?: readonly RequestParameters[];
  readonly operations: readonly RequestParameters[];
  /** The last step of every operation refuses for good: all of it is undone. */
  readonly refused?: true;
  readonly seeds: readonly number[];
}

const many = [2, 4, 5, 6, 9, 11];

const lives: Readonly<Record<string, Life>> = {
  'a symmetric key from its birth on': {
    spec: 'SYMMETRIC_DEFAULT',
    operations: [rotate, suspend, reinstate, rotate, destroy],
    seeds: many,
  },
  'a key pair from its birth on': {
    spec: 'ECC_NIST_P256',
    operations: [rotate, suspend, reinstate, rotate, destroy],
    seeds: many,
  },
  'two KMS keys that are compromised': {
    spec: 'ECC_NIST_P256',
    before: [rotate],
    operations: [{ operation: 'revoke', mode: 'compromise' }],
    seeds: many,
  },
  'two KMS keys whose destruction is cancelled at once': {
    spec: 'ECC_NIST_P256',
    before: [rotate, destroy],
    operations: [{ operation: 'cancel-destruction' }, suspend],
    seeds: many,
  },
  'a suspended key whose destruction is cancelled at once': {
    spec: 'SYMMETRIC_DEFAULT',
    before: [suspend, destroy],
    operations: [{ operation: 'cancel-destruction' }, reinstate],
    seeds: many,
  },
  'a rotation that is undone': {
    spec: 'ECC_NIST_P256',
    before: [],
    operations: [rotate],
    refused: true,
    seeds: many,
  },
};

describe('while KMS throttles, fails, loses answers and shows changes late', () => {
  describe.each(Object.entries(lives))('%s', (_name, life) => {
    it.each(life.seeds)('ends each request, and holds what must hold (seed %i)', async (seed) => {
      const world = await createWorld();
      await world.kmsAtItsBest('staged');
      try {
        await live(world, life, seed);
      } finally {
        await world.close();
      }
    });
  });
});

async function live(world: World, life: Life, seed: number): Promise<void> {
  const { spec, before, operations, refused } = life;
  let keyId: string | undefined;
  if (before !== undefined) {
    await beLate(world, seed, 0);
    keyId = await after(world, await aKey(world, spec), ...before);
  }
  const was = keyId === undefined ? undefined : await picture(world, keyId);
  if (refused) {
    world.instead('CompleteRequest', async () => {
      throw named('BackendRefused', 'It is not to be.');
    });
  }

  await beLate(world, seed, 0.4);
  await control(world.kmsUrl, 'POST', 'faults/random', { seed, probability: 0.05 });
  const ended: string[] = [];
  if (keyId === undefined) {
    const asked = await askForKey(world, spec);
    keyId = asked.keyId;
    ended.push((await toItsEnd(world, asked.requestId)).state);
  }
  for (const parameters of operations) {
    if (ended.includes('failed')) break; // what comes next may not apply to the key as it is
    ended.push((await toItsEnd(world, await askFor(world, keyId, parameters))).state);
  }

  await control(world.kmsUrl, 'DELETE', 'faults/random');
  await control(world.kmsUrl, 'DELETE', 'consistency');
  await world.settle();
  world.moveClock('PT1H'); // a younger KMS key may be somebody's work
  await world.orphans();
  await world.sweep();
  await expectInvariants(world, keyId);
  if (was !== undefined && ended[0] === 'failed') expect(await picture(world, keyId)).toEqual(was);
}

/** From now on so many of the first calls after each change see what was before it. */
function beLate(world: World, seed: number, probability: number): Promise<void> {
  return control(world.kmsUrl, 'POST', 'consistency', { seed, probability, reads: 10 });
}
