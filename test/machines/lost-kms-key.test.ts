import {
  CancelKeyDeletionCommand,
  type DescribeKeyCommandOutput,
  EnableKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeKmsKey } from '../../lambdas/adapters/kms/keys.ts';
import { getKmsPolicy, putKmsPolicy } from '../../lambdas/adapters/kms/policies.ts';
import { interruptDestruction } from '../../lambdas/domain/interruption.ts';
import type { RequestParameters } from '../../lambdas/domain/request.ts';
import { disableKey } from '../../lambdas/steps/disable-key.ts';
import { answering } from './answers.ts';
import { callingAs } from './callers.ts';
import { destroy, reinstate, rotate, suspend } from './crash-runs.ts';
import { named } from './interpreter.ts';
import { expectInvariants } from './invariants.ts';
import { after, aKey, askFor, cora, toItsEnd } from './scenarios.ts';
import { createWorld, type World } from './world.ts';

const compromise = { operation: 'revoke', mode: 'compromise' } as const;
const cancel = { operation: 'cancel-destruction' } as const;

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

afterEach(async () => {
  await world.close();
});

async function found(keyId: string) {
  const record = await world.registry.getKeyWithVersions(keyId);
  if (record === undefined) throw new Error(`There is no key ${keyId}.`);
  return record;
}

async function versionOf(keyId: string, number: number) {
  const version = (await found(keyId)).versions.find(({ version: each }) => each === number);
  if (version === undefined) throw new Error(`${keyId} has no version ${number}.`);
  return version;
}

/** A key with three KMS keys, of which somebody has deleted one outside of Keyward. */
async function withLost(number: number, ...operations: RequestParameters[]): Promise<string> {
  const keyId = await after(world, await aKey(world, 'ECC_NIST_P256'), rotate, rotate, ...operations);
  const { kmsKeyId } = await versionOf(keyId, number);
  await world.kms.send(new ScheduleKeyDeletionCommand({ KeyId: kmsKeyId, PendingWindowInDays: 30 }));
  world.moveClock('P31D');
  expect(await describeKmsKey(world.kms, kmsKeyId)).toBeUndefined();
  return keyId;
}

async function statesOf(keyId: string): Promise<string[]> {
  return (await found(keyId)).versions.map(({ state, backendState }) => `${state} ${backendState}`);
}

async function eventsOf(keyId: string): Promise<string[]> {
  return (await world.registry.getWholeLedger(keyId)).map(({ event }) => event);
}

describe('a KMS key that is gone', () => {
  it('keeps nobody from stopping the others for good', async () => {
    const keyId = await after(world, await withLost(1), compromise);
    expect(await statesOf(keyId)).toEqual([
      'destroyed Deleted',
      'compromised Disabled',
      'compromised Disabled',
    ]);
    expect(await eventsOf(keyId)).toContain('versions-lost');
    await expectInvariants(world, keyId);
  });

  it('keeps no custodian from stopping the others at once', async () => {
    const keyId = await withLost(2);
    const { requestId, ratification } = await world.stop(keyId, cora);
    expect((await world.registry.getRequest(requestId))?.state).toBe('succeeded');
    expect(await statesOf(keyId)).toEqual([
      'deactivated Disabled',
      'destroyed Deleted',
      'suspended Disabled',
    ]);
    await toItsEnd(world, ratification ?? '');
    await expectInvariants(world, keyId);
  });

  it('keeps nobody from putting the others back', async () => {
    const keyId = await after(world, await withLost(1, suspend), reinstate);
    expect(await statesOf(keyId)).toEqual(['destroyed Deleted', 'deactivated Enabled', 'active Enabled']);
    await expectInvariants(world, keyId);
  });

  it('keeps no rotation from taking place', async () => {
    const keyId = await after(world, await withLost(2), rotate);
    expect(await statesOf(keyId)).toEqual([
      'deactivated Enabled',
      'destroyed Deleted',
      'deactivated Enabled',
      'active Enabled',
    ]);
    await expectInvariants(world, keyId);
  });

  it('is replaced by a rotation when it was the current one', async () => {
    const keyId = await after(world, await withLost(3), rotate);
    expect(await statesOf(keyId)).toEqual([
      'deactivated Enabled',
      'deactivated Enabled',
      'destroyed Deleted',
      'active Enabled',
    ]);
    expect((await found(keyId)).key.currentVersion).toBe(4);
    await expectInvariants(world, keyId);
  });

  it('leaves a key that only reads when it was the current one and the key is put back', async () => {
    const keyId = await after(world, await withLost(3, suspend), reinstate);
    expect((await found(keyId)).key.state).toBe('deactivated');
    await expectInvariants(world, keyId);
  });

  it('keeps nobody from destroying the others, and is on the certificate', async () => {
    const keyId = await after(world, await withLost(1), destroy);
    expect(await statesOf(keyId)).toEqual([
      'destroyed Deleted',
      'deactivated PendingDeletion',
      'suspended PendingDeletion',
    ]);
    await expectInvariants(world, keyId);
    world.moveClock('P31D');
    await world.sweep();
    expect((await found(keyId)).key.state).toBe('destroyed');
    const { details } = (await world.registry.getWholeLedger(keyId)).at(-1) ?? {};
    expect(details?.certificate).toMatchObject({
      versions: [{ version: 1 }, { version: 2 }, { version: 3 }],
    });
  });

  it('takes along what a rotation in place has left when it failed', async () => {
    const keyId = await aKey(world, 'SYMMETRIC_DEFAULT');
    world.before('CompleteRequest', async () => {
      throw named('BackendRefused', 'It is not to be.');
    });
    expect((await toItsEnd(world, await askFor(world, keyId, rotate))).state).toBe('failed');
    await after(world, keyId, destroy);
    world.moveClock('P31D');
    await world.sweep();
    expect(await statesOf(keyId)).toEqual(['destroyed Deleted', 'destroyed Deleted']);
    await expectInvariants(world, keyId);
  });

  it('makes a cancellation fail when nothing is left, and the destruction is certified', async () => {
    const keyId = await after(world, await aKey(world, 'ECC_NIST_P256'), rotate, destroy);
    world.moveClock('P31D');
    const requestId = await askFor(world, keyId, cancel);
    expect(await toItsEnd(world, requestId)).toMatchObject({
      state: 'failed',
      error: { code: 'StateForbids' },
    });
    await world.sweep();
    expect((await found(keyId)).key).toMatchObject({
      state: 'destroyed',
      destruction: { status: 'completed' },
    });
    await expectInvariants(world, keyId);
  });

  it('makes a reinstatement fail when nothing is left', async () => {
    const keyId = await after(world, await aKey(world, 'ECC_NIST_P256'), suspend);
    const { kmsKeyId } = await versionOf(keyId, 1);
    await world.kms.send(new ScheduleKeyDeletionCommand({ KeyId: kmsKeyId, PendingWindowInDays: 30 }));
    world.moveClock('P31D');
    expect(await toItsEnd(world, await askFor(world, keyId, reinstate))).toMatchObject({
      state: 'failed',
      error: { code: 'StateForbids' },
    });
    expect((await found(keyId)).key.state).toBe('suspended');
    await after(world, keyId, destroy);
    await world.sweep();
    expect((await found(keyId)).key.state).toBe('destroyed');
    await expectInvariants(world, keyId);
  });

  it('ends a key that has no other when the key is to be destroyed', async () => {
    const keyId = await aKey(world, 'ECC_NIST_P256');
    const { kmsKeyId } = await versionOf(keyId, 1);
    await world.kms.send(new ScheduleKeyDeletionCommand({ KeyId: kmsKeyId, PendingWindowInDays: 30 }));
    world.moveClock('P31D');
    await after(world, keyId, destroy);
    await world.sweep();
    expect((await found(keyId)).key.state).toBe('destroyed');
    await expectInvariants(world, keyId);
  });
});

describe('a stop', () => {
  it('does not count a KMS key as stopped that is only unavailable for the moment', async () => {
    const keyId = await aKey(world, 'ECC_NIST_P256');
    const requestId = await askFor(world, keyId, suspend);
    let told: unknown;
    world.instead('DisableKey', async () => {
      const unavailable = answering(world.kms, {
        DescribeKeyCommand: async (_input, ask) => {
          const shown = (await ask()) as DescribeKeyCommandOutput;
          return { ...shown, KeyMetadata: { ...shown.KeyMetadata, KeyState: 'Unavailable' } };
        },
      });
      const kms = callingAs('DisableKey', unavailable);
      const step = disableKey({ registry: world.registry, clock: world.clock, kms, pause: async () => {} });
      told = await step({ requestId }).catch((error: unknown) => error);
      throw named('BackendRefused', 'It is not to be.');
    });
    await toItsEnd(world, requestId);
    expect(told).toMatchObject({ code: 'NotSettled' });
  });

  it('is not kept busy by a KMS key that was discarded and that somebody has taken back', async () => {
    const keyId = await aKey(world, 'ECC_NIST_P256');
    world.before('BindAlias', async () => {
      throw named('BackendRefused', 'It is not to be.');
    });
    expect((await toItsEnd(world, await askFor(world, keyId, rotate))).state).toBe('failed');
    const { kmsKeyId } = await versionOf(keyId, 2);
    await world.kms.send(new CancelKeyDeletionCommand({ KeyId: kmsKeyId }));
    await world.kms.send(new EnableKeyCommand({ KeyId: kmsKeyId }));
    const first = await world.stop(keyId, cora);
    expect(await world.stop(keyId, cora)).toEqual(first);
  });
});

describe('a KMS key that refuses', () => {
  it('keeps nobody from stopping the others, and the failure is told', async () => {
    const keyId = await after(world, await aKey(world, 'ECC_NIST_P256'), rotate, rotate);
    world.moveClock('PT2H'); // a refusal of a new one would not be believed
    const { kmsKeyId } = await versionOf(keyId, 3);
    const policy = JSON.parse(await getKmsPolicy(world.kms, kmsKeyId)) as { Statement: unknown[] };
    const nobody = { Effect: 'Deny', Principal: '*', Action: 'kms:DisableKey', Resource: '*' };
    const statements = [...policy.Statement, nobody];
    await putKmsPolicy(world.kms, kmsKeyId, JSON.stringify({ ...policy, Statement: statements }));

    await expect(world.stop(keyId, cora)).rejects.toMatchObject({ code: 'BackendRefused' });
    const shown = await Promise.all(
      [1, 2, 3].map(async (number) => describeKmsKey(world.kms, (await versionOf(keyId, number)).kmsKeyId)),
    );
    expect(shown.map((kmsKey) => kmsKey?.keyState)).toEqual(['Disabled', 'Disabled', 'Enabled']);

    await putKmsPolicy(world.kms, kmsKeyId, JSON.stringify(policy));
    world.moveClock('PT5M'); // KMS shows it to everybody
    const { ratification } = await world.stop(keyId, cora);
    await toItsEnd(world, ratification ?? '');
    await expectInvariants(world, keyId);
  });
});

describe('a KMS key that somebody takes out of the destruction of its key', () => {
  async function saveOne(): Promise<string> {
    const keyId = await after(world, await aKey(world, 'ECC_NIST_P256'), rotate, rotate, destroy);
    const { kmsKeyId } = await versionOf(keyId, 2);
    await world.kms.send(new CancelKeyDeletionCommand({ KeyId: kmsKeyId }));
    return keyId;
  }

  /** As the alert records it. */
  async function interrupted(keyId: string, kmsKeyArn: string): Promise<void> {
    const { key, versions } = await found(keyId);
    const actor = { kind: 'service', id: 'service:detect-tampering', name: 'detect-tampering' } as const;
    const now = await world.clock();
    await world.commit(
      interruptDestruction({ now, actor, key, versions, saved: [kmsKeyArn], by: 'mallory' }),
    );
  }

  it('is saved alone: the record says that the others go, and then that they are gone', async () => {
    const keyId = await saveOne();
    world.moveClock('P29D');
    await world.sweep();
    expect(await statesOf(keyId), 'nothing is due yet').toContain('deactivated PendingDeletion');
    world.moveClock('P2D');
    await world.sweep();
    const { key } = await found(keyId);
    expect(key).toMatchObject({ state: 'suspended', destruction: { status: 'interrupted' } });
    expect(await statesOf(keyId)).toEqual(['destroyed Deleted', 'deactivated Disabled', 'destroyed Deleted']);
    await expectInvariants(world, keyId);

    await after(world, keyId, cancel);
    expect((await found(keyId)).key.state).toBe('deactivated');
    expect(await statesOf(keyId)).toContain('deactivated Enabled');
    await expectInvariants(world, keyId);
  });

  it('is counted no more among the dying when a step finds it gone', async () => {
    const keyId = await saveOne();
    const { kmsKeyArn } = await versionOf(keyId, 2);
    await interrupted(keyId, kmsKeyArn);
    world.moveClock('P31D');
    await after(world, keyId, compromise);
    const { key } = await found(keyId);
    expect(key.destruction?.dying).toBeUndefined();
    await world.sweep();
    expect(await statesOf(keyId)).toEqual(['destroyed Deleted', 'compromised Disabled', 'destroyed Deleted']);
    await expectInvariants(world, keyId);
  });

  it('is saved with the others when the destruction is cancelled in time', async () => {
    const keyId = await after(world, await saveOne(), cancel);
    expect(await statesOf(keyId)).toEqual(['deactivated Enabled', 'deactivated Enabled', 'active Enabled']);
    await expectInvariants(world, keyId);
  });

  it('is saved with what is left when the others are gone before anybody saw it', async () => {
    const keyId = await saveOne();
    world.moveClock('P31D');
    await after(world, keyId, cancel);
    expect(await statesOf(keyId)).toEqual(['destroyed Deleted', 'deactivated Enabled', 'destroyed Deleted']);
    await expectInvariants(world, keyId);
  });

  it('keeps nobody from cancelling for the others once a compromise was declared', async () => {
    const keyId = await saveOne();
    const { kmsKeyArn } = await versionOf(keyId, 2);
    await interrupted(keyId, kmsKeyArn);
    await expect(askFor(world, keyId, reinstate)).rejects.toMatchObject({ code: 'StateForbids' });
    await after(world, keyId, compromise);
    expect((await found(keyId)).key.destruction).toMatchObject({
      status: 'interrupted',
      priorState: 'compromised',
      dying: 2,
    });
    expect(await statesOf(keyId)).toEqual([
      'compromised PendingDeletion',
      'compromised Disabled',
      'compromised PendingDeletion',
    ]);
    await expectInvariants(world, keyId);
    await after(world, keyId, cancel);
    expect(await statesOf(keyId)).toEqual(Array(3).fill('compromised Disabled'));
    await expectInvariants(world, keyId);
  });
});
