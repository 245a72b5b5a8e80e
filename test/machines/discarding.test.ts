import {
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  ListAliasesCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeKmsKey } from '../../lambdas/adapters/kms/keys.ts';
import { discardVersion } from '../../lambdas/steps/discard-version.ts';
import { answering } from './answers.ts';
import { callingAs } from './callers.ts';
import { rotate } from './crash-runs.ts';
import { named } from './interpreter.ts';
import { expectInvariants } from './invariants.ts';
import { aKey, askFor, askForKey, toItsEnd } from './scenarios.ts';
import { aStranger } from './strangers.ts';
import { createWorld, type World } from './world.ts';

// What a failed generation or rotation made goes, and nothing else does.

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

afterEach(async () => {
  await world.close();
});

function failAtTheEnd(): void {
  world.instead('CompleteRequest', async () => {
    throw named('BackendRefused', 'It is not to be.');
  });
}

async function aliasOf(keyId: string): Promise<string> {
  return (await world.registry.getKey(keyId))?.alias ?? '';
}

async function holderOf(alias: string): Promise<string | undefined> {
  return (await describeKmsKey(world.kms, alias))?.kmsKeyId;
}

async function stateOf(kmsKeyId: string | undefined): Promise<string | undefined> {
  return (await describeKmsKey(world.kms, kmsKeyId ?? ''))?.keyState;
}

async function versionsOf(keyId: string) {
  return (await world.registry.getKeyWithVersions(keyId))?.versions ?? [];
}

const discarding = (kms: World['kms']) =>
  discardVersion({
    registry: world.registry,
    clock: world.clock,
    kms: callingAs('DiscardVersion', kms),
    pause: world.pause,
  });

describe('an undoing', () => {
  it('leaves alone a KMS key that somebody has given the tags of its request', async () => {
    failAtTheEnd();
    const { keyId, requestId } = await askForKey(world, 'SYMMETRIC_DEFAULT');
    let stranger: string | undefined;
    world.before('BindAlias', async () => {
      stranger = await aStranger(world, { keyId, requestId });
    });
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    expect(await stateOf(stranger)).toBe('Enabled');
    const [unborn] = await versionsOf(keyId);
    expect(unborn?.state).toBe('destroyed');
    expect(await stateOf(unborn?.kmsKeyId)).toBe('PendingDeletion');
    await expectInvariants(world, keyId);
  });

  it('keeps the name of a living key when KMS lists it as one of the discarded KMS key', async () => {
    const keyId = await aKey(world, 'ECC_NIST_P256');
    const alias = await aliasOf(keyId);
    const current = await holderOf(alias);
    world.before('BindAlias', async () => {
      throw named('BackendRefused', 'It is not to be.');
    });
    const late = answering(world.kms, {
      ListAliasesCommand: async () => ({ Aliases: [{ AliasName: alias }] }),
    });
    world.instead('DiscardVersion', async (payload) =>
      discarding(late)(payload as Parameters<ReturnType<typeof discarding>>[0]),
    );
    const requestId = await askFor(world, keyId, rotate);
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    expect(await holderOf(alias)).toBe(current);
    const [, unborn] = await versionsOf(keyId);
    expect(await stateOf(unborn?.kmsKeyId)).toBe('PendingDeletion');
    await expectInvariants(world, keyId);
  });

  it('keeps the name of a living key that still leads to the new KMS key, and that KMS key, until it is put back', async () => {
    await world.kmsAtItsBest('staged');
    const keyId = await aKey(world, 'ECC_NIST_P256');
    const alias = await aliasOf(keyId);
    const current = await holderOf(alias);
    failAtTheEnd();
    let unborn: string | undefined;
    let told: unknown;
    world.before('DiscardVersion', async () => {
      // As if the alias had not been put back, whatever KMS has shown of it.
      const [, version] = await versionsOf(keyId);
      unborn = version?.kmsKeyId;
      await world.kms.send(new DeleteAliasCommand({ AliasName: alias }));
      await world.kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: unborn }));
      told = await discarding(world.kms)({ requestId }).catch((error: unknown) => error);
      expect(await holderOf(alias)).toBe(unborn);
      expect(await stateOf(unborn)).toBe('Enabled');
    });
    const requestId = await askFor(world, keyId, rotate);
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    expect(told).toMatchObject({ code: 'NotSettled' });
    expect(await holderOf(alias)).toBe(current);
    expect(await stateOf(unborn)).toBe('Enabled');
    await expectInvariants(world, keyId);
  });

  it('takes no name away from the KMS key of somebody else, whatever KMS lists', async () => {
    failAtTheEnd();
    const { keyId, requestId } = await askForKey(world, 'SYMMETRIC_DEFAULT');
    const alias = await aliasOf(keyId);
    let foreign: string | undefined;
    world.before('DiscardVersion', async () => {
      const { KeyMetadata: made } = await world.kms.send(new CreateKeyCommand({}));
      foreign = made?.KeyId;
      const [unborn] = await versionsOf(keyId);
      const listed = await world.kms.send(new ListAliasesCommand({ KeyId: unborn?.kmsKeyId }));
      await world.kms.send(new DeleteAliasCommand({ AliasName: alias }));
      await world.kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: foreign }));
      const late = answering(world.kms, { ListAliasesCommand: async () => listed });
      await discarding(late)({ requestId });
    });
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    expect(await holderOf(alias)).toBe(foreign);
    await expectInvariants(world, keyId);
  });

  it('frees the name of a key that never lived, and waits while KMS does not agree with itself about it', async () => {
    await world.kmsAtItsBest('staged');
    failAtTheEnd();
    const { keyId, requestId } = await askForKey(world, 'SYMMETRIC_DEFAULT');
    const alias = await aliasOf(keyId);
    let told: unknown;
    world.before('DiscardVersion', async () => {
      const late = answering(world.kms, {
        DescribeKeyCommand: async (input, ask) => {
          if (input.KeyId === alias) throw named('NotFoundException', 'KMS does not show the alias yet.');
          return ask();
        },
      });
      told = await discarding(late)({ requestId }).catch((error: unknown) => error);
    });
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    expect(told).toMatchObject({ code: 'NotSettled' });
    expect(await holderOf(alias)).toBeUndefined();
    await expectInvariants(world, keyId);
  });

  it('puts a new KMS key on its way to deletion, though KMS shows it late', async () => {
    await world.kmsAtItsBest('staged');
    failAtTheEnd();
    const { keyId, requestId } = await askForKey(world, 'SYMMETRIC_DEFAULT');
    let looks = 0;
    world.before('DiscardVersion', async () => {
      const [unborn] = await versionsOf(keyId);
      const late = answering(world.kms, {
        DescribeKeyCommand: async (input, ask) => {
          const isShown = !input.KeyId?.endsWith(unborn?.kmsKeyId ?? '') || ++looks > 3;
          if (!isShown) throw named('NotFoundException', 'It is not shown yet.');
          return ask();
        },
      });
      world.instead('DiscardVersion', () => discarding(late)({ requestId }));
      throw named('Runtime.ExitError', 'It is run again.');
    });
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    expect(looks).toBeGreaterThan(3);
    await expectInvariants(world, keyId);
  });

  it('frees the name of a key that never lived, though KMS shows it late', async () => {
    await world.kmsAtItsBest('staged');
    failAtTheEnd();
    const { keyId, requestId } = await askForKey(world, 'SYMMETRIC_DEFAULT');
    const alias = await aliasOf(keyId);
    let looks = 0;
    const late = answering(world.kms, {
      DescribeKeyCommand: async (input, ask) => {
        if (input.KeyId === alias && ++looks <= 5) throw named('NotFoundException', 'It is not shown yet.');
        return ask();
      },
      ListAliasesCommand: async () => ({ Aliases: [] }),
    });
    world.instead('DiscardVersion', () => discarding(late)({ requestId }));
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    expect(await holderOf(alias)).toBeUndefined();
    await expectInvariants(world, keyId);
  });

  it('takes no name away that somebody else has taken, though KMS shows that late', async () => {
    await world.kmsAtItsBest('staged');
    failAtTheEnd();
    const { keyId, requestId } = await askForKey(world, 'SYMMETRIC_DEFAULT');
    const alias = await aliasOf(keyId);
    let foreign: string | undefined;
    world.before('DiscardVersion', async () => {
      const former = await world.kms.send(new DescribeKeyCommand({ KeyId: alias }));
      foreign = (await world.kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId;
      await world.kms.send(new DeleteAliasCommand({ AliasName: alias }));
      await world.kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: foreign }));
      let looks = 0;
      const late = answering(world.kms, {
        DescribeKeyCommand: async (input, ask) => (input.KeyId === alias && ++looks <= 5 ? former : ask()),
      });
      await discarding(late)({ requestId });
    });
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    expect(await holderOf(alias)).toBe(foreign);
    await expectInvariants(world, keyId);
  });

  it('takes no name away that leads to a KMS key which may not be looked at', async () => {
    failAtTheEnd();
    const { keyId, requestId } = await askForKey(world, 'SYMMETRIC_DEFAULT');
    const alias = await aliasOf(keyId);
    const hidden = answering(world.kms, {
      DescribeKeyCommand: async (input, ask) => {
        if (input.KeyId === alias) throw named('AccessDeniedException', 'It is nobody’s business.');
        return ask();
      },
    });
    world.instead('DiscardVersion', () => discarding(hidden)({ requestId }));
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    const [unborn] = await versionsOf(keyId);
    expect(await holderOf(alias)).toBe(unborn?.kmsKeyId); // nobody has said that it is
    expect(await stateOf(unborn?.kmsKeyId)).toBe('PendingDeletion');
  });

  it('leaves as much time as KMS has, whatever the class asks for: the key policy may be older', async () => {
    failAtTheEnd();
    const { keyId, requestId } = await askForKey(world, 'SYMMETRIC_DEFAULT');
    expect((await toItsEnd(world, requestId)).state).toBe('failed');
    const [unborn] = await versionsOf(keyId);
    const found = await describeKmsKey(world.kms, unborn?.kmsKeyId ?? '');
    const wait = Date.parse(found?.deletionDate ?? '') - Date.parse(unborn?.destroyedAt ?? '');
    expect(Math.round(wait / 86_400_000)).toBe(30);
  });
});
