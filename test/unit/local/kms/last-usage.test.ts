import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateRandomCommand,
  GetKeyLastUsageCommand,
  GetPublicKeyCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { ACCOUNT, identityPolicy, keyPolicy, localKms, ROOT, type TestKms } from './local-kms.ts';

const START = '2026-11-01T12:00:00.250Z';
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const Plaintext = Buffer.from('plain');

/** A server on a clock that moves only when it is told. */
const stillKms = () => localKms({ clock: new VirtualClock({ realNow: () => Date.parse(START) }) });

const usageOf = (kms: TestKms, KeyId: string) => kms.root.send(new GetKeyLastUsageCommand({ KeyId }));
const encrypt = (kms: TestKms, KeyId: string) => kms.root.send(new EncryptCommand({ KeyId, Plaintext }));

test('the last successful use of a key is known with its record, and of no other', async () => {
  const kms = await stillKms();
  const [{ id, arn }, { id: other }] = [await kms.createKey(), await kms.createKey()];
  expect(await usageOf(kms, id)).toMatchObject({
    KeyId: id,
    KeyLastUsage: {},
    KeyCreationDate: new Date(START),
    TrackingStartDate: new Date(START),
  });
  kms.clock.advance(HOUR);
  await encrypt(kms, id);
  kms.clock.advance(HOUR);
  const { $metadata: call } = await kms.root.send(
    new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256' }),
  );
  const { KeyLastUsage } = await usageOf(kms, arn);
  expect(KeyLastUsage).toEqual({
    Operation: 'GenerateDataKey',
    Timestamp: new Date('2026-11-01T14:00:00Z'),
    KmsRequestId: call.requestId,
    CloudTrailEventId: kms.recorded.find(({ eventName }) => eventName === 'GenerateDataKey')?.eventID,
  });
  expect((await usageOf(kms, other)).KeyLastUsage).toEqual({});
});

test('an alias does not name the key', async () => {
  const kms = await localKms();
  await expect(usageOf(kms, 'alias/pay')).rejects.toMatchObject({ name: 'InvalidArnException' });
});

test('what does not use the key, and what fails, is not tracked', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const signing = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  const { CiphertextBlob } = await encrypt(kms, (await kms.createKey()).id);
  await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
  await kms.root.send(new GenerateRandomCommand({ NumberOfBytes: 1 }));
  await kms.root.send(new GetPublicKeyCommand({ KeyId: signing.id }));
  await kms.root.send(new DisableKeyCommand({ KeyId: id }));
  await expect(encrypt(kms, id)).rejects.toMatchObject({ name: 'DisabledException' });
  await kms.root.send(new EnableKeyCommand({ KeyId: id }));
  await expect(
    kms.root.send(new EncryptCommand({ KeyId: id, Plaintext, DryRun: true })),
  ).rejects.toMatchObject({
    name: 'DryRunOperationException',
  });
  await expect(kms.root.send(new DecryptCommand({ KeyId: id, CiphertextBlob }))).rejects.toMatchObject({
    name: 'IncorrectKeyException',
  });
  expect((await usageOf(kms, id)).KeyLastUsage).toEqual({});
  expect((await usageOf(kms, signing.id)).KeyLastUsage).toEqual({});
});

test('a replica and its primary key are tracked each by itself', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey({ MultiRegion: true });
  await kms.root.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'eu-west-1' }));
  const there = kms.client('test', { region: 'eu-west-1' });
  await there.send(new EncryptCommand({ KeyId: id, Plaintext }));
  const replica = await there.send(new GetKeyLastUsageCommand({ KeyId: id }));
  expect(replica.KeyLastUsage?.Operation).toBe('Encrypt');
  expect((await usageOf(kms, id)).KeyLastUsage).toEqual({});
});

describe('when a test asks for the delay of AWS KMS', () => {
  test('a use is known when that is over, and the one before until then', async () => {
    const kms = await stillKms();
    const { id } = await kms.createKey();
    await encrypt(kms, id);
    await kms.post('/_local/key-last-usage', { delayMs: { from: HOUR, to: HOUR } });
    kms.clock.advance(SECOND);
    await kms.root.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256' }));
    const operation = async () => (await usageOf(kms, id)).KeyLastUsage?.Operation;
    expect(await operation()).toBe('Encrypt');
    kms.clock.advance(HOUR - 1);
    expect(await operation()).toBe('Encrypt');
    kms.clock.advance(1);
    expect(await operation()).toBe('GenerateDataKey');
  });

  test('a use that is recorded after a later one does not hide it', async () => {
    const kms = await stillKms();
    const { id } = await kms.createKey();
    await kms.post('/_local/key-last-usage', { delayMs: { from: HOUR, to: HOUR } });
    await encrypt(kms, id);
    await fetch(`${kms.url}/_local/key-last-usage`, { method: 'DELETE' });
    kms.clock.advance(SECOND);
    await kms.root.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256' }));
    expect((await usageOf(kms, id)).KeyLastUsage?.Operation).toBe('GenerateDataKey');
    kms.clock.advance(HOUR);
    expect((await usageOf(kms, id)).KeyLastUsage?.Operation).toBe('GenerateDataKey');
  });

  test('the same seed delays the same', async () => {
    const known = async (seed: number) => {
      const kms = await stillKms();
      await kms.post('/_local/key-last-usage', { seed, delayMs: { from: 0, to: HOUR } });
      const keys = await Promise.all(Array.from({ length: 10 }, async () => (await kms.createKey()).id));
      for (const id of keys) await encrypt(kms, id);
      kms.clock.advance(HOUR / 2);
      const usages = await Promise.all(keys.map((id) => usageOf(kms, id)));
      return usages.map(({ KeyLastUsage }) => KeyLastUsage?.Operation !== undefined);
    };
    const first = await known(4);
    expect(await known(4)).toEqual(first);
    expect(await known(5)).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([true, false]));
  });

  test('an hour is the longest', async () => {
    const kms = await localKms();
    const { status } = await kms.post('/_local/key-last-usage', { delayMs: { from: 0, to: HOUR + 1 } });
    expect(status).toBe(400);
  });
});

test('nobody can tell a key that is not used from one that was used before tracking began', async () => {
  const kms = await stillKms();
  const { id } = await kms.createKey();
  await encrypt(kms, id);
  kms.clock.advance(10 * DAY);
  const trackingStartDate = '2026-11-06T00:00:00Z';
  await kms.post('/_local/key-last-usage', { trackingStartDate });
  const usage = await usageOf(kms, id);
  expect(usage.KeyLastUsage).toEqual({});
  expect(usage.KeyCreationDate).toEqual(new Date(START));
  expect(usage.TrackingStartDate).toEqual(new Date(trackingStartDate));
  const { id: young } = await kms.createKey();
  const { KeyCreationDate, TrackingStartDate } = await usageOf(kms, young);
  expect(TrackingStartDate).toEqual(KeyCreationDate);
});

describe('kms:TrailingDaysWithoutKeyUsage', () => {
  const denial = {
    Effect: 'Deny',
    Action: ['kms:DisableKey', 'kms:ScheduleKeyDeletion'],
    Resource: '*',
    Condition: { NumericLessThanEquals: { 'kms:TrailingDaysWithoutKeyUsage': 90 } },
  };
  const guarded = keyPolicy({ ...denial, Principal: { AWS: '*' } });
  const disable = (kms: TestKms, KeyId: string) => kms.root.send(new DisableKeyCommand({ KeyId }));
  const denied = { name: 'AccessDeniedException' };

  test('counts whole days since the last use', async () => {
    const kms = await stillKms();
    const { id } = await kms.createKey({ Policy: guarded });
    kms.clock.advance(200 * DAY);
    await encrypt(kms, id);
    kms.clock.advance(91 * DAY - 1);
    await expect(disable(kms, id)).rejects.toMatchObject(denied);
    kms.clock.advance(1);
    await disable(kms, id);
  });

  test('counts from the creation of a key that was never used', async () => {
    const kms = await stillKms();
    const { id } = await kms.createKey({ Policy: guarded });
    kms.clock.advance(91 * DAY - 1);
    await expect(disable(kms, id)).rejects.toMatchObject(denied);
    kms.clock.advance(1);
    await disable(kms, id);
  });

  test('counts from the begin of tracking when that is later', async () => {
    const kms = await stillKms();
    const { id } = await kms.createKey({ Policy: guarded });
    await encrypt(kms, id);
    kms.clock.advance(100 * DAY);
    const trackingStartDate = new Date(kms.clock.now().getTime() - DAY).toISOString();
    await kms.post('/_local/key-last-usage', { trackingStartDate });
    await expect(disable(kms, id)).rejects.toMatchObject(denied);
    kms.clock.advance(90 * DAY);
    await disable(kms, id);
  });

  test('goes by the uses that have been recorded', async () => {
    const kms = await stillKms();
    const { id } = await kms.createKey({ Policy: guarded });
    kms.clock.advance(100 * DAY);
    await kms.post('/_local/key-last-usage', { delayMs: { from: HOUR, to: HOUR } });
    await encrypt(kms, id);
    await disable(kms, id);
    await kms.root.send(new EnableKeyCommand({ KeyId: id }));
    kms.clock.advance(HOUR);
    await expect(disable(kms, id)).rejects.toMatchObject(denied);
  });

  test('guards the deletion too, and works in an identity-based policy', async () => {
    const kms = await stillKms();
    const { id } = await kms.createKey();
    const allowed = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };
    const role = `arn:aws:sts::${ACCOUNT}:assumed-role/Cleaner/run-1`;
    const cleaner = await kms.as(role, [identityPolicy(allowed, denial)]);
    const command = new ScheduleKeyDeletionCommand({ KeyId: id });
    await expect(cleaner.send(command)).rejects.toMatchObject(denied);
    kms.clock.advance(91 * DAY);
    await cleaner.send(command);
  });

  test('is there for these two operations only', async () => {
    const kms = await localKms();
    const present = { Null: { 'kms:TrailingDaysWithoutKeyUsage': 'false' } };
    const Policy = keyPolicy({ ...denial, Action: 'kms:*', Principal: { AWS: ROOT }, Condition: present });
    const { KeyMetadata: { KeyId } = {} } = await kms.root.send(new CreateKeyCommand({ Policy }));
    await encrypt(kms, KeyId ?? '');
    await expect(disable(kms, KeyId ?? '')).rejects.toMatchObject(denied);
  });
});
