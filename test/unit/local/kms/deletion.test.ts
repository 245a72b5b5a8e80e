import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  ListAliasesCommand,
  ListKeysCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { localKms, type TestKms } from './local-kms.ts';

const DAY = 86_400_000;

async function dyingKey(kms: TestKms, days?: number) {
  const key = await kms.createKey();
  const answer = await kms.root.send(
    new ScheduleKeyDeletionCommand({ KeyId: key.id, PendingWindowInDays: days }),
  );
  return { ...key, answer };
}

test.each([
  [7, 7],
  [30, 30],
  [undefined, 30],
])('a window of %s days ends after %i', async (asked, days) => {
  const kms = await localKms();
  const { id, arn, answer } = await dyingKey(kms, asked);
  expect(answer).toMatchObject({ KeyId: arn, KeyState: 'PendingDeletion', PendingWindowInDays: days });
  const end = kms.clock.now().getTime() + days * DAY;
  expect(Math.abs(end - (answer.DeletionDate?.getTime() ?? 0))).toBeLessThan(10_000);
  const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
  expect(KeyMetadata).toMatchObject({
    Enabled: false,
    KeyState: 'PendingDeletion',
    DeletionDate: answer.DeletionDate,
  });
});

test.each([6, 31])('a window of %i days is refused', async (days) => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  await expect(
    kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: days })),
  ).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringMatching(/'pendingWindowInDays'/),
  });
});

describe('when the clock passes the deletion date', () => {
  test('the key is gone, with its aliases and what it encrypted', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey();
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: id }));
    const { CiphertextBlob } = await kms.root.send(
      new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('lost') }),
    );
    await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    kms.clock.advance('P6DT23H');
    await expect(kms.root.send(new DescribeKeyCommand({ KeyId: id }))).resolves.toBeDefined();
    kms.clock.advance('PT1H');
    await expect(kms.root.send(new DescribeKeyCommand({ KeyId: id }))).rejects.toMatchObject({
      name: 'NotFoundException',
      message: `Key '${arn}' does not exist`,
    });
    await expect(kms.root.send(new ListAliasesCommand({}))).resolves.toMatchObject({ Aliases: [] });
    await expect(kms.root.send(new ListKeysCommand({}))).resolves.toMatchObject({ Keys: [] });
    await expect(kms.root.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('CloudTrail has the event at once, once', async () => {
    const kms = await localKms();
    const { arn } = await dyingKey(kms, 7);
    kms.clock.advance('P7D');
    await kms.root.send(new ListKeysCommand({}));
    const events = kms.recorded.filter(({ eventName }) => eventName === 'DeleteKey');
    expect(events).toEqual([
      {
        eventVersion: '1.11',
        userIdentity: { accountId: '000000000000', invokedBy: 'AWS Internal' },
        eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        eventSource: 'kms.amazonaws.com',
        eventName: 'DeleteKey',
        awsRegion: 'us-east-1',
        sourceIPAddress: 'AWS Internal',
        userAgent: 'AWS Internal',
        requestParameters: null,
        responseElements: { keyId: arn },
        eventID: expect.stringMatching(/^[0-9a-f-]{36}$/),
        readOnly: false,
        resources: [{ accountId: '000000000000', type: 'AWS::KMS::Key', ARN: arn }],
        eventType: 'AwsServiceEvent',
        recipientAccountId: '000000000000',
        managementEvent: true,
        eventCategory: 'Management',
      },
    ]);
  });

  test('a request finds the key gone also when no one moved the clock', async () => {
    let now = Date.parse('2026-11-25T00:00:00Z');
    const kms = await localKms({ clock: new VirtualClock({ realNow: () => now }) });
    const { id } = await dyingKey(kms, 7);
    now += 7 * DAY;
    await expect(kms.root.send(new DescribeKeyCommand({ KeyId: id }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });
});

test('a deletion is cancelled to the last day, and leaves the key disabled', async () => {
  const kms = await localKms();
  const { id, arn } = await dyingKey(kms, 7);
  kms.clock.advance('P6D');
  await expect(kms.root.send(new CancelKeyDeletionCommand({ KeyId: id }))).resolves.toMatchObject({
    KeyId: arn,
  });
  kms.clock.advance('P30D');
  const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
  expect(KeyMetadata).toMatchObject({ KeyState: 'Disabled', Enabled: false });
  expect(KeyMetadata?.DeletionDate).toBeUndefined();
});

describe('when a test asks for the day that AWS KMS may take', () => {
  const START = Date.parse('2026-11-01T12:00:00Z');
  const HOUR = 3_600_000;
  const stillKms = () => localKms({ clock: new VirtualClock({ realNow: () => START }) });

  test('a key is deleted so much later: the answer has the date asked for, DescribeKey the real one', async () => {
    const kms = await stillKms();
    await kms.post('/_local/deletions', { delayMs: { from: 5 * HOUR, to: 5 * HOUR } });
    const { id } = await kms.createKey();
    const scheduled = await kms.root.send(
      new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }),
    );
    expect(scheduled.DeletionDate).toEqual(new Date(START + 7 * DAY));
    expect(kms.recorded.at(-1)?.responseElements?.deletionDate).toBe('Nov 8, 2026, 12:00:00 PM');
    const describeKey = () => kms.root.send(new DescribeKeyCommand({ KeyId: id }));
    expect((await describeKey()).KeyMetadata?.DeletionDate).toEqual(new Date(START + 7 * DAY + 5 * HOUR));
    kms.clock.advance(7 * DAY + 5 * HOUR - 1);
    expect((await describeKey()).KeyMetadata?.KeyState).toBe('PendingDeletion');
    kms.clock.advance(1);
    await expect(describeKey()).rejects.toMatchObject({ name: 'NotFoundException' });
    const deleted = kms.recorded.find(({ eventName }) => eventName === 'DeleteKey');
    expect(deleted?.eventTime).toBe('2026-11-08T17:00:00Z');
  });

  test('the event has the time of the deletion, also when the clock went over it', async () => {
    const kms = await stillKms();
    await dyingKey(kms, 7);
    kms.clock.advance('P30D');
    const deleted = kms.recorded.find(({ eventName }) => eventName === 'DeleteKey');
    expect(deleted?.eventTime).toBe('2026-11-08T12:00:00Z');
  });

  test('the deletion can be cancelled until then', async () => {
    const kms = await stillKms();
    await kms.post('/_local/deletions', { delayMs: { from: HOUR, to: HOUR } });
    const { id } = await dyingKey(kms, 7);
    kms.clock.advance(7 * DAY);
    await kms.root.send(new CancelKeyDeletionCommand({ KeyId: id }));
    kms.clock.advance(HOUR);
    const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata?.KeyState).toBe('Disabled');
  });

  test('the same seed makes the same keys late, a day at most', async () => {
    const dates = async (seed: number) => {
      const kms = await stillKms();
      await kms.post('/_local/deletions', { seed, delayMs: { from: 0, to: DAY } });
      const all: number[] = [];
      for (let count = 0; count < 5; count += 1) {
        const { id } = await dyingKey(kms, 7);
        const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
        all.push((KeyMetadata?.DeletionDate?.getTime() ?? 0) - START - 7 * DAY);
      }
      return all;
    };
    const first = await dates(1);
    expect(await dates(1)).toEqual(first);
    expect(await dates(2)).not.toEqual(first);
    expect(Math.min(...first)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...first)).toBeLessThanOrEqual(DAY);
    expect(new Set(first).size).toBe(5);
    const kms = await stillKms();
    const { status } = await kms.post('/_local/deletions', { delayMs: { from: 0, to: DAY + 1 } });
    expect(status).toBe(400);
  });
});
