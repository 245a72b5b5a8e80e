import { describe, expect, it } from 'vitest';
import type { KeySpec } from '../../lambdas/domain/key.ts';
import type { RequestParameters } from '../../lambdas/domain/request.ts';
import type { CrashPoint } from './crash.ts';
import { expectInvariants } from './invariants.ts';
import { after, aKey, askFor, askForKey, toItsEnd } from './scenarios.ts';
import { createWorld } from './world.ts';

export interface Scenario {
  readonly spec: KeySpec;
  /** What is done to the key before; the operation under test comes last. Without any, the key's generation is it. */
  readonly operations: readonly RequestParameters[];
}

export const rotate = { operation: 'rotate', cause: 'request' } as const;
export const suspend = { operation: 'revoke', mode: 'suspend' } as const;
export const destroy = { operation: 'destroy', windowDays: 30 } as const;

/** Runs a scenario's last operation in a world of its own, with a process killed at a point, and all that picks up after it. */
async function play(
  { spec, operations }: Scenario,
  point?: CrashPoint,
): Promise<{ state: string; calls: number }> {
  const world = await createWorld();
  try {
    const last = operations.at(-1);
    const keyId =
      last === undefined
        ? undefined
        : await after(world, await aKey(world, spec), ...operations.slice(0, -1));
    const before = keyId === undefined ? undefined : await world.registry.getKey(keyId);
    world.crashes.plan(point);
    const asked =
      keyId === undefined || last === undefined
        ? await askForKey(world, spec)
        : { keyId, requestId: await askFor(world, keyId, last) };
    const { state } = await toItsEnd(world, asked.requestId);
    const { calls } = world.crashes;
    world.crashes.heal();
    await world.settle();
    await world.orphans();
    await world.sweep();
    await expectInvariants(world, asked.keyId, before);
    return { state, calls };
  } finally {
    await world.close();
  }
}

/** Kills a step at every one of its calls, in every way, and looks each time whether what must hold still holds. */
export function describeCrashes(scenarios: Readonly<Record<string, Scenario>>): void {
  describe.each(Object.entries(scenarios))('%s', (_name, scenario) => {
    it('goes through, and holds what must hold', async () => {
      const { state, calls } = await play(scenario);
      expect(state).toBe('succeeded');
      expect(calls).toBeGreaterThan(10);
    });

    it.each(['before', 'after'] as const)(
      'goes through when a step dies once, %s any of its calls',
      async (when) => {
        const { calls } = await play(scenario);
        for (let call = 1; call <= calls; call += 1) {
          const { state } = await play(scenario, { call, when, how: 'once' });
          expect(state, `killed ${when} call ${call}`).toBe('succeeded');
        }
      },
      60_000,
    );

    it.each(['before', 'after'] as const)(
      'ends, undone or done, when everything dies from %s any call on until the machines have given up',
      async (when) => {
        const { calls } = await play(scenario);
        for (let call = 1; call <= calls; call += 1) {
          const { state } = await play(scenario, { call, when, how: 'from then on' });
          expect(['succeeded', 'failed'], `killed from ${when} call ${call} on`).toContain(state);
        }
      },
      60_000,
    );
  });
}
