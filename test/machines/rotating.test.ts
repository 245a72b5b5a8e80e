import { DescribeKeyCommand, ListKeyRotationsCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rotateOnDemand } from '../../lambdas/adapters/kms/rotation.ts';
import type { StepInput } from '../../lambdas/steps/held-key.ts';
import { rotateInPlace } from '../../lambdas/steps/rotate-in-place.ts';
import { answering } from './answers.ts';
import { callingAs } from './callers.ts';
import { rotate } from './crash-runs.ts';
import { named } from './interpreter.ts';
import { expectInvariants } from './invariants.ts';
import { after, aKey, askFor } from './scenarios.ts';
import { createWorld, type World } from './world.ts';

// The material inside a KMS key is rotated once a request, whatever KMS shows of it and when.

let world: World;
let keyId: string;
let kmsKeyId: string;

beforeEach(async () => {
  world = await createWorld();
  await world.kmsAtItsBest('staged');
  keyId = await aKey(world, 'SYMMETRIC_DEFAULT');
  kmsKeyId = (await versions())[0]?.kmsKeyId ?? '';
});

afterEach(async () => {
  await world.close();
});

async function versions() {
  return (await world.registry.getKeyWithVersions(keyId))?.versions ?? [];
}

const rotations = () => world.trail.filter(({ did }) => did === 'RotateKeyOnDemand').length;
const shown = () => world.kms.send(new DescribeKeyCommand({ KeyId: kmsKeyId }));

/** A rotation that holds its key and has done nothing. */
async function begun(): Promise<string> {
  const requestId = await askFor(world, keyId, rotate);
  await world.step('BeginExecution', { requestId });
  return requestId;
}

const rotating = (answers: Parameters<typeof answering>[1]) =>
  rotateInPlace({
    registry: world.registry,
    clock: world.clock,
    kms: callingAs('RotateInPlace', answering(world.kms, answers)),
    pause: world.pause,
  });

describe('a rotation in place', () => {
  it('is not asked for again while KMS shows the former material and lists the new one', async () => {
    const requestId = await begun();
    const former = await shown();
    world.moveClock('PT1S');
    const step = rotating({ DescribeKeyCommand: async () => former });
    await expect(step({ requestId })).rejects.toMatchObject({ code: 'NotSettled' }); // asks
    await expect(step({ requestId })).rejects.toMatchObject({ code: 'NotSettled' });
    await expect(step({ requestId })).rejects.toMatchObject({ code: 'NotSettled' });
    expect(rotations()).toBe(1);
    await world.step('RotateInPlace', { requestId });
    expect(rotations()).toBe(1);
    const [, version] = await versions();
    expect(version?.keyMaterialId).toBe((await shown()).KeyMetadata?.CurrentKeyMaterialId);
  });

  it('is not asked for again when KMS names no materials, and the date is later than the activation', async () => {
    const requestId = await begun();
    const former = await shown();
    world.moveClock('PT1S');
    const step = rotating({
      DescribeKeyCommand: async () => former,
      ListKeyRotationsCommand: async (_input, ask) => {
        const { Rotations: listed } = (await ask()) as { Rotations: { KeyMaterialId: string }[] };
        return { Rotations: listed.map(({ KeyMaterialId: _unnamed, ...entry }) => entry) };
      },
    });
    await expect(step({ requestId })).rejects.toMatchObject({ code: 'NotSettled' }); // asks
    await expect(step({ requestId })).rejects.toMatchObject({ code: 'NotSettled' });
    expect(rotations()).toBe(1);
  });

  it('is not asked for again while KMS may not show it yet, and then is', async () => {
    const requestId = await begun();
    const [former, listed] = [
      await shown(),
      await world.kms.send(
        new ListKeyRotationsCommand({ KeyId: kmsKeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }),
      ),
    ];
    const step = rotating({
      DescribeKeyCommand: async () => former,
      ListKeyRotationsCommand: async () => listed,
    });
    await expect(step({ requestId })).rejects.toMatchObject({ code: 'NotSettled' }); // asks
    world.moveClock('PT4M');
    await expect(step({ requestId })).rejects.toMatchObject({ code: 'NotSettled' });
    expect(rotations()).toBe(1);
    world.moveClock('PT2M');
    await expect(step({ requestId })).rejects.toMatchObject({ code: 'NotSettled' });
    expect(rotations()).toBe(2);
    expect((await world.registry.getWholeLedger(keyId)).map(({ event }) => event).slice(-2)).toEqual([
      'rotation-asked',
      'rotation-asked',
    ]);
  });

  it('is asked for again at once when KMS has too many calls, and not when its answer is lost', async () => {
    const requestId = await begun();
    let throttles = 3;
    const step = rotating({
      RotateKeyOnDemandCommand: async (_input, ask) => {
        if (throttles > 0) {
          throttles -= 1;
          throw named('ThrottlingException', 'There are too many.');
        }
        await ask();
        throw named('TimeoutError', 'Nobody answers.');
      },
    });
    await expect(step({ requestId })).rejects.toMatchObject({ code: 'BackendBusy' });
    expect(throttles).toBe(0);
    expect(rotations()).toBe(1);
    await world.step('RotateInPlace', { requestId });
    expect(rotations()).toBe(1);
    expect(await versions()).toHaveLength(2);
  });

  it('does not take material for new that was current before', async () => {
    const first = await shown();
    world.moveClock('PT1S');
    await after(world, keyId, rotate);
    const requestId = await begun();
    const listed = { ListKeyRotationsCommand: async () => ({ Rotations: [] }) };
    for (const answers of [{}, listed]) {
      const step = rotating({ ...answers, DescribeKeyCommand: async () => first });
      await expect(step({ requestId })).rejects.toMatchObject({ code: 'NotSettled' });
    }
    expect(await versions()).toHaveLength(2);
    expect(rotations()).toBe(1);
  });

  it('does not adopt material that is itself followed by newer', async () => {
    world.moveClock('PT1S');
    await rotateOnDemand(world.kms, kmsKeyId);
    const second = await shown();
    world.moveClock('PT1S');
    await rotateOnDemand(world.kms, kmsKeyId);
    const requestId = await begun();
    const step = rotating({ DescribeKeyCommand: async () => second });
    await expect(step({ requestId })).rejects.toMatchObject({ code: 'NotSettled' });
    expect(await versions()).toHaveLength(1);
  });

  it('waits for one that runs, before it looks at the material', async () => {
    const requestId = await begun();
    const asked: string[] = [];
    const step = rotating({
      GetKeyRotationStatusCommand: async () => {
        asked.push('GetKeyRotationStatus');
        return { OnDemandRotationStartDate: new Date() };
      },
      DescribeKeyCommand: async (_input, ask) => {
        asked.push('DescribeKey');
        return ask();
      },
    });
    await expect(step({ requestId })).rejects.toMatchObject({ code: 'NotSettled' });
    expect(asked).toEqual(['DescribeKey', 'GetKeyRotationStatus']);
    expect(rotations()).toBe(0);
  });

  it('adopts what an attempt has made, before the list shows it', async () => {
    world.moveClock('PT1S');
    await rotateOnDemand(world.kms, kmsKeyId);
    const late = rotating({
      ListKeyRotationsCommand: async () => ({
        Rotations: [{ KeyMaterialId: (await versions())[0]?.keyMaterialId }],
      }),
    });
    world.instead('RotateInPlace', (payload) => late(payload as StepInput));
    await after(world, keyId, rotate);
    expect((await versions())[1]?.keyMaterialId).toBe((await shown()).KeyMetadata?.CurrentKeyMaterialId);
    expect(rotations()).toBe(1);
    await expectInvariants(world, keyId);
  });

  it('goes on with a new KMS key when KMS knows the current one no more', async () => {
    await world.kms.send(new ScheduleKeyDeletionCommand({ KeyId: kmsKeyId, PendingWindowInDays: 30 }));
    world.moveClock('P31D');
    await after(world, keyId, rotate);
    expect(rotations()).toBe(0);
    expect((await versions()).map((version) => version.kmsKeyId === kmsKeyId)).toEqual([true, false]);
    await expectInvariants(world, keyId);
  });
});
