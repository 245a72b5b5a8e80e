import { describe, expect, it } from 'vitest';
import { describeKmsKey } from '../../lambdas/adapters/kms/keys.ts';
import { getKmsPolicy } from '../../lambdas/adapters/kms/policies.ts';
import { live } from '../../lambdas/domain/outcome.ts';
import type { CrashPoint } from './crash.ts';
import { destroy, rotate, type Scenario, suspend } from './crash-runs.ts';
import { named } from './interpreter.ts';
import { expectInvariants } from './invariants.ts';
import { after, aKey, askFor, askForKey, toItsEnd } from './scenarios.ts';
import { createWorld, type World } from './world.ts';

// A request that cannot be carried through is undone, whatever happens while it is.

const reversible: Readonly<Record<string, Scenario>> = {
  'generate, symmetric': { spec: 'SYMMETRIC_DEFAULT', operations: [] },
  'generate, asymmetric': { spec: 'ECC_NIST_P256', operations: [] },
  'rotate in place': { spec: 'SYMMETRIC_DEFAULT', operations: [rotate] },
  'rotate by a new KMS key': { spec: 'ECC_NIST_P256', operations: [rotate] },
  'suspend two KMS keys': { spec: 'ECC_NIST_P256', operations: [rotate, suspend] },
  'reinstate two KMS keys': {
    spec: 'ECC_NIST_P256',
    operations: [rotate, suspend, { operation: 'reinstate' }],
  },
  'destroy two KMS keys': { spec: 'ECC_NIST_P256', operations: [rotate, destroy] },
  'destroy a suspended key': { spec: 'SYMMETRIC_DEFAULT', operations: [suspend, destroy] },
};

interface Played {
  /** Deaths after the step that refused. */
  readonly deaths: readonly Pick<CrashPoint, 'call' | 'when'>[];
  readonly outages: readonly number[];
}

/** Runs a scenario whose last step refuses for good. The key must be as it was, and the request have failed. */
async function play({ spec, operations }: Scenario, point?: CrashPoint): Promise<Played> {
  const world = await createWorld();
  try {
    const last = operations.at(-1);
    const made =
      last === undefined
        ? undefined
        : await after(world, await aKey(world, spec), ...operations.slice(0, -1));
    const before = made === undefined ? undefined : await picture(world, made);

    let forward = 0;
    world.instead('CompleteRequest', async () => {
      forward = world.crashes.calls;
      throw named('BackendRefused', 'It is not to be.');
    });
    world.crashes.plan(point);
    const { keyId, requestId } =
      made === undefined || last === undefined
        ? await askForKey(world, spec)
        : { keyId: made, requestId: await askFor(world, made, last) };
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    const played = { deaths: world.crashes.deaths(forward), outages: world.crashes.outages() };
    world.crashes.heal();
    await world.orphans();

    await expectInvariants(world, keyId);
    if (before === undefined) expect((await world.registry.getKey(keyId))?.state).toBe('destroyed');
    else expect(await picture(world, keyId)).toEqual(before);
    return played;
  } finally {
    await world.close();
  }
}

/** What consumers of a key and its record see: no failure may change any of it. */
async function picture(world: World, keyId: string) {
  const found = await world.registry.getKeyWithVersions(keyId);
  if (found === undefined) throw new Error(`There is no key ${keyId}.`);
  const { key, versions } = found;
  return {
    state: key.state,
    currentVersion: key.currentVersion,
    destruction: key.destruction,
    rotationDue: key.rotationDue,
    aliasLeadsTo: (await describeKmsKey(world.kms, key.alias))?.kmsKeyArn,
    versions: await Promise.all(
      live(versions).map(async ({ version, state, kmsKeyArn }) => ({
        version,
        state,
        keyState: (await describeKmsKey(world.kms, kmsKeyArn))?.keyState,
        policy: await getKmsPolicy(world.kms, kmsKeyArn),
      })),
    ),
  };
}

describe.each(Object.entries(reversible))('%s, refused at the end', (_name, scenario) => {
  it.each(['once', 'from then on'] as const)(
    'is undone when a step dies %s while it is undone',
    async (how) => {
      const { deaths } = await play(scenario);
      expect(deaths.length).toBeGreaterThan(3);
      for (const death of deaths) await play(scenario, { ...death, how });
    },
  );

  it('is undone when KMS is down from any call on until the machines have given up', async () => {
    const { outages } = await play(scenario);
    expect(outages.length).toBeGreaterThan(3);
    for (const call of outages) await play(scenario, { call, when: 'before', how: 'KMS is down' });
  });
});
