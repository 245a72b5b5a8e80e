import { CancelKeyDeletionCommand, DescribeKeyCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeKmsKey } from '../../lambdas/adapters/kms/keys.ts';
import { plusDuration } from '../../lambdas/domain/cryptoperiod.ts';
import { completeRequest } from '../../lambdas/steps/complete-request.ts';
import { discardOrphans, type OrphanDependencies } from '../../lambdas/sweep/orphans.ts';
import { answering } from './answers.ts';
import { callingAs, roles } from './callers.ts';
import { named } from './interpreter.ts';
import { expectInvariants } from './invariants.ts';
import { aKey, askForKey, toItsEnd } from './scenarios.ts';
import { aStranger, classesThatAsk, ourPolicy } from './strangers.ts';
import { createWorld, policies, type World } from './world.ts';

// KMS keys that nobody recorded go, after an hour; one that cannot be judged keeps no other from it.

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

afterEach(async () => {
  await world.close();
});

type Ids = Awaited<ReturnType<typeof askForKey>>;

/** A generation that has failed. */
async function failed(): Promise<Ids> {
  const ids = await askForKey(world, 'SYMMETRIC_DEFAULT');
  world.before('CreateVersion', async () => {
    throw named('BackendRefused', 'It is not to be.');
  });
  expect((await toItsEnd(world, ids.requestId)).state).toBe('failed');
  return ids;
}

/** What a lost attempt leaves behind, made when the class asked for such a deletion window. */
async function anOrphan(ids: Ids, deletionWindowDays = 30): Promise<string> {
  return aStranger(world, ids, { Policy: await ourPolicy(world, ids.keyId, deletionWindowDays) });
}

function search(changes: Partial<OrphanDependencies> = {}, answers: Parameters<typeof answering>[1] = {}) {
  return discardOrphans({
    registry: world.registry,
    clock: world.clock,
    kms: callingAs('DiscardVersion', answering(world.kms, answers)),
    pause: world.pause,
    tagging: world.tagging,
    classes: policies.classes,
    roles,
    ...changes,
  });
}

async function stateOf(kmsKeyId: string): Promise<string | undefined> {
  return (await describeKmsKey(world.kms, kmsKeyId))?.keyState;
}

const forOne =
  (kmsKeyId: string, code: string) => async (asked: { KeyId?: string }, ask: () => Promise<unknown>) => {
    if (asked.KeyId?.endsWith(kmsKeyId) === true) throw named(code, 'It does not answer.');
    return ask();
  };

describe('the search for orphans', () => {
  it('leaves a KMS key alone that is younger than an hour', async () => {
    const orphan = await anOrphan(await failed());
    world.moveClock('PT59M');
    expect(await search()).toEqual({ looked: 1, discarded: 0, strange: 0 });
    expect(await stateOf(orphan)).toBe('Enabled');
    world.moveClock('PT1M');
    expect(await search()).toEqual({ looked: 1, discarded: 1, strange: 0 });
    expect(await stateOf(orphan)).toBe('PendingDeletion');
    expect(await search()).toEqual({ looked: 1, discarded: 0, strange: 0 });
  });

  it('leaves a KMS key alone that somebody has taken out of its deletion', async () => {
    const orphan = await anOrphan(await failed());
    world.moveClock('PT1H');
    expect(await search()).toMatchObject({ discarded: 1 });
    await world.kms.send(new CancelKeyDeletionCommand({ KeyId: orphan }));
    expect(await search()).toMatchObject({ discarded: 0, strange: 0 });
    expect(await stateOf(orphan)).toBe('Disabled');
  });

  it('leaves a KMS key alone that somebody has just taken out of its deletion, though KMS shows that late', async () => {
    await world.kmsAtItsBest('staged');
    const orphan = await anOrphan(await failed());
    world.moveClock('PT1H');
    const enabled = await world.kms.send(new DescribeKeyCommand({ KeyId: orphan }));
    await search();
    await world.kms.send(new CancelKeyDeletionCommand({ KeyId: orphan }));
    let looks = 0;
    const late = {
      DescribeKeyCommand: async (_asked: object, ask: () => Promise<unknown>) =>
        ++looks <= 5 ? enabled : ask(),
    };
    expect(await search({}, late)).toMatchObject({ discarded: 0, strange: 0 });
    expect(await stateOf(orphan)).toBe('Disabled');
  });

  it('leaves a KMS key alone whose request succeeds while it looks', async () => {
    const { keyId, requestId } = await askForKey(world, 'SYMMETRIC_DEFAULT');
    const complete = completeRequest({
      registry: world.registry,
      clock: world.clock,
      classes: policies.classes,
    });
    let found: unknown;
    world.instead('CompleteRequest', async () => {
      found = await search({
        clock: async () => plusDuration(await world.clock(), 'PT2H'),
        registry: {
          ...world.registry,
          getRequest: async (id) => {
            await complete({ requestId });
            return world.registry.getRequest(id);
          },
        },
      });
    });
    expect((await toItsEnd(world, requestId)).state).toBe('succeeded');
    expect(found).toEqual({ looked: 1, discarded: 0, strange: 0 });
    await expectInvariants(world, keyId);
  });

  it('knows what Keyward made when the class asked for another deletion window', async () => {
    const ids = await failed();
    const [longer, shorter] = [await anOrphan(ids, 30), await anOrphan(ids, 7)];
    world.moveClock('PT1H');
    expect(await search({ classes: classesThatAsk(14) })).toEqual({ looked: 2, discarded: 2, strange: 0 });
    const windows = await Promise.all(
      [longer, shorter].map(async (kmsKeyId) => {
        const { deletionDate } = (await describeKmsKey(world.kms, kmsKeyId)) ?? {};
        return Math.round((Date.parse(deletionDate ?? '') - Date.parse(await world.clock())) / 86_400_000);
      }),
    );
    expect(windows).toEqual([30, 30]);
  });

  it('is as strict as ever about the rest of the policy', async () => {
    const ids = await failed();
    const policy = JSON.parse(await ourPolicy(world, ids.keyId)) as { Statement: object[] };
    const { Statement: statements } = policy;
    const floor = statements.find((it) => JSON.stringify(it).includes('PendingWindowInDays'));
    const changed = [
      { ...policy, Statement: statements.filter((it) => it !== floor) },
      { ...policy, Statement: statements.filter((it) => !JSON.stringify(it).includes('OnlyStepsDisable')) },
      { ...policy, Statement: [...statements, { ...floor, Sid: 'Another' }] },
      JSON.parse(await ourPolicy(world, ids.keyId, 6)),
      JSON.parse(await ourPolicy(world, ids.keyId, 31)),
    ];
    const strangers = await Promise.all(
      changed.map((Policy) => aStranger(world, ids, { Policy: JSON.stringify(Policy) })),
    );
    world.moveClock('PT1H');
    expect(await search()).toEqual({ looked: 5, discarded: 0, strange: 5 });
    for (const stranger of strangers) expect(await stateOf(stranger)).toBe('Enabled');
  });

  it.each(['DescribeKeyCommand', 'GetKeyPolicyCommand', 'ScheduleKeyDeletionCommand'])(
    'goes on when one KMS key does not answer %s, and fails at the end',
    async (command) => {
      const ids = await failed();
      await world.kmsAtItsBest('staged');
      const orphans = [await anOrphan(ids), await anOrphan(ids), await anOrphan(ids)];
      world.moveClock('PT1H');
      const [bad = ''] = orphans;
      await expect(
        search({}, { [command]: forOne(bad, 'ServiceUnavailableException') }),
      ).rejects.toMatchObject({
        code: 'BackendStateUnexpected',
        details: { looked: 3, discarded: 2, failed: 1 },
      });
      expect(await stateOf(bad)).toBe('Enabled');
      expect(await search()).toMatchObject({ discarded: 1 });
      expect(await Promise.all(orphans.map(stateOf))).toEqual(Array(3).fill('PendingDeletion'));
    },
  );

  it('asks again what KMS has too many calls for', async () => {
    const ids = await failed();
    const orphan = await anOrphan(ids);
    world.moveClock('PT1H');
    let throttles = 2;
    const answers = {
      GetKeyPolicyCommand: async (_asked: object, ask: () => Promise<unknown>) => {
        if (throttles-- > 0) throw named('ThrottlingException', 'There are too many.');
        return ask();
      },
    };
    expect(await search({}, answers)).toEqual({ looked: 1, discarded: 1, strange: 0 });
    expect(await stateOf(orphan)).toBe('PendingDeletion');
  });

  it('goes on when the registry does not answer for one KMS key, and fails at the end', async () => {
    const [ids, other] = [await failed(), await failed()];
    const [, orphan] = [await anOrphan(ids), await anOrphan(other)];
    world.moveClock('PT1H');
    const registry = {
      ...world.registry,
      getRequest: async (id: string) => {
        if (id === ids.requestId) throw new Error('It does not answer.');
        return world.registry.getRequest(id);
      },
    };
    await expect(search({ registry })).rejects.toMatchObject({ details: { failed: 1, discarded: 1 } });
    expect(await stateOf(orphan)).toBe('PendingDeletion');
  });

  it.each(['DescribeKeyCommand', 'GetKeyPolicyCommand', 'ScheduleKeyDeletionCommand'])(
    'counts a KMS key as gone that %s knows no more',
    async (command) => {
      const ids = await failed();
      const [gone, orphan] = [await anOrphan(ids), await anOrphan(ids)];
      world.moveClock('PT1H');
      const answers = { [command]: forOne(gone, 'NotFoundException') };
      expect(await search({}, answers)).toEqual({ looked: 2, discarded: 1, strange: 0 });
      expect(await stateOf(orphan)).toBe('PendingDeletion');
    },
  );

  it('reads nothing of KMS about a KMS key that is in the registry', async () => {
    await aKey(world, 'SYMMETRIC_DEFAULT');
    world.moveClock('PT1H');
    const refuse = async () => {
      throw named('AccessDeniedException', 'Nothing is to be read.');
    };
    const answers = { DescribeKeyCommand: refuse, GetKeyPolicyCommand: refuse };
    expect(await search({}, answers)).toEqual({ looked: 1, discarded: 0, strange: 0 });
  });
});
