import { join } from 'node:path';
import type { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { readPolicies } from '../../../lambdas/adapters/policy-files.ts';
import { recordChange } from '../../../lambdas/domain/change.ts';
import type { KeyRecord, VersionRecord } from '../../../lambdas/domain/key.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { tendKey } from '../../../lambdas/sweep/due-key.ts';
import { memoryRegistry } from '../../machines/memory-registry.ts';
import { aKey, aRequest, KEY_ID, olga, REQUEST_ID } from '../domain/examples.ts';

const { classes } = readPolicies(join(import.meta.dirname, '../../../policies'));
const due = '2026-12-25T03:02:22.000Z';
const before = '2026-12-25T03:02:21.999Z';

const dying: KeyRecord = {
  ...aKey,
  rowVersion: 1,
  state: 'suspended',
  destruction: {
    status: 'scheduled',
    requestId: REQUEST_ID,
    scheduledAt: aKey.createdAt,
    deletionDate: due,
    priorState: 'active',
  },
};

function version(number: number): VersionRecord {
  return {
    keyId: KEY_ID,
    version: number,
    state: 'suspended',
    kmsKeyId: `k${number}`,
    kmsKeyArn: `arn:k${number}`,
    backendState: 'PendingDeletion',
    requestId: REQUEST_ID,
    createdAt: aKey.createdAt,
    activatedAt: aKey.createdAt,
    rowVersion: 1,
  };
}

type Shown = 'PendingDeletion' | 'Disabled' | 'Enabled' | 'NotFoundException' | 'AccessDeniedException';

/** The sweep over one key, whose KMS keys KMS shows as told. */
async function over(key: KeyRecord, shown: readonly Shown[] = []) {
  const registry = memoryRegistry();
  await registry.commit(
    recordChange({
      now: key.createdAt,
      actor: actorOf(olga),
      key: { after: key },
      versions: shown.map((_state, index) => ({ after: version(index + 1) })),
      request: {
        after: { ...aRequest, state: 'succeeded', parameters: { operation: 'destroy', windowDays: 30 } },
      },
      entries: [{ event: 'requested', details: {} }],
    }),
  );
  const kms = {
    send: async ({ input: { KeyId: arn } }: { input: { KeyId: string } }) => {
      const state = shown[Number(arn.slice(-1)) - 1] ?? 'NotFoundException';
      if (state.endsWith('Exception')) throw Object.assign(new Error('no'), { name: state });
      return { KeyMetadata: { KeyId: arn, Arn: arn, KeyState: state } };
    },
  };
  let requests = 0;
  const tend = tendKey({
    registry,
    kms: kms as unknown as KMSClient,
    classes,
    newRequestId: () => `req_${String((requests += 1)).padStart(26, '0')}`,
  });
  const keyNow = async () => (await registry.getKey(KEY_ID)) ?? dying;
  return { registry, keyNow, tendAt: async (now: string) => tend(KEY_ID, now) };
}

describe('a key at the end of its deletion window', () => {
  test('is destroyed when KMS knows none of its KMS keys', async () => {
    const { registry, keyNow, tendAt } = await over(dying, ['NotFoundException', 'NotFoundException']);
    expect(await tendAt(before)).toBe('nothing');
    expect(await tendAt(due)).toBe('destroyed');
    expect(await keyNow()).toMatchObject({ state: 'destroyed', destruction: { status: 'completed' } });
    const { details } = (await registry.getWholeLedger(KEY_ID)).at(-1) ?? {};
    expect(details?.certificate).toMatchObject({
      destroyedAt: due,
      request: { requestId: REQUEST_ID },
      observations: [{ kmsKeyArn: 'arn:k1' }, { kmsKeyArn: 'arn:k2' }],
    });
    expect(await tendAt(due)).toBe('nothing');
  });

  test('waits on while KMS takes its time with one of them', async () => {
    const { keyNow, tendAt } = await over(dying, ['NotFoundException', 'PendingDeletion']);
    expect(await tendAt('2026-12-26T03:00:00.000Z')).toBe('still pending deletion');
    expect(await keyNow()).toMatchObject({ state: 'suspended', destruction: { status: 'scheduled' } });
  });

  test.each(['Disabled', 'Enabled'] as const)('is not destroyed when somebody made it %s', async (state) => {
    const { keyNow, tendAt } = await over(dying, ['NotFoundException', state]);
    expect(await tendAt(due)).toBe('destruction interrupted');
    expect(await keyNow()).toMatchObject({ state: 'suspended', destruction: { status: 'interrupted' } });
    expect(await tendAt(due)).toBe('nothing');
  });

  test('is not taken for gone because it may not be seen', async () => {
    const { keyNow, tendAt } = await over(dying, ['NotFoundException', 'AccessDeniedException']);
    await expect(tendAt(due)).rejects.toMatchObject({ code: 'BackendRefused' });
    expect(await keyNow()).toMatchObject({ state: 'suspended', destruction: { status: 'scheduled' } });
  });
});

describe('a key whose rotation falls due', () => {
  const key: KeyRecord = { ...aKey, rowVersion: 1, rotationDue: due };

  test('is rotated once for the date, by the schedule', async () => {
    const { registry, keyNow, tendAt } = await over(key);
    expect(await tendAt(before)).toBe('nothing');
    expect(await tendAt(due)).toBe('rotation submitted');
    expect(await tendAt(due)).toBe('rotation is open');
    const { rotate } = (await keyNow()).openRequests;
    expect(await registry.getRequest(rotate ?? '')).toMatchObject({
      state: 'accepted',
      parameters: { operation: 'rotate', cause: 'schedule' },
      requester: { id: 'service:schedule' },
    });
  });

  test('is submitted once by two sweeps at once', async () => {
    const { registry, tendAt } = await over(key);
    const ends = await Promise.allSettled([tendAt(due), tendAt(due)]);
    expect(ends).toContainEqual({ status: 'fulfilled', value: 'rotation submitted' });
    expect(ends).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ code: 'RowConflict' }),
    });
    expect((await registry.getWholeLedger(KEY_ID)).map(({ event }) => event)).toEqual([
      'requested',
      'requested',
    ]);
  });

  test.each(['suspended', 'compromised', 'destroyed'] as const)(
    'is left alone when it is %s',
    async (state) => {
      const { tendAt } = await over({ ...key, state });
      expect(await tendAt(due)).toBe('nothing');
    },
  );
});
