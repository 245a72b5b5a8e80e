import { describe, expect, test, vi } from 'vitest';
import { log } from '../../../lambdas/adapters/log.ts';
import { examineRecord } from '../../../lambdas/alerts/examine-record.ts';
import { BackendBusy, RecordCorrupt, RowConflict } from '../../../lambdas/domain/errors.ts';
import { aKey, KEY_ID } from '../domain/examples.ts';
import { world } from './fakes.ts';
import {
  aboutAlias,
  aRecord,
  byKms,
  dyingKey,
  dyingVersion,
  EVE,
  type Fields,
  KMS_KEY_ARN,
  refused,
  STEP_ROLE,
  sessionOf,
} from './records.ts';

log.setLogLevel('SILENT');

const otherArn = KMS_KEY_ARN.replace('0f2c9a4e', 'ffffffff');
const unmanaged = { requestParameters: null, responseElements: null, resources: [{ ARN: otherArn }] };
const dying = { key: dyingKey, versions: [dyingVersion] };

test('a change by somebody else is told, and claimed after it', async () => {
  const { deps, published, claims, steps } = world();
  expect(await examineRecord(deps, aRecord('DisableKey'), 'bus')).toBe('alerted');
  expect(published).toHaveLength(1);
  expect(published[0]).toMatchObject({
    severity: 'high',
    principal: EVE,
    channel: 'bus',
    key: { keyId: KEY_ID },
  });
  expect([...claims]).toEqual([published[0]?.id]);
  expect(steps).toEqual(['keyIdOfKmsKey', 'publish', 'claimOnce']);
});

test.each([
  'DisableKey',
  'EnableKey',
  'ScheduleKeyDeletion',
  'CancelKeyDeletion',
  'PutKeyPolicy',
  'RevokeGrant',
  'UpdateAlias',
  'TagResource',
  'RotateKeyOnDemand',
])("Keyward's own %s is not told, refused or not", async (eventName) => {
  const { deps, published, steps } = world(dying);
  const own = { userIdentity: sessionOf(STEP_ROLE) };
  expect(await examineRecord(deps, aRecord(eventName, own), 'bus')).toBe('own');
  expect(await examineRecord(deps, aRecord(eventName, { ...own, ...refused }), 'bus')).toBe('own');
  expect(published).toEqual([]);
  expect(steps).toEqual([]);
});

test('a role that only has the name of a step in another path is not Keyward', async () => {
  const { deps } = world();
  const impostor = sessionOf(STEP_ROLE.replace('role/keyward/', 'role/'));
  expect(await examineRecord(deps, aRecord('DisableKey', { userIdentity: impostor }), 'bus')).toBe('alerted');
});

test.each<[string, Fields]>([
  ['reads', aRecord('DescribeKey')],
  ['uses', aRecord('Decrypt')],
  ['other services', { ...aRecord('DisableKey'), eventSource: 'ec2.amazonaws.com' }],
])('%s are irrelevant', async (_, record) => {
  const { deps, published } = world();
  expect(await examineRecord(deps, record, 'bus')).toBe('irrelevant');
  expect(published).toEqual([]);
});

test.each<[string, Fields]>([
  ['a change', aRecord('ScheduleKeyDeletion', unmanaged)],
  ['an attempt', aRecord('ScheduleKeyDeletion', { ...unmanaged, ...refused })],
  [
    'an alias',
    aRecord('UpdateAlias', {
      ...unmanaged,
      resources: [{ ARN: otherArn }, { ARN: otherArn.replace(/key\/.*/, 'alias/keywardish') }],
    }),
  ],
])('%s of a key that is not managed is not told', async (_, record) => {
  const { deps, published } = world();
  expect(await examineRecord(deps, record, 'trail')).toBe('unmanaged');
  expect(published).toEqual([]);
});

test('a managed key is found behind one that is not', async () => {
  const { deps, published } = world();
  const resources = [{ ARN: otherArn }, { ARN: KMS_KEY_ARN }];
  expect(await examineRecord(deps, aRecord('DisableKey', { resources }), 'bus')).toBe('alerted');
  expect(published[0]?.kmsKeyArn).toBe(KMS_KEY_ARN);
});

describe('an alias of Keyward', () => {
  test('pointed at a foreign key is told with its owner', async () => {
    const { deps, published } = world();
    const record = aRecord('UpdateAlias', {
      ...aboutAlias(aKey.alias),
      responseElements: null,
      requestParameters: { aliasName: aKey.alias, targetKeyId: otherArn },
      resources: [{ ARN: otherArn }],
    });
    expect(await examineRecord(deps, record, 'bus')).toBe('alerted');
    expect(published[0]).toMatchObject({
      severity: 'high',
      kmsKeyArn: otherArn,
      key: { keyId: KEY_ID, owner: 'payments', name: 'orders', alias: aKey.alias },
    });
  });

  test('that no key has is told by its name', async () => {
    const { deps, published } = world();
    const alias = 'alias/keyward/billing/invoices';
    expect(await examineRecord(deps, aRecord('CreateAlias', aboutAlias(alias)), 'bus')).toBe('alerted');
    expect(published[0]).toMatchObject({
      severity: 'high',
      key: { owner: 'billing', name: 'invoices', alias },
    });
    expect(published[0]?.key).not.toHaveProperty('keyId');
  });

  test('longer than any that KMS takes is told without a look into the registry', async () => {
    const { deps, published } = world();
    const registry = { ...deps.registry, holderOfAlias: () => Promise.reject(new Error('looked')) };
    const alias = `alias/keyward/${'x'.repeat(3_000)}`;
    const record = aRecord('CreateAlias', { ...refused, ...aboutAlias(alias) });
    expect(await examineRecord({ ...deps, registry }, record, 'bus')).toBe('alerted');
    expect(published[0]?.key.alias).toHaveLength(300);
  });

  test('is enough to tie an attempt', async () => {
    const { deps, published } = world();
    const record = aRecord('DeleteAlias', {
      ...refused,
      requestParameters: { aliasName: aKey.alias },
      resources: undefined,
    });
    expect(await examineRecord(deps, record, 'bus')).toBe('alerted');
    expect(published[0]).toMatchObject({ severity: 'medium', attempt: true, key: { owner: 'payments' } });
  });
});

test('a refused call recorded without its key is counted apart, not taken for harmless', async () => {
  const warned = vi.spyOn(log, 'warn').mockImplementation(() => undefined);
  const { deps, published } = world();
  const record = aRecord('DisableKey', { ...refused, requestParameters: null, resources: undefined });
  expect(await examineRecord(deps, record, 'trail')).toBe('untied');
  expect(warned).toHaveBeenCalledWith(
    expect.any(String),
    expect.objectContaining({
      code: 'RecordNotTied',
      event: 'DisableKey',
      errorCode: 'AccessDenied',
      principal: EVE,
      channel: 'trail',
    }),
  );
  expect(published).toEqual([]);
  warned.mockRestore();
});

test('the deletion at the end of an approved destruction is expected', async () => {
  const { deps, published } = world(dying);
  expect(await examineRecord(deps, aRecord('DeleteKey', byKms), 'bus')).toBe('expected');
  expect(published).toEqual([]);
});

test('an index that names a key which is not there is not passed over', async () => {
  const { deps } = world();
  const registry = { ...deps.registry, getKeyWithVersions: async () => undefined };
  await expect(examineRecord({ ...deps, registry }, aRecord('DisableKey'), 'bus')).rejects.toThrow(
    RecordCorrupt,
  );
});

describe('a record that comes again', () => {
  test('over either channel is told once', async () => {
    const { deps, published } = world();
    const record = aRecord('DisableKey');
    expect(await examineRecord(deps, record, 'bus')).toBe('alerted');
    expect(await examineRecord(deps, record, 'bus')).toBe('known');
    expect(await examineRecord(deps, record, 'trail')).toBe('known');
    expect(published).toHaveLength(1);
  });

  test('is told by the trail when the bus lost it', async () => {
    const { deps, published } = world();
    expect(await examineRecord(deps, aRecord('DisableKey'), 'trail')).toBe('alerted');
    expect(published[0]?.channel).toBe('trail');
  });

  test('is told again when the topic refused it', async () => {
    const failures: { publish?: Error } = { publish: new BackendBusy('Publish did not go through.') };
    const { deps, published, claims } = world({ failures });
    await expect(examineRecord(deps, aRecord('DisableKey'), 'bus')).rejects.toThrow(BackendBusy);
    expect(claims.size).toBe(0);
    delete failures.publish;
    expect(await examineRecord(deps, aRecord('DisableKey'), 'bus')).toBe('alerted');
    expect(published).toHaveLength(1);
  });

  test('is told twice, under one id, rather than lost between telling and claiming', async () => {
    const failures: { claimOnce?: Error } = { claimOnce: new BackendBusy('The table did not answer.') };
    const { deps, published } = world({ failures });
    await expect(examineRecord(deps, aRecord('DisableKey'), 'bus')).rejects.toThrow(BackendBusy);
    delete failures.claimOnce;
    expect(await examineRecord(deps, aRecord('DisableKey'), 'bus')).toBe('alerted');
    expect(published.map(({ id }) => id)).toEqual([published[0]?.id, published[0]?.id]);
  });

  test('is a finding of its own when only the event id differs', async () => {
    const { deps, published } = world();
    await examineRecord(deps, aRecord('DisableKey'), 'bus');
    expect(await examineRecord(deps, aRecord('DisableKey', { eventID: 'another' }), 'bus')).toBe('alerted');
    expect(published).toHaveLength(2);
  });
});

describe('a deletion that somebody else cancels', () => {
  const cancelled = aRecord('CancelKeyDeletion');

  test('interrupts the approved destruction before it is told', async () => {
    const { deps, published, commits, steps } = world(dying);
    expect(await examineRecord(deps, cancelled, 'bus')).toBe('alerted');
    expect(steps).toEqual(['keyIdOfKmsKey', 'commit', 'publish', 'claimOnce']);
    expect(commits).toHaveLength(1);
    expect(commits[0]?.key.after.destruction?.status).toBe('interrupted');
    expect(commits[0]?.versions.map(({ after }) => after.backendState)).toEqual(['Disabled']);
    expect(commits[0]?.entries).toMatchObject([
      {
        event: 'destruction-interrupted',
        at: '2026-11-25T10:00:05.000Z',
        actor: { id: 'service:detect-tampering' },
        details: { by: EVE },
      },
    ]);
    expect(published[0]).toMatchObject({ severity: 'high', destruction: 'interrupted' });
  });

  test('reads and tries again when another writer was first', async () => {
    const { deps, published, commits } = world({ ...dying, conflicts: 2 });
    expect(await examineRecord(deps, cancelled, 'bus')).toBe('alerted');
    expect(commits).toHaveLength(1);
    expect(published[0]?.destruction).toBe('interrupted');
  });

  test('leaves it at that when another delivery has recorded it meanwhile', async () => {
    const { deps, published } = world(dying);
    const registry = {
      ...deps.registry,
      commit: async (change: Parameters<typeof deps.registry.commit>[0]) => {
        await deps.registry.commit(change);
        throw new RowConflict('Another writer was first.');
      },
    };
    expect(await examineRecord({ ...deps, registry }, cancelled, 'bus')).toBe('alerted');
    expect(published[0]?.destruction).toBe('interrupted');
  });

  test('is told even when the record cannot be written, and the delivery fails for another try', async () => {
    const logged = vi.spyOn(log, 'error').mockImplementation(() => undefined);
    const { deps, published, commits } = world({ ...dying, conflicts: 3 });
    await expect(examineRecord(deps, cancelled, 'bus')).rejects.toThrow(RowConflict);
    expect(published.map(({ destruction }) => destruction)).toEqual(['not-recorded']);
    expect(logged).toHaveBeenCalledWith(
      expect.any(String),
      expect.objectContaining({ code: 'InterruptionNotRecorded', cause: 'RowConflict', keyId: KEY_ID }),
    );
    expect(commits).toEqual([]);

    expect(await examineRecord(deps, cancelled, 'bus')).toBe('known');
    expect(commits).toHaveLength(1);
    expect(published).toHaveLength(1);
    logged.mockRestore();
  });

  test('of no approved destruction changes no record', async () => {
    const { deps, commits } = world();
    expect(await examineRecord(deps, cancelled, 'bus')).toBe('alerted');
    expect(commits).toEqual([]);
  });

  test('is not said of a later call', async () => {
    const { deps, published } = world(dying);
    await examineRecord(deps, cancelled, 'bus');
    await examineRecord(deps, aRecord('EnableKey', { eventID: 'later' }), 'bus');
    expect(published.map(({ event, destruction }) => [event, destruction])).toEqual([
      ['CancelKeyDeletion', 'interrupted'],
      ['EnableKey', undefined],
    ]);
  });

  test('changes no record when it was refused', async () => {
    const { deps, commits, published } = world(dying);
    expect(await examineRecord(deps, aRecord('CancelKeyDeletion', refused), 'bus')).toBe('alerted');
    expect(commits).toEqual([]);
    expect(published[0]).toMatchObject({ severity: 'medium', attempt: true });
  });

  test('by Keyward itself is in order', async () => {
    const { deps, commits } = world(dying);
    const own = aRecord('CancelKeyDeletion', { userIdentity: sessionOf(STEP_ROLE) });
    expect(await examineRecord(deps, own, 'bus')).toBe('own');
    expect(commits).toEqual([]);
  });
});
