import { randomBytes } from 'node:crypto';
import {
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  ListKeyRotationsCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { DOES_NOT_EXPIRE, externalKey, type ImportTerms, importInto } from './imports.ts';
import { localKms } from './local-kms.ts';

const START = Date.parse('2026-11-01T12:00:00Z');
const MINUTE = 60_000;
const DAY = 86_400_000;
const conflict = { name: 'ConflictException' };

/** A key on a clock that moves only when it is told, whose rotations take ten minutes. */
async function subject(MultiRegion = false) {
  const kms = await localKms({ clock: new VirtualClock({ realNow: () => START }) });
  await kms.post('/_local/durations', { RotateKey: 10 * MINUTE, RotateKeyOnDemand: 10 * MINUTE });
  const { id: KeyId } = await kms.createKey({ MultiRegion });
  return {
    kms,
    KeyId,
    rotate: () => kms.root.send(new RotateKeyOnDemandCommand({ KeyId })),
    status: (client = kms.root) => client.send(new GetKeyRotationStatusCommand({ KeyId })),
    rotations: async () => (await kms.root.send(new ListKeyRotationsCommand({ KeyId }))).Rotations ?? [],
    materialInUse: async () => {
      await kms.root.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('plain') }));
      return kms.recorded.at(-1)?.additionalEventData?.keyMaterialId;
    },
    events: () => kms.recorded.filter(({ eventName }) => eventName === 'RotateKey'),
  };
}

describe('a rotation on demand that takes its time', () => {
  test('is seen running by its start, until it is complete', async () => {
    const { kms, rotate, status, rotations, materialInUse, events } = await subject();
    const first = await materialInUse();
    kms.clock.advance(MINUTE);
    await rotate();
    expect((await status()).OnDemandRotationStartDate).toEqual(new Date(START + MINUTE));
    kms.clock.advance(10 * MINUTE - 1);
    expect((await status()).OnDemandRotationStartDate).toEqual(new Date(START + MINUTE));
    expect(await rotations()).toEqual([]);
    expect(await materialInUse()).toBe(first);
    expect(events()).toEqual([]);
    kms.clock.advance(1);
    expect(await status()).not.toHaveProperty('OnDemandRotationStartDate');
    const [rotation, ...others] = await rotations();
    expect(others).toEqual([]);
    expect(rotation).toMatchObject({
      RotationType: 'ON_DEMAND',
      RotationDate: new Date(START + 11 * MINUTE),
    });
    expect(await materialInUse()).toBe(rotation?.KeyMaterialId);
    expect(events()).toMatchObject([
      {
        eventTime: '2026-11-01T12:11:00Z',
        serviceEventDetails: { rotationType: 'ON_DEMAND', previousKeyMaterialId: first },
      },
    ]);
  });

  test('is the only one meanwhile', async () => {
    const { kms, rotate, rotations } = await subject();
    await rotate();
    await expect(rotate()).rejects.toMatchObject(conflict);
    kms.clock.advance(10 * MINUTE);
    await rotate();
    kms.clock.advance(10 * MINUTE);
    expect(await rotations()).toHaveLength(2);
  });

  test('goes on when automatic rotation is disabled', async () => {
    const { kms, KeyId, rotate, rotations } = await subject();
    await kms.root.send(new EnableKeyRotationCommand({ KeyId }));
    await rotate();
    await kms.root.send(new DisableKeyRotationCommand({ KeyId }));
    kms.clock.advance(10 * MINUTE);
    expect(await rotations()).toHaveLength(1);
  });

  test('shows in the other Regions of the key', async () => {
    const { kms, KeyId, rotate, status } = await subject(true);
    await kms.root.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
    const away = kms.client('test', { region: 'eu-west-1' });
    await rotate();
    expect((await status(away)).OnDemandRotationStartDate).toEqual(new Date(START));
    kms.clock.advance(10 * MINUTE);
    expect(await status(away)).not.toHaveProperty('OnDemandRotationStartDate');
  });
});

describe('an automatic rotation that takes its time', () => {
  test('is not shown while it runs, and keeps a rotation on demand waiting', async () => {
    const { kms, KeyId, rotate, status, rotations, events } = await subject();
    await kms.root.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    kms.clock.advance(90 * DAY);
    expect(await rotations()).toEqual([]);
    expect(await status()).not.toHaveProperty('OnDemandRotationStartDate');
    expect((await status()).NextRotationDate).toEqual(new Date(START + 180 * DAY));
    await expect(rotate()).rejects.toMatchObject(conflict);
    kms.clock.advance(10 * MINUTE);
    expect(await rotations()).toMatchObject([
      { RotationType: 'AUTOMATIC', RotationDate: new Date(START + 90 * DAY + 10 * MINUTE) },
    ]);
    expect(events()).toHaveLength(1);
    await rotate();
  });

  test('is made each at its date, when the clock goes over several', async () => {
    const { kms, KeyId, rotations, events } = await subject();
    await kms.root.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    kms.clock.advance(200 * DAY);
    const dates = [90, 180].map((days) => new Date(START + days * DAY + 10 * MINUTE));
    expect((await rotations()).map(({ RotationDate }) => RotationDate)).toEqual(dates);
    expect(events().map(({ eventTime }) => Date.parse(eventTime))).toEqual(
      dates.map((date) => date.getTime()),
    );
  });

  test('begins after one on demand that still runs', async () => {
    const { kms, KeyId, rotate, rotations } = await subject();
    await kms.root.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    await kms.post('/_local/durations', { RotateKeyOnDemand: 60 * MINUTE, RotateKey: 10 * MINUTE });
    kms.clock.advance(90 * DAY - 30 * MINUTE);
    await rotate();
    kms.clock.advance(2 * 60 * MINUTE);
    const end = START + 90 * DAY + 30 * MINUTE;
    expect(await rotations()).toMatchObject([
      { RotationType: 'ON_DEMAND', RotationDate: new Date(end) },
      { RotationType: 'AUTOMATIC', RotationDate: new Date(end + 10 * MINUTE) },
    ]);
  });

  test('begins after one on demand that still runs, also on a key that was disabled meanwhile', async () => {
    const { kms, KeyId, rotate, rotations } = await subject();
    await kms.root.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    await kms.post('/_local/durations', { RotateKeyOnDemand: 60 * MINUTE, RotateKey: 10 * MINUTE });
    kms.clock.advance(90 * DAY - 30 * MINUTE);
    await rotate();
    await kms.root.send(new DisableKeyCommand({ KeyId }));
    kms.clock.advance(40 * MINUTE);
    await kms.root.send(new EnableKeyCommand({ KeyId }));
    kms.clock.advance(60 * MINUTE);
    const end = START + 90 * DAY + 30 * MINUTE;
    expect(await rotations()).toMatchObject([
      { RotationType: 'ON_DEMAND', RotationDate: new Date(end) },
      { RotationType: 'AUTOMATIC', RotationDate: new Date(end + 10 * MINUTE) },
    ]);
  });

  test('does not begin on a disabled key, also while that is becoming the primary key', async () => {
    const { kms, KeyId, rotations } = await subject(true);
    const away = kms.client('test', { region: 'eu-west-1' });
    await kms.root.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    await kms.root.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
    await away.send(new DisableKeyCommand({ KeyId }));
    await kms.post('/_local/durations', { UpdatePrimaryRegion: 60 * MINUTE });
    kms.clock.advance(90 * DAY - 30 * MINUTE);
    await kms.root.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: 'eu-west-1' }));
    kms.clock.advance(40 * MINUTE);
    expect(await rotations()).toEqual([]);
    kms.clock.advance(60 * MINUTE);
    expect(await rotations()).toEqual([]);
    await away.send(new EnableKeyCommand({ KeyId }));
    expect(await rotations()).toHaveLength(1);
  });
});

test('what the clock went over is recorded in the order of its times', async () => {
  const { kms, rotate, events } = await subject();
  await kms.post('/_local/durations', { RotateKeyOnDemand: 10 * MINUTE });
  const { id } = await kms.createKey();
  await kms.root.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays: 90 }));
  await rotate();
  kms.clock.advance(91 * DAY);
  expect(events().map(({ serviceEventDetails }) => serviceEventDetails?.rotationType)).toEqual([
    'ON_DEMAND',
    'AUTOMATIC',
  ]);
});

describe('a rotation to imported material that takes its time', () => {
  /** A key with one material in use and another that waits for the rotation. */
  async function importedKey() {
    const kms = await localKms({ clock: new VirtualClock({ realNow: () => START }) });
    await kms.post('/_local/durations', { RotateKeyOnDemand: 10 * MINUTE });
    const { id: KeyId } = await externalKey(kms);
    await importInto(kms.root, KeyId, randomBytes(32), DOES_NOT_EXPIRE);
    const rotate = () => kms.root.send(new RotateKeyOnDemandCommand({ KeyId }));
    const rotations = async () => (await kms.root.send(new ListKeyRotationsCommand({ KeyId }))).Rotations;
    const importNext = (terms: ImportTerms = DOES_NOT_EXPIRE) =>
      importInto(kms.root, KeyId, randomBytes(32), { ...terms, ImportType: 'NEW_KEY_MATERIAL' });
    return { kms, KeyId, rotate, rotations, importNext };
  }

  test('needs the material when it begins', async () => {
    const { rotate } = await importedKey();
    await expect(rotate()).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
  });

  test('makes it current when it is complete', async () => {
    const { kms, rotate, rotations, importNext } = await importedKey();
    await importNext();
    await rotate();
    kms.clock.advance(10 * MINUTE);
    expect(await rotations()).toMatchObject([
      { RotationType: 'ON_DEMAND', RotationDate: new Date(START + 10 * MINUTE) },
    ]);
  });

  test('was complete before the material expired, also when the clock goes over both at once', async () => {
    const { kms, KeyId, rotate, rotations, importNext } = await importedKey();
    await importNext({ ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: new Date(START + 60 * MINUTE) });
    await rotate();
    kms.clock.advance(120 * MINUTE);
    expect(await rotations()).toMatchObject([
      {
        RotationDate: new Date(START + 10 * MINUTE),
        KeyMaterialState: 'CURRENT',
        ImportState: 'PENDING_IMPORT',
      },
    ]);
    const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata?.KeyState).toBe('PendingImport');
    const bySelf = kms.recorded.filter(({ eventType }) => eventType === 'AwsServiceEvent');
    expect(bySelf.map(({ eventName }) => eventName)).toEqual(['RotateKey', 'DeleteExpiredKeyMaterial']);
  });

  test('comes to nothing when the material is deleted meanwhile', async () => {
    const { kms, KeyId, rotate, rotations, importNext } = await importedKey();
    const { KeyMaterialId } = await importNext();
    await rotate();
    await kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId, KeyMaterialId }));
    kms.clock.advance(10 * MINUTE);
    expect(await rotations()).toEqual([]);
    expect(kms.recorded.some(({ eventName }) => eventName === 'RotateKey')).toBe(false);
  });
});
