import { describe, expect, it } from 'vitest';
import { describeKmsKey } from '../../lambdas/adapters/kms/keys.ts';
import type { KeySpec } from '../../lambdas/domain/key.ts';
import { finalRequestStates, type RequestParameters } from '../../lambdas/domain/request.ts';
import { kmsIsImperfect } from '../imperfection.ts';
import type { CrashPoint } from './crash.ts';
import { named } from './interpreter.ts';
import { expectInvariants } from './invariants.ts';
import { picture } from './picture.ts';
import { after, aKey, askFor, askForKey, toItsEnd } from './scenarios.ts';
import { createWorld, type World } from './world.ts';

export interface Scenario {
  readonly spec: KeySpec;
  /** What is done to the key before; the operation under test comes last. Without any, the key's generation is it. */
  readonly operations: readonly RequestParameters[];
}

export const rotate = { operation: 'rotate', cause: 'request' } as const;
export const suspend = { operation: 'revoke', mode: 'suspend' } as const;
export const reinstate = { operation: 'reinstate' } as const;
export const destroy = { operation: 'destroy', windowDays: 30 } as const;

interface Played {
  /** How the request ended. */
  readonly state: string;
  /** How many calls the steps made. */
  readonly calls: number;
  /** How many KMS keys they created. */
  readonly created: number;
  /** Whether a machine gave up. */
  readonly gaveUp: boolean;
  /** How many KMS keys were left to the search for orphans. */
  readonly orphans: number;
  /** Where a death, from the refusal on when there was one, or an outage makes a difference of its own. */
  readonly deaths: readonly Pick<CrashPoint, 'call' | 'when'>[];
  readonly outages: readonly number[];
}

/**
 * Runs a scenario's last operation in a world of its own, with something going wrong, and all that picks up after it.
 * With `refused` its last step refuses for good. A request that fails must leave everything as it was.
 */
export async function play(
  { spec, operations }: Scenario,
  { point, refused = false }: { readonly point?: CrashPoint; readonly refused?: boolean } = {},
): Promise<Played> {
  const world = await createWorld();
  try {
    const last = operations.at(-1);
    const made =
      last === undefined
        ? undefined
        : await after(world, await aKey(world, spec), ...operations.slice(0, -1));
    const before = made === undefined ? undefined : await picture(world, made);

    let forward = 0;
    if (refused) {
      world.instead('CompleteRequest', async () => {
        forward = world.crashes.calls;
        throw named('BackendRefused', 'It is not to be.');
      });
    }
    const [statesBefore, deedsBefore] = [world.entered.length, world.trail.length];
    world.crashes.plan(point);
    const { keyId, requestId } =
      made === undefined || last === undefined
        ? await askForKey(world, spec)
        : { keyId: made, requestId: await askFor(world, made, last) };
    const { state } = await toItsEnd(world, requestId);
    const { calls } = world.crashes;
    const deaths = world.crashes.deaths(forward);
    const outages = world.crashes.outages();
    const created = world.trail.slice(deedsBefore).filter(({ did }) => did === 'CreateKey').length;
    const gaveUp = world.entered.slice(statesBefore).includes('Failed');
    world.crashes.heal();
    await world.settle();
    world.moveClock('PT1H'); // a younger KMS key may be somebody's work
    const { discarded: orphans } = await world.orphans();
    await world.sweep();

    await expectInvariants(world, keyId);
    if (state === 'failed') {
      if (before === undefined) await expectUnborn(world, keyId);
      else expect(await picture(world, keyId)).toEqual(before);
    }
    return { state, calls, created, gaveUp, orphans, deaths, outages };
  } finally {
    await world.close();
  }
}

/** A key that never came to life has given its name back. */
async function expectUnborn(world: World, keyId: string): Promise<void> {
  const key = await world.registry.getKey(keyId);
  if (key === undefined) throw new Error(`There is no key ${keyId}.`);
  expect(key.state).toBe('destroyed');
  expect(await world.registry.holderOfAlias(key.alias)).toBeUndefined();
  expect(await describeKmsKey(world.kms, key.alias)).toBeUndefined();
}

/** Lets each scenario go wrong in every way and at every point, and looks each time whether what must hold still holds. */
export function describeCrashes(scenarios: Readonly<Record<string, Scenario>>): void {
  describe.each(Object.entries(scenarios))('%s', (_name, scenario) => {
    it('goes through, and holds what must hold', async () => {
      const { state, calls } = await play(scenario);
      expect(state).toBe('succeeded');
      expect(calls).toBeGreaterThan(10);
    });

    it('goes through when a step dies once, anywhere', async () => {
      const { deaths, created } = await play(scenario);
      for (const death of deaths) {
        const played = await play(scenario, { point: { ...death, how: 'once' } });
        // By its own retries; without a second KMS key, where KMS shows the first one.
        const outcome = { state: 'succeeded', gaveUp: false, ...(kmsIsImperfect ? {} : { created }) };
        expect(played, `killed ${at(death)}`).toMatchObject(outcome);
      }
    });

    it('ends, undone or done, when everything dies from any point on until the machines have given up', async () => {
      const { deaths } = await play(scenario);
      for (const death of deaths) {
        const { state } = await play(scenario, { point: { ...death, how: 'from then on' } });
        expect(finalRequestStates, `killed from ${at(death)} on`).toContain(state);
      }
    });

    it('ends, undone or done, when KMS is down from any call on until the machines have given up', async () => {
      const { outages } = await play(scenario);
      for (const call of outages) {
        const { state } = await play(scenario, { point: { call, when: 'before', how: 'KMS is down' } });
        expect(finalRequestStates, `down from call ${call} on`).toContain(state);
      }
    });
  });
}

const at = (death: Pick<CrashPoint, 'call' | 'when'>): string => `${death.when} call ${death.call}`;
