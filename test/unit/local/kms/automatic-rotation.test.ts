import { DatabaseSync } from 'node:sqlite';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { ACCOUNT, keyPolicy, localKms, startedKms, type TestKms } from './local-kms.ts';
import { databaseFile } from './stored-material.ts';

const START = Date.parse('2026-03-15T12:00:00Z');
const DAY = 86_400_000;

/** Days after START, to the millisecond: time moves only when it is told to. */
const day = (count: number) => new Date(START + count * DAY);

const stillClock = () => new VirtualClock({ realNow: () => START });

async function subject() {
  const kms = await localKms({ clock: stillClock() });
  const key = await kms.createKey();
  return { kms, ...key, ...acts(kms, key.id) };
}

function acts(kms: TestKms, KeyId: string) {
  return {
    rotateEvery: (RotationPeriodInDays?: number) =>
      kms.root.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays })),
    status: async () => {
      const { $metadata: _, ...status } = await kms.root.send(new GetKeyRotationStatusCommand({ KeyId }));
      return status;
    },
    rotations: async () => {
      const { Rotations = [] } = await kms.root.send(new ListKeyRotationsCommand({ KeyId }));
      return Rotations.map(({ RotationType, RotationDate }) => [RotationType, RotationDate]);
    },
    material: async () =>
      (await kms.root.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.CurrentKeyMaterialId,
  };
}

describe('a key that is rotated automatically', () => {
  test('is rotated every 365 days, unless another period is given', async () => {
    const { id, status, rotateEvery } = await subject();
    await rotateEvery();
    const enabled = { KeyId: id, KeyRotationEnabled: true };
    expect(await status()).toEqual({ ...enabled, RotationPeriodInDays: 365, NextRotationDate: day(365) });
    for (const period of [90, 2560]) {
      await rotateEvery(period);
      expect(await status()).toEqual({
        ...enabled,
        RotationPeriodInDays: period,
        NextRotationDate: day(period),
      });
    }
  });

  test.each([89, 2561, 0])('is not rotated every %d days', async (period) => {
    const { id, status, rotateEvery } = await subject();
    await expect(rotateEvery(period)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await status()).toEqual({ KeyId: id, KeyRotationEnabled: false });
  });

  test('gets new material on its date, and the old one still decrypts', async () => {
    const { kms, id, arn, material, rotations, rotateEvery } = await subject();
    const first = await material();
    const old = await kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('before') }));
    await rotateEvery(90);
    kms.clock.advance(90 * DAY - 1);
    expect(await rotations()).toEqual([]);
    expect(await material()).toBe(first);
    kms.clock.advance(1);
    const second = await material();
    expect(second).not.toBe(first);
    const { Rotations } = await kms.root.send(
      new ListKeyRotationsCommand({ KeyId: id, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }),
    );
    expect(Rotations).toEqual([
      { KeyId: id, KeyMaterialId: first, KeyMaterialState: 'NON_CURRENT' },
      {
        KeyId: id,
        KeyMaterialId: second,
        KeyMaterialState: 'CURRENT',
        RotationDate: day(90),
        RotationType: 'AUTOMATIC',
      },
    ]);
    const opened = await kms.root.send(new DecryptCommand({ CiphertextBlob: old.CiphertextBlob }));
    expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe('before');
    expect(opened.KeyMaterialId).toBe(first);
    const fresh = await kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('after') }));
    const again = await kms.root.send(new DecryptCommand({ CiphertextBlob: fresh.CiphertextBlob }));
    expect(again.KeyMaterialId).toBe(second);
    const event = kms.recorded.find(({ eventName }) => eventName === 'RotateKey');
    expect(event).toMatchObject({
      eventType: 'AwsServiceEvent',
      eventTime: '2026-06-13T12:00:00Z',
      userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
      resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
    });
    expect(event?.serviceEventDetails).toEqual({
      rotationType: 'AUTOMATIC',
      keyOrigin: 'AWS_KMS',
      previousKeyMaterialId: first,
      currentKeyMaterialId: second,
      keyId: id,
    });
  });

  test('is rotated on each of its dates that the clock goes over at once', async () => {
    const { kms, rotations, status, rotateEvery } = await subject();
    const other = await kms.createKey();
    await rotateEvery(100);
    await acts(kms, other.id).rotateEvery(250);
    kms.clock.advance('P350D');
    expect(await rotations()).toEqual([
      ['AUTOMATIC', day(100)],
      ['AUTOMATIC', day(200)],
      ['AUTOMATIC', day(300)],
    ]);
    expect(await acts(kms, other.id).rotations()).toEqual([['AUTOMATIC', day(250)]]);
    expect((await status()).NextRotationDate).toEqual(day(400));
    const times = kms.recorded
      .filter(({ eventName }) => eventName === 'RotateKey')
      .map(({ eventTime }) => new Date(eventTime));
    expect(times).toEqual([day(100), day(200), day(250), day(300)]);
  });

  test('has a period that begins when it is enabled again', async () => {
    const { kms, id, rotations, status, rotateEvery } = await subject();
    await rotateEvery(100);
    kms.clock.advance('P60D');
    await rotateEvery(90);
    expect((await status()).NextRotationDate).toEqual(day(150));
    await kms.root.send(new DisableKeyRotationCommand({ KeyId: id }));
    expect(await status()).toEqual({ KeyId: id, KeyRotationEnabled: false });
    kms.clock.advance('P140D');
    expect(await rotations()).toEqual([]);
    await rotateEvery();
    expect((await status()).NextRotationDate).toEqual(day(565));
    // Disabling what is not enabled is no error.
    await kms.root.send(new DisableKeyRotationCommand({ KeyId: id }));
    await kms.root.send(new DisableKeyRotationCommand({ KeyId: id }));
  });
});

describe('a key that is disabled', () => {
  test('is not rotated, and when it missed a date is rotated once as it is enabled', async () => {
    const { kms, id, rotations, status, rotateEvery } = await subject();
    await rotateEvery(100);
    await kms.root.send(new DisableKeyCommand({ KeyId: id }));
    for (const command of [
      new EnableKeyRotationCommand({ KeyId: id }),
      new DisableKeyRotationCommand({ KeyId: id }),
    ]) {
      await expect(kms.root.send(command)).rejects.toMatchObject({ name: 'DisabledException' });
    }
    kms.clock.advance('P350D');
    expect(await rotations()).toEqual([]);
    expect(await status()).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 100 });
    await kms.root.send(new EnableKeyCommand({ KeyId: id }));
    expect(await rotations()).toEqual([['AUTOMATIC', day(350)]]);
    expect((await status()).NextRotationDate).toEqual(day(450));
    expect(kms.recorded.filter(({ eventName }) => eventName === 'RotateKey')).toHaveLength(1);
  });

  test('keeps its schedule when it missed no date', async () => {
    const { kms, id, rotations, status, rotateEvery } = await subject();
    await rotateEvery(100);
    kms.clock.advance('P10D');
    await kms.root.send(new DisableKeyCommand({ KeyId: id }));
    kms.clock.advance('P80D');
    await kms.root.send(new EnableKeyCommand({ KeyId: id }));
    expect(await rotations()).toEqual([]);
    expect((await status()).NextRotationDate).toEqual(day(100));
  });
});

test('a key pending deletion is not rotated and does not say that it will be, until that is cancelled', async () => {
  const { kms, id, arn, rotations, status, rotateEvery } = await subject();
  await rotateEvery(90);
  kms.clock.advance('P80D');
  await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 30 }));
  await expect(rotateEvery()).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
    message: `${arn} is pending deletion (or pending replica deletion).`,
  });
  kms.clock.advance('P20D');
  expect(await status()).toEqual({ KeyId: id, KeyRotationEnabled: false });
  await kms.root.send(new CancelKeyDeletionCommand({ KeyId: id }));
  expect(await status()).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 90 });
  expect(await rotations()).toEqual([]);
  await kms.root.send(new EnableKeyCommand({ KeyId: id }));
  expect(await rotations()).toEqual([['AUTOMATIC', day(100)]]);
});

test('a deleted key is not rotated', async () => {
  const { kms, id, rotateEvery } = await subject();
  await rotateEvery(90);
  await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
  kms.clock.advance('P1000D');
  expect(kms.recorded.map(({ eventName }) => eventName)).not.toContain('RotateKey');
  expect(kms.recorded.at(-1)?.eventName).toBe('DeleteKey');
});

describe('rotations on demand', () => {
  test('do not move the automatic ones, and are counted without them', async () => {
    const { kms, id, rotations, status, rotateEvery } = await subject();
    await rotateEvery(90);
    kms.clock.advance('P10D');
    const onDemand = () => kms.root.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    await onDemand();
    expect((await status()).NextRotationDate).toEqual(day(90));
    kms.clock.advance('P90D');
    expect(await rotations()).toEqual([
      ['ON_DEMAND', day(10)],
      ['AUTOMATIC', day(90)],
    ]);
    for (let count = 2; count <= 25; count += 1) await onDemand();
    await expect(onDemand()).rejects.toMatchObject({ name: 'LimitExceededException' });
  });

  test('are refused within 20 minutes before an automatic one', async () => {
    const { kms, id, rotateEvery } = await subject();
    await rotateEvery(90);
    const onDemand = () => kms.root.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    kms.clock.advance(90 * DAY - 20 * 60_000 - 1);
    await expect(onDemand()).resolves.toBeDefined();
    kms.clock.advance(1);
    await expect(onDemand()).rejects.toMatchObject({ name: 'ConflictException' });
    kms.clock.advance('PT20M');
    await expect(onDemand()).resolves.toBeDefined();
  });
});

test.each([
  ['an asymmetric', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }],
  ['an RSA encryption', { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }],
  ['an HMAC', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }],
] as const)('%s key is not rotated', async (_what, input) => {
  const kms = await localKms();
  const { id } = await kms.createKey(input);
  for (const command of [
    new EnableKeyRotationCommand({ KeyId: id }),
    new DisableKeyRotationCommand({ KeyId: id }),
    new GetKeyRotationStatusCommand({ KeyId: id }),
    new ListKeyRotationsCommand({ KeyId: id }),
    new RotateKeyOnDemandCommand({ KeyId: id }),
  ]) {
    await expect(kms.root.send(command)).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
  }
});

test('a key is not named by an alias here, and a policy can bound the period', async () => {
  const { kms, id } = await subject();
  await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: id }));
  await expect(kms.root.send(new EnableKeyRotationCommand({ KeyId: 'alias/pay' }))).rejects.toMatchObject({
    name: 'InvalidArnException',
  });
  const bounded = await kms.createKey({
    Policy: keyPolicy({
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:EnableKeyRotation',
      Resource: '*',
      Condition: { NumericGreaterThan: { 'kms:RotationPeriodInDays': '180' } },
    }),
  });
  const { rotateEvery } = acts(kms, bounded.id);
  await expect(rotateEvery(181)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  // What is not given is 365.
  await expect(rotateEvery()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(rotateEvery(180)).resolves.toBeDefined();
});

test('enabling is recorded with the period if one was given, disabling with the key', async () => {
  const { kms, id, arn, rotateEvery } = await subject();
  await rotateEvery(180);
  const common = {
    readOnly: false,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
  };
  expect(kms.recorded.at(-1)).toMatchObject({
    eventName: 'EnableKeyRotation',
    responseElements: { keyId: arn },
    ...common,
  });
  expect(kms.recorded.at(-1)?.requestParameters).toEqual({ keyId: id, rotationPeriodInDays: 180 });
  await rotateEvery();
  expect(kms.recorded.at(-1)?.requestParameters).toEqual({ keyId: id });
  await kms.root.send(new DisableKeyRotationCommand({ KeyId: arn }));
  expect(kms.recorded.at(-1)).toMatchObject({
    eventName: 'DisableKeyRotation',
    responseElements: null,
    ...common,
  });
  expect(kms.recorded.at(-1)?.requestParameters).toEqual({ keyId: arn });
});

test('what fell due while the server was stopped is made up for when it is next called', async () => {
  const database = databaseFile();
  const first = await startedKms({ database, clock: stillClock() });
  const { id } = await first.createKey();
  await acts(first, id).rotateEvery(90);
  await first.close();
  const clock = new VirtualClock({ realNow: () => START, offsetMilliseconds: 200 * DAY });
  const second = await localKms({ database, clock });
  expect(await acts(second, id).rotations()).toEqual([
    ['AUTOMATIC', day(90)],
    ['AUTOMATIC', day(180)],
  ]);
});

test('a file of another version is refused by name, and left as it is', async () => {
  const file = databaseFile();
  const former = new DatabaseSync(file);
  former.exec('CREATE TABLE keys (id TEXT PRIMARY KEY)');
  former.close();
  await expect(startedKms({ database: file })).rejects.toThrow(
    `${file} was made by another version of the local KMS: give another file, or delete it.`,
  );
});
