import { CreateGrantCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeKmsKey, tagNames } from '../../lambdas/adapters/kms/keys.ts';
import { createVersion } from '../../lambdas/steps/create-version.ts';
import type { StepInput } from '../../lambdas/steps/held-key.ts';
import { answering } from './answers.ts';
import { callingAs, roles } from './callers.ts';
import { named } from './interpreter.ts';
import { expectInvariants } from './invariants.ts';
import { askForKey, toItsEnd } from './scenarios.ts';
import { aStranger, ourPolicy } from './strangers.ts';
import { createWorld, policies, type World } from './world.ts';

// A KMS key that carries a request's tag is taken for the work of an earlier attempt only when it is just that.

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

afterEach(async () => {
  await world.close();
});

type Ids = Awaited<ReturnType<typeof askForKey>>;

/** Generates a symmetric key; just before it is made, something else is done. Returns the id of its KMS key. */
async function generate(just: (ids: Ids) => Promise<unknown>): Promise<string | undefined> {
  const ids = await askForKey(world, 'SYMMETRIC_DEFAULT');
  world.before('CreateVersion', () => just(ids));
  expect((await toItsEnd(world, ids.requestId)).state).toBe('succeeded');
  const [version] = (await world.registry.getKeyWithVersions(ids.keyId))?.versions ?? [];
  await expectInvariants(world, ids.keyId);
  return version?.kmsKeyId;
}

/** The step with a KMS that answers in its own way. */
function creating(answers: Parameters<typeof answering>[1]): void {
  const step = createVersion({
    registry: world.registry,
    clock: world.clock,
    kms: callingAs('CreateVersion', answering(world.kms, answers)),
    pause: world.pause,
    tagging: world.tagging,
    classes: policies.classes,
    roles,
  });
  world.instead('CreateVersion', async (payload) => step(payload as StepInput));
}

const ours = async ({ keyId, requestId }: Ids, how = {}) =>
  aStranger(world, { keyId, requestId }, { Policy: await ourPolicy(world, keyId), ...how });

const strangers: Readonly<Record<string, (ids: Ids) => Promise<string>>> = {
  'with another policy': (ids) => aStranger(world, ids),
  'with a policy that Keyward would write for another class': async (ids) =>
    ours(ids, { Policy: await ourPolicy(world, ids.keyId, 7) }),
  'of another spec': (ids) => ours(ids, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }),
  'of another usage': (ids) => ours(ids, { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }),
  'that is disabled': async (ids) => {
    await world.kmsAtItsBest('staged');
    const kmsKeyId = await ours(ids);
    await callingAs('DisableKey', world.kms).send(new DisableKeyCommand({ KeyId: kmsKeyId }));
    return kmsKeyId;
  },
  'that somebody has granted to themselves': async (ids) => {
    const kmsKeyId = await ours(ids);
    await world.kms.send(
      new CreateGrantCommand({
        KeyId: kmsKeyId,
        GranteePrincipal: 'arn:aws:iam::000000000000:role/eavesdropper',
        Operations: ['Decrypt'],
      }),
    );
    return kmsKeyId;
  },
  'without the tag of managed keys': (ids) =>
    ours(ids, { Tags: [{ TagKey: tagNames.requestId, TagValue: ids.requestId }] }),
  'with the tag of another key': (ids) => ours({ ...ids }, { Tags: tagsOf('key_X', ids.requestId) }),
};

const tagsOf = (keyId: string, requestId: string) => [
  { TagKey: tagNames.managed, TagValue: 'true' },
  { TagKey: tagNames.keyId, TagValue: keyId },
  { TagKey: tagNames.requestId, TagValue: requestId },
];

describe('a KMS key that carries the tag of a request', () => {
  it.each(Object.entries(strangers))('%s is not adopted, and not touched', async (_what, make) => {
    let stranger = '';
    let before: string | undefined;
    const made = await generate(async (ids) => {
      stranger = await make(ids);
      before = (await describeKmsKey(world.kms, stranger))?.keyState;
    });
    expect(made).not.toBe(stranger);
    expect((await describeKmsKey(world.kms, stranger))?.keyState).toBe(before);
  });

  it.each<[string, object]>([
    ['is managed by AWS', { KeyManager: 'AWS' }],
    ['has imported material', { Origin: 'EXTERNAL' }],
    ['lives in a key store', { CustomKeyStoreId: 'cks-1' }],
    ['can be taken to other Regions', { MultiRegion: true }],
  ])('and %s is not adopted', async (_what, shown) => {
    let stranger = '';
    creating({
      DescribeKeyCommand: async (_input, ask) => {
        const answer = (await ask()) as { KeyMetadata: { KeyId: string } };
        return answer.KeyMetadata.KeyId === stranger
          ? { KeyMetadata: { ...answer.KeyMetadata, ...shown } }
          : answer;
      },
    });
    const made = await generate(async (ids) => {
      stranger = await ours(ids);
    });
    expect(stranger).not.toBe('');
    expect(made).not.toBe(stranger);
  });

  it.each([
    ['DescribeKeyCommand', 'AccessDeniedException'],
    ['DescribeKeyCommand', 'NotFoundException'],
    ['GetKeyPolicyCommand', 'AccessDeniedException'],
    ['GetKeyPolicyCommand', 'NotFoundException'],
  ])('and cannot be looked at (%s: %s) stops nothing', async (command, code) => {
    let hidden = '';
    creating({
      [command]: async (input, ask) => {
        if (hidden !== '' && String(input.KeyId).endsWith(hidden)) throw named(code, 'It is hidden.');
        return ask();
      },
    });
    const made = await generate(async (ids) => {
      hidden = await ours(ids);
    });
    expect(made).not.toBe(hidden);
  });

  it('and is just what an attempt makes is adopted: of several, the oldest', async () => {
    const made: string[] = [];
    const adopted = await generate(async (ids) => {
      await aStranger(world, ids);
      for (let count = 0; count < 3; count += 1) {
        world.moveClock('PT1S');
        made.push(await ours(ids));
      }
      world.moveClock('PT5M'); // KMS shows them to everybody
    });
    expect(adopted).toBe(made[0]);
  });

  it('and that somebody has granted to themselves is not adopted, though KMS shows that late', async () => {
    await world.kmsAtItsBest('staged');
    let looks = 0;
    creating({
      ListGrantsCommand: async (_input, ask) => (++looks <= 5 ? { Grants: [] } : ask()),
    });
    let stranger: string | undefined;
    const made = await generate(async (ids) => {
      stranger = await strangers['that somebody has granted to themselves']?.(ids);
    });
    expect(looks).toBeGreaterThan(5);
    expect(made).not.toBe(stranger);
  });
});
