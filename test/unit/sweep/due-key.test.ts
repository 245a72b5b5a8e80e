import { join } from 'node:path';
import type { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { readPolicies } from '../../../lambdas/adapters/policy-files.ts';
import { recordChange } from '../../../lambdas/domain/change.ts';
import { BackendBusy } from '../../../lambdas/domain/errors.ts';
import type { KeyRecord, VersionRecord } from '../../../lambdas/domain/key.ts';
import type { KeyClasses } from '../../../lambdas/domain/key-class.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { type DueKeyDependencies, tendKey } from '../../../lambdas/sweep/due-key.ts';
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
async function over(
  key: KeyRecord,
  shown: readonly Shown[] = [],
  {
    ring = async (): Promise<void> => {},
    of = classes,
  }: Partial<Pick<DueKeyDependencies, 'ring'>> & {
    readonly of?: KeyClasses;
  } = {},
) {
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
    classes: of,
    newRequestId: () => `req_${String((requests += 1)).padStart(26, '0')}`,
    ring,
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

describe('a key that a custodian has stopped', () => {
  const stoppedAt = '2026-12-24T03:02:22.000Z';
  const key: KeyRecord = {
    ...aKey,
    rowVersion: 1,
    state: 'suspended',
    emergency: {
      requestId: REQUEST_ID,
      by: { kind: 'person', id: 'person:cora', name: 'cora' },
      stoppedAt,
      status: 'unratified',
      ringsAt: due,
    },
  };
  const asked = { ...key, openRequests: { ratify: 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W6' } };
  const rejected = { ...key, emergency: { ...key.emergency, status: 'rejected' } } as KeyRecord;

  test('has its quorum asked, in the custodian’s name, when nobody is asking it', async () => {
    const { registry, keyNow, tendAt } = await over(key);
    expect(await tendAt(stoppedAt)).toBe('ratification asked for');
    expect(await registry.getRequest((await keyNow()).openRequests.ratify ?? '')).toMatchObject({
      state: 'accepted',
      requester: { id: 'person:cora' },
      parameters: { operation: 'ratify', emergencyRequestId: REQUEST_ID },
      reason: aRequest.reason,
      approval: { quorum: 2 },
    });
    expect(await tendAt(stoppedAt)).toBe('nothing');
  });

  test.each([
    ['waits for its quorum past its time', asked],
    ['was not ratified', rejected],
  ])('rings each hour when it %s, and no more often', async (_what, standing) => {
    const rung: string[] = [];
    const { registry, tendAt } = await over(standing, [], {
      ring: async ({ emergency }) => void rung.push(emergency.status),
    });
    expect(await tendAt(before)).toBe('nothing');
    expect(await tendAt(due)).toBe('the alert rang: nobody has ratified');
    expect(await tendAt('2026-12-25T04:02:21.999Z')).toBe('nothing');
    expect(await tendAt('2026-12-25T04:02:22.000Z')).toBe('the alert rang: nobody has ratified');
    expect(rung).toEqual(Array(2).fill(standing.emergency?.status));
    const told = (await registry.getWholeLedger(KEY_ID)).filter(({ event }) => event === 'alert-repeated');
    const entry = { about: standing.emergency?.status, request: REQUEST_ID };
    expect(told.map(({ details }) => details)).toEqual([entry, entry]);
  });

  test('rings again at the next sweep when the topic could not be reached', async () => {
    const { registry, tendAt } = await over(asked, [], {
      ring: () => Promise.reject(new BackendBusy('SNS is down.')),
    });
    await expect(tendAt(due)).rejects.toMatchObject({ code: 'BackendBusy' });
    await expect(tendAt(due)).rejects.toMatchObject({ code: 'BackendBusy' });
    expect((await registry.getWholeLedger(KEY_ID)).map(({ event }) => event)).toEqual(['requested']);
  });

  test('rings even when its class says no more who ratifies', async () => {
    const rung: string[] = [];
    const { tendAt } = await over(key, [], {
      ring: async ({ keyId }) => void rung.push(keyId),
      of: classes.map(({ emergency: _gone, ...rest }) => rest),
    });
    await expect(tendAt(stoppedAt)).rejects.toMatchObject({ code: 'ClassForbids' });
    await tendAt(due);
    expect(rung).toEqual([KEY_ID]);
  });

  test.each(['ratified', 'reinstated', 'superseded'] as const)('is left alone when %s', async (status) => {
    const { tendAt } = await over({ ...key, emergency: { ...key.emergency, status } } as KeyRecord);
    expect(await tendAt('2027-01-01T00:00:00.000Z')).toBe('nothing');
  });
});
