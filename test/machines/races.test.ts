import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeKmsKey, tagNames } from '../../lambdas/adapters/kms/keys.ts';
import { rotateOnDemand } from '../../lambdas/adapters/kms/rotation.ts';
import { probeMessage, processArtefact, protect } from '../../lambdas/adapters/kms/use.ts';
import { recordChange } from '../../lambdas/domain/change.ts';
import { plusDuration } from '../../lambdas/domain/cryptoperiod.ts';
import type { ProbeArtefact } from '../../lambdas/domain/key.ts';
import { completeRequest } from '../../lambdas/steps/complete-request.ts';
import { failRequest } from '../../lambdas/steps/fail-request.ts';
import { kmsIsImperfect } from '../imperfection.ts';
import { destroy, reinstate, rotate, suspend } from './crash-runs.ts';
import { named } from './interpreter.ts';
import { expectInvariants } from './invariants.ts';
import { after, aKey, approveAs, askFor, askForKey, bob, carol, toItsEnd } from './scenarios.ts';
import { createWorld, policies, type World } from './world.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

afterEach(async () => {
  await world.close();
});

async function versionsOf(keyId: string) {
  const found = await world.registry.getKeyWithVersions(keyId);
  if (found === undefined) throw new Error(`There is no key ${keyId}.`);
  return found.versions;
}

describe('two requests for one key', () => {
  it('take turns', async () => {
    const keyId = await aKey(world, 'ECC_NIST_P256');
    const first = await askFor(world, keyId, rotate);
    const second = await askFor(world, keyId, suspend);
    expect((await toItsEnd(world, first)).state).toBe('succeeded');
    expect((await toItsEnd(world, second)).state).toBe('succeeded');
    const started = (await world.registry.getWholeLedger(keyId)).filter(({ event }) =>
      ['execution-started', 'rotated', 'suspended'].includes(event),
    );
    // Each begins when the one before has ended: generate, then rotate, then suspend.
    expect(started.map(({ event }) => event)).toEqual([
      'execution-started',
      'execution-started',
      'rotated',
      'execution-started',
      'suspended',
    ]);
    await expectInvariants(world, keyId);
  });
});

describe('a key that another request holds for longer than anybody waits', () => {
  /** Nobody lives to give the lease back. */
  async function held(): Promise<string> {
    const keyId = await aKey(world, 'ECC_NIST_P256');
    const key = await world.registry.getKey(keyId);
    if (key === undefined) throw new Error(`There is no key ${keyId}.`);
    const now = await world.clock();
    const lease = { requestId: `req_${'0'.repeat(26)}`, until: plusDuration(now, 'PT1H') };
    const actor = { kind: 'service', id: 'service:test', name: 'test' } as const;
    const entries = [{ event: 'execution-resumed' as const, details: {} }];
    await world.commit(recordChange({ now, actor, key: { before: key, after: { ...key, lease } }, entries }));
    return keyId;
  }

  it('is stopped for good all the same, once it is free: what a quorum has agreed to is not given up', async () => {
    const keyId = await held();
    const requestId = await askFor(world, keyId, { operation: 'revoke', mode: 'compromise' });
    await world.settle();
    for (const approver of [bob, carol]) await approveAs(world, requestId, approver);
    await world.settle();
    expect((await world.registry.getRequest(requestId))?.state).toBe('approved');
    world.moveClock('PT61M');
    await world.sweep();
    expect((await toItsEnd(world, requestId)).state).toBe('succeeded');
    await expectInvariants(world, keyId);
  });

  it('is not rotated', async () => {
    const keyId = await held();
    const requestId = await askFor(world, keyId, rotate);
    await world.settle();
    expect(await world.registry.getRequest(requestId)).toMatchObject({
      state: 'failed',
      error: { code: 'LeaseHeld' },
    });
  });
});

describe('a rotation that fails once the alias leads to its new KMS key', () => {
  it('keeps the KMS key, so that what was protected with it meanwhile can be read', async () => {
    const keyId = await aKey(world, 'ECC_NIST_P256');
    const alias = (await world.registry.getKey(keyId))?.alias ?? '';
    const message = probeMessage(keyId);
    let protectedMeanwhile: ProbeArtefact | undefined;
    world.before('RestrictVersion', async () => {
      protectedMeanwhile = await protect(world.kms, alias, 'SIGN_VERIFY', message);
      throw named('BackendRefused', 'It is not to be.');
    });
    const requestId = await askFor(world, keyId, rotate);
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    const [current, kept] = await versionsOf(keyId);
    expect(current).toMatchObject({ version: 1, state: 'active' });
    expect(kept).toMatchObject({ version: 2, state: 'deactivated', backendState: 'Enabled' });
    expect((await describeKmsKey(world.kms, alias))?.kmsKeyArn).toBe(current?.kmsKeyArn);
    if (protectedMeanwhile === undefined) throw new Error('Nothing was protected.');
    await processArtefact(world.kms, kept?.kmsKeyId ?? '', protectedMeanwhile, message);
    await expectInvariants(world, keyId);

    world.moveClock('PT2H');
    expect(await world.orphans()).toMatchObject({ discarded: 0 });
    await expectInvariants(world, keyId);
  });
});

describe('a rotation that dies once the alias leads to its new KMS key', () => {
  async function dead(): Promise<{ keyId: string; rotation: string }> {
    const keyId = await aKey(world, 'ECC_NIST_P256');
    world.crashes.plan({ call: await callAfterSwitch(), when: 'before', how: 'from then on' });
    const rotation = await askFor(world, keyId, rotate);
    await world.settle();
    expect((await world.registry.getRequest(rotation))?.state).toBe('executing');
    world.crashes.heal();
    world.moveClock('PT16M');
    return { keyId, rotation };
  }

  it('is put back with the key when that is suspended and reinstated before it is undone', async () => {
    const { keyId, rotation } = await dead();
    const alias = (await world.registry.getKey(keyId))?.alias ?? '';
    for (const parameters of [suspend, reinstate]) {
      const requestId = await askFor(world, keyId, parameters);
      await world.settle();
      for (const approver of [bob, carol]) await approveAs(world, requestId, approver);
      await world.settle();
      expect((await world.registry.getRequest(requestId))?.state).toBe('succeeded');
    }
    expect((await describeKmsKey(world.kms, alias))?.keyState).toBe('Enabled');
    expect((await toItsEnd(world, rotation)).state).toBe('failed');
    await expectInvariants(world, keyId);
    await after(world, keyId, rotate);
    await expectInvariants(world, keyId);
  });

  it('is put back with the key when its suspension fails', async () => {
    const { keyId, rotation } = await dead();
    world.before('CompleteRequest', async () => {
      throw named('BackendRefused', 'It is not to be.');
    });
    const requestId = await askFor(world, keyId, suspend);
    await world.settle();
    for (const approver of [bob, carol]) await approveAs(world, requestId, approver);
    await world.settle();
    expect((await world.registry.getRequest(requestId))?.state).toBe('failed');
    expect((await toItsEnd(world, rotation)).state).toBe('failed');
    await expectInvariants(world, keyId);
  });

  it('keeps a destruction waiting until it is undone', async () => {
    const { keyId, rotation } = await dead();
    const requestId = await askFor(world, keyId, destroy);
    await world.settle();
    for (const approver of [bob, carol]) await approveAs(world, requestId, approver);
    await world.settle();
    expect((await world.registry.getRequest(requestId))?.error?.code).toBe('LeaseHeld');
    expect((await toItsEnd(world, rotation)).state).toBe('failed');
    await after(world, keyId, destroy, { operation: 'cancel-destruction' });
    await expectInvariants(world, keyId);
  });

  it.each(['suspend', 'compromise'] as const)(
    'leaves no name that can be used when the key is revoked (%s)',
    async (mode) => {
      const { keyId, rotation } = await dead();
      const requestId = await askFor(world, keyId, { operation: 'revoke', mode });
      await world.settle();
      for (const approver of [bob, carol]) await approveAs(world, requestId, approver);
      await world.settle();
      expect((await world.registry.getRequest(requestId))?.state).toBe('succeeded');

      const key = await world.registry.getKey(keyId);
      const target = await describeKmsKey(world.kms, key?.alias ?? '');
      const [former, unborn] = await versionsOf(keyId);
      expect([former?.kmsKeyArn, unborn?.kmsKeyArn]).toContain(target?.kmsKeyArn);
      expect(target?.keyState).not.toBe('Enabled');
      expect((await toItsEnd(world, rotation)).state).toBe('failed');
      await expectInvariants(world, keyId);
    },
  );
});

describe('a wait for approvers', () => {
  it('ends by its own timer when nobody decides and no sweep comes', async () => {
    const keyId = await aKey(world, 'ECC_NIST_P256');
    const requestId = await askFor(world, keyId, suspend);
    await world.settle();
    for (let day = 1; day <= 6; day += 1) {
      world.moveClock('P1D');
      await world.settle();
    }
    world.moveClock('PT23H59M');
    await world.settle();
    expect((await world.registry.getRequest(requestId))?.state).toBe('awaiting-approval');
    world.moveClock('PT10M');
    await world.settle();
    expect((await world.registry.getRequest(requestId))?.state).toBe('expired');
    await expectInvariants(world, keyId);
  });

  it('is decided anew when a reminder finds other evidence than was approved', async () => {
    const keyId = await aKey(world, 'SYMMETRIC_DEFAULT');
    const requestId = await askFor(world, keyId, suspend);
    await world.settle();
    const shown = await world.registry.getRequest(requestId);
    await approveAs(world, requestId, bob);

    world.moveClock('P1D');
    await world.settle();
    expect((await world.registry.getRequest(requestId))?.digest).toBe(shown?.digest);

    const [version] = (await world.registry.getKeyWithVersions(keyId))?.versions ?? [];
    await world.kms.send(
      new CreateGrantCommand({
        KeyId: version?.kmsKeyArn,
        GranteePrincipal: 'arn:aws:iam::000000000000:role/checkout',
        Operations: ['Decrypt'],
      }),
    );
    world.moveClock('P1D');
    await world.settle();
    const changed = await world.registry.getRequest(requestId);
    expect(changed?.digest).not.toBe(shown?.digest);
    expect(changed?.evidence?.kmsKeys[0]?.grants).toHaveLength(1);

    await approveAs(world, requestId, carol);
    await world.settle();
    expect((await world.registry.getRequest(requestId))?.state).toBe('awaiting-approval');
    await approveAs(world, requestId, bob);
    await world.settle();
    expect((await world.registry.getRequest(requestId))?.state).toBe('succeeded');
    expect(await world.registry.getDecisions(requestId)).toHaveLength(3);
    await expectInvariants(world, keyId);
  });
});

describe('a step that comes back from the dead', () => {
  it('cannot complete a request that is being undone', async () => {
    const { keyId, requestId } = await askForKey(world, 'ECC_NIST_P256');
    const deps = { registry: world.registry, clock: world.clock, classes: policies.classes };
    let told: unknown;
    world.instead('CompleteRequest', async () => {
      // It has prepared its commit and sleeps; the machine gives up on it and begins to undo; it wakes.
      const sleepy = completeRequest({
        ...deps,
        registry: {
          ...world.registry,
          commit: async (change) => {
            await failRequest(deps)({ requestId, phase: 'begin', error: { Error: 'States.Timeout' } });
            await world.registry.commit(change);
          },
        },
      });
      await sleepy({ requestId }).catch((error: unknown) => {
        told = error;
      });
      throw Object.assign(new Error('The machine has given up.'), { name: 'GivenUp' });
    });
    expect(await toItsEnd(world, requestId)).toMatchObject({
      state: 'failed',
      error: { code: 'States.Timeout' },
    });
    expect(told).toMatchObject({ code: 'RowConflict' });
    expect((await world.registry.getKey(keyId))?.state).toBe('destroyed');
    await expectInvariants(world, keyId);
  });
});

describe('a KMS key that has used up its rotations', () => {
  it('is followed by a new one', async () => {
    const keyId = await aKey(world, 'SYMMETRIC_DEFAULT');
    const [first] = await versionsOf(keyId);
    if (first === undefined) throw new Error('no version');
    for (let count = 0; count < 25; count += 1) await rotateOnDemand(world.kms, first.kmsKeyId);
    world.moveClock('PT5M'); // KMS shows them to everybody
    // The registry adopts the material that KMS shows, and finds at the next rotation that there are no more.
    await after(world, keyId, rotate, rotate);
    const versions = await versionsOf(keyId);
    expect(versions.map(({ kmsKeyId }) => kmsKeyId === first.kmsKeyId)).toEqual([true, true, false]);
    await expectInvariants(world, keyId);
  });
});

describe('an alias that somebody else holds', () => {
  it('ends the generation, which leaves nothing behind', async () => {
    const { keyId, requestId } = await askForKey(world, 'SYMMETRIC_DEFAULT');
    const alias = (await world.registry.getKey(keyId))?.alias;
    const { KeyMetadata: foreign } = await world.kms.send(new CreateKeyCommand({}));
    await world.kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: foreign?.KeyId }));
    expect(await toItsEnd(world, requestId)).toMatchObject({
      state: 'failed',
      error: { code: 'AliasTaken' },
    });
    expect((await describeKmsKey(world.kms, alias ?? ''))?.kmsKeyId).toBe(foreign?.KeyId);
    world.moveClock('PT1H');
    await world.orphans(); // an attempt that KMS let fail may have made a KMS key that the next one did not find
    await expectInvariants(world, keyId);
  });
});

describe('a destruction that waits for its approvers', () => {
  it('does not take a KMS key that was made since and that they were not shown', async () => {
    const keyId = await aKey(world, 'ECC_NIST_P256');
    const requestId = await askFor(world, keyId, destroy);
    await world.settle();
    const rotation = await askFor(world, keyId, rotate);
    await world.settle();
    expect((await world.registry.getRequest(rotation))?.state).toBe('succeeded');
    expect(await toItsEnd(world, requestId)).toMatchObject({
      state: 'failed',
      error: { code: 'NotApproved' },
    });
    await expectInvariants(world, keyId);
    await after(world, keyId, destroy);
    await expectInvariants(world, keyId);
  });
});

describe('a scheduled destruction', () => {
  it('is destroyed when KMS knows the key no more, and not a moment earlier', async () => {
    const keyId = await after(world, await aKey(world, 'ECC_NIST_P256'), rotate, destroy);
    world.moveClock('P29D');
    await world.sweep();
    expect((await world.registry.getKey(keyId))?.state).toBe('suspended');
    world.moveClock('P2D');
    await world.sweep();
    expect(await world.registry.getKey(keyId)).toMatchObject({
      state: 'destroyed',
      destruction: { status: 'completed' },
    });
    const certificates = (await world.registry.getWholeLedger(keyId)).filter(
      ({ event }) => event === 'destroyed',
    );
    expect(certificates).toHaveLength(1);
    await expectInvariants(world, keyId);
  });

  it('that somebody else has cancelled is interrupted, and not taken up again', async () => {
    const keyId = await after(world, await aKey(world, 'SYMMETRIC_DEFAULT'), destroy);
    const [version] = await versionsOf(keyId);
    await world.kms.send(new CancelKeyDeletionCommand({ KeyId: version?.kmsKeyId }));
    world.moveClock('P31D');
    await world.sweep();
    await world.sweep();
    expect((await world.registry.getKey(keyId))?.destruction?.status).toBe('interrupted');
    expect((await describeKmsKey(world.kms, version?.kmsKeyId ?? ''))?.keyState).toBe('Disabled');
    await after(world, keyId, destroy);
    expect((await world.registry.getKey(keyId))?.destruction?.status).toBe('scheduled');
    await expectInvariants(world, keyId);
  });
});

describe('the search for orphans', () => {
  it('never touches a key for its tags alone', async () => {
    const keyId = await aKey(world, 'ECC_NIST_P256');
    const failed = await askForKey(world, 'ECC_NIST_P256');
    const alias = (await world.registry.getKey(failed.keyId))?.alias;
    const { KeyMetadata: holder } = await world.kms.send(new CreateKeyCommand({}));
    await world.kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: holder?.KeyId }));
    await toItsEnd(world, failed.requestId);

    const tagsOf = (owner: string, requestId: string) => [
      { TagKey: tagNames.managed, TagValue: 'true' },
      { TagKey: tagNames.keyId, TagValue: owner },
      { TagKey: tagNames.requestId, TagValue: requestId },
    ];
    const forged = await Promise.all(
      [tagsOf(failed.keyId, failed.requestId), tagsOf(keyId, failed.requestId), tagsOf('key_X', 'req_X')].map(
        (Tags) => world.kms.send(new CreateKeyCommand({ Tags })),
      ),
    );
    world.moveClock('PT1H');
    const { strange } = await world.orphans();
    expect(strange).toBe(3);
    for (const { KeyMetadata: metadata } of forged) {
      expect((await describeKmsKey(world.kms, metadata?.KeyId ?? ''))?.keyState).toBe('Enabled');
    }
    expect((await describeKmsKey(world.kms, holder?.KeyId ?? ''))?.keyState).toBe('Enabled');
  });

  it('finds what an attempt made that nobody could find when it was lost', async () => {
    await world.kmsAtItsBest('staged');
    const { keyId, requestId } = await askForKey(world, 'ECC_NIST_P256');
    world.tagIndex.lags = true;
    world.crashes.plan({ call: await callAfterCreation(), when: 'before', how: 'once' });
    expect((await toItsEnd(world, requestId)).state).toBe('succeeded');
    const created = world.trail.filter(({ did }) => did === 'CreateKey').flatMap(({ to }) => to);
    expect(created).toHaveLength(2);
    world.moveClock('PT1H');
    expect(await world.orphans()).toMatchObject({ discarded: 1, strange: 0 });
    expect(await world.orphans()).toMatchObject({ discarded: 0, strange: 0 });
    await expectInvariants(world, keyId);
  });

  it('leaves alone what a request has made that still runs', async () => {
    const { keyId, requestId } = await askForKey(world, 'ECC_NIST_P256');
    let found: unknown;
    world.instead('BindAlias', async () => {
      found = await world.orphans();
      throw Object.assign(new Error('It ends here.'), { name: 'BackendRefused' });
    });
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    // An index that lags may not show the KMS key to the search, or show another that a retry has made.
    expect(found).toMatchObject({ discarded: 0, strange: 0, ...(kmsIsImperfect ? {} : { looked: 1 }) });
    await expectInvariants(world, keyId);
  });
});

/** The number of the call with which a rotation goes on once the alias leads to the new KMS key. */
async function callAfterSwitch(): Promise<number> {
  const other = await createWorld();
  try {
    const keyId = await aKey(other, 'ECC_NIST_P256');
    other.crashes.plan(undefined);
    await toItsEnd(other, await askFor(other, keyId, rotate));
    return other.crashes.numberOf('UpdateAliasCommand') + 1;
  } finally {
    await other.close();
  }
}

/** The number of the call with which a generation goes on once its KMS key is there. */
async function callAfterCreation(): Promise<number> {
  const other = await createWorld();
  try {
    const { requestId } = await askForKey(other, 'ECC_NIST_P256');
    other.crashes.plan(undefined);
    await toItsEnd(other, requestId);
    return other.crashes.numberOf('CreateKeyCommand') + 1;
  } finally {
    await other.close();
  }
}
