import {
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeKmsKey } from '../../lambdas/adapters/kms/keys.ts';
import { bindAlias, type bindAliasInput } from '../../lambdas/steps/bind-alias.ts';
import { kmsIsImperfect } from '../imperfection.ts';
import { answering } from './answers.ts';
import { callingAs } from './callers.ts';
import { rotate } from './crash-runs.ts';
import { named } from './interpreter.ts';
import { expectInvariants } from './invariants.ts';
import { after, aKey, askFor, toItsEnd } from './scenarios.ts';
import { createWorld, type World } from './world.ts';

// A rotation that cannot be carried through puts the alias back, and ends, whatever has become of the alias.

type BindAliasInput = ReturnType<typeof bindAliasInput.parse>;

let world: World;
let keyId: string;
let alias: string;
let current: string;

beforeEach(async () => {
  world = await createWorld();
  keyId = await aKey(world, 'ECC_NIST_P256');
  alias = (await world.registry.getKey(keyId))?.alias ?? '';
  current = (await holder()) ?? '';
});

afterEach(async () => {
  await world.close();
});

async function holder(): Promise<string | undefined> {
  return (await describeKmsKey(world.kms, alias))?.kmsKeyId;
}

async function unborn() {
  return (await world.registry.getKeyWithVersions(keyId))?.versions.at(-1);
}

/** Lets a rotation fail at its end, just after something else was done. */
async function failAfter(something: () => Promise<unknown>): Promise<void> {
  world.instead('CompleteRequest', async () => {
    await something();
    throw named('BackendRefused', 'It is not to be.');
  });
  expect((await toItsEnd(world, await askFor(world, keyId, rotate))).state).toBe('failed');
  // The alias has led to it: somebody may have used it.
  const version = await unborn();
  expect(version?.state).toBe('deactivated');
  expect((await describeKmsKey(world.kms, version?.kmsKeyId ?? ''))?.keyState).toBe('Enabled');
}

async function pointTo(kmsKeyId: string | undefined): Promise<void> {
  await world.kms.send(new DeleteAliasCommand({ AliasName: alias }));
  await world.kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: kmsKeyId }));
}

const binding = (kms: World['kms']) =>
  bindAlias({
    registry: world.registry,
    clock: world.clock,
    kms: callingAs('BindAlias', kms),
    pause: world.pause,
  });

describe('the undoing of a rotation', () => {
  it('puts the alias back', async () => {
    await failAfter(async () => expect(await holder()).toBe((await unborn())?.kmsKeyId));
    expect(await holder()).toBe(current);
    await expectInvariants(world, keyId);
  });

  it('puts the alias back when it is missing', async () => {
    await failAfter(() => world.kms.send(new DeleteAliasCommand({ AliasName: alias })));
    expect(await holder()).toBe(current);
    await expectInvariants(world, keyId);
  });

  it('leaves the alias to a foreign KMS key that has taken it', async () => {
    await world.kmsAtItsBest('unseen');
    let foreign: string | undefined;
    await failAfter(async () => {
      const { KeyMetadata: made } = await world.kms.send(
        new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
      );
      foreign = made?.KeyId;
      await pointTo(foreign);
    });
    expect(await holder()).toBe(foreign);
  });

  it('leaves the alias to a foreign KMS key that has taken it, though KMS shows that late', async () => {
    await world.kmsAtItsBest('staged');
    let foreign: string | undefined;
    await failAfter(async () => {
      const former = await world.kms.send(new DescribeKeyCommand({ KeyId: alias }));
      const { KeyMetadata: made } = await world.kms.send(
        new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
      );
      foreign = made?.KeyId;
      await pointTo(foreign);
      let looks = 0;
      const late = answering(world.kms, {
        DescribeKeyCommand: async (input, ask) => (input.KeyId === alias && ++looks <= 5 ? former : ask()),
      });
      world.instead('BindAlias', (payload) => binding(late)(payload as BindAliasInput));
    });
    expect(await holder()).toBe(foreign);
  });

  it('leaves the alias to a foreign KMS key that may not be looked at', async () => {
    let foreign: string | undefined;
    const hidden = answering(world.kms, {
      DescribeKeyCommand: async (input, ask) => {
        if (input.KeyId === alias) throw named('AccessDeniedException', 'It is nobody’s business.');
        return ask();
      },
    });
    await failAfter(async () => {
      const { KeyMetadata: made } = await world.kms.send(
        new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
      );
      foreign = made?.KeyId;
      await pointTo(foreign);
      world.instead('BindAlias', (payload) => binding(hidden)(payload as BindAliasInput));
    });
    expect(await holder()).toBe(foreign);
  });

  it('leaves the alias to an older version that somebody has pointed it to', async () => {
    await world.kmsAtItsBest('unseen');
    const older = current;
    await after(world, keyId, rotate);
    await failAfter(() => pointTo(older));
    expect(await holder()).toBe(older);
  });

  it('puts the alias back when KMS shows it, late, as never moved', async () => {
    const moved: (string | undefined)[] = [];
    const late = answering(world.kms, {
      DescribeKeyCommand: async (input, ask) => {
        // Until it is moved, as it was before the rotation.
        if (input.KeyId !== alias || moved.length > 0) return ask();
        return world.kms.send(new DescribeKeyCommand({ KeyId: current }));
      },
      UpdateAliasCommand: async (input, ask) => {
        moved.push(input.TargetKeyId);
        return ask();
      },
    });
    await failAfter(async () => {
      world.instead('BindAlias', (payload) => binding(late)(payload as BindAliasInput));
    });
    // Where KMS has no room for a call, the same move is made again.
    expect(kmsIsImperfect ? [...new Set(moved)] : moved).toEqual([current]);
    expect(await holder()).toBe(current);
    await expectInvariants(world, keyId);
  });

  it('ends when the current KMS key is itself on its way to deletion', async () => {
    await failAfter(() =>
      world.kms.send(new ScheduleKeyDeletionCommand({ KeyId: current, PendingWindowInDays: 30 })),
    );
  });
});
