import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { bucket, bus, deliveryTo, record } from './destinations.ts';

describe('delivery to a bus', () => {
  test('in calls of ten, in order, as CloudTrail events of a source of its own', async () => {
    const { calls, events } = bus();
    const { delivery } = deliveryTo({ events });
    for (let number = 1; number <= 23; number += 1) delivery.deliver(record(number));
    delivery.deliver(record(24, { eventType: 'AwsServiceEvent' }));
    await delivery.flush();
    expect(calls.map(({ ids }) => ids.length)).toEqual([10, 10, 4]);
    expect(calls.flatMap(({ ids }) => ids)).toEqual(
      Array.from({ length: 24 }, (_, index) => `event-${index + 1}`),
    );
    expect(calls[0]?.entries[0]).toEqual({
      EventBusName: 'keyward',
      Source: 'keyward.local.cloudtrail',
      DetailType: 'AWS API Call via CloudTrail',
      Time: new Date('2026-11-25T03:02:22Z'),
      Resources: [],
      Detail: JSON.stringify(record(1)),
    });
    expect(calls[2]?.entries.at(-1)).toMatchObject({ DetailType: 'AWS Service Event via CloudTrail' });
  });

  test('in calls below the size that one may have', async () => {
    const { calls, events } = bus();
    const { delivery } = deliveryTo({ events });
    const requestParameters = { policy: 'x'.repeat(90_000) };
    for (const number of [1, 2, 3]) delivery.deliver(record(number, { requestParameters }));
    await delivery.flush();
    expect(calls.map(({ ids }) => ids.length)).toEqual([2, 1]);
  });

  test('by itself, after a short while', async () => {
    const { calls, events } = bus();
    const { delivery } = deliveryTo({ events, intervalMilliseconds: 5 });
    delivery.deliver(record(1));
    delivery.deliver(record(2));
    await expect.poll(() => calls.map(({ ids }) => ids)).toEqual([['event-1', 'event-2']]);
  });

  test('again for the entries that the bus refused, and only those', async () => {
    const { calls, behaviour, events } = bus();
    const { delivery, reports } = deliveryTo({ events });
    behaviour.refuse = (id) => id === 'event-2';
    for (const number of [1, 2, 3]) delivery.deliver(record(number));
    await delivery.flush();
    expect(reports).toEqual([
      'EventBridge: 1 records are not delivered yet, trying again: InternalFailure: try again',
    ]);
    behaviour.refuse = () => false;
    await delivery.flush();
    expect(calls.map(({ ids }) => ids)).toEqual([['event-1', 'event-2', 'event-3'], ['event-2']]);
  });

  test('again by itself when the call failed', async () => {
    const { calls, behaviour, events } = bus();
    const { delivery, reports } = deliveryTo({ events, intervalMilliseconds: 5 });
    behaviour.fail = 1;
    delivery.deliver(record(1));
    await expect.poll(() => calls.flatMap(({ ids }) => ids), { timeout: 3000 }).toEqual(['event-1']);
    expect(reports).toEqual([
      'EventBridge: 1 records are not delivered yet, trying again: the bus is not there',
    ]);
  });

  test('of the rest after a call in the middle failed, without a second copy of the first', async () => {
    const { calls, behaviour, events } = bus();
    const { delivery } = deliveryTo({ events });
    for (let number = 1; number <= 12; number += 1) delivery.deliver(record(number));
    const send = events.client.send;
    let sent = 0;
    events.client.send = (command) => {
      sent += 1;
      if (sent === 2) behaviour.fail = 1;
      return send(command);
    };
    await delivery.flush();
    await delivery.flush();
    expect(calls.map(({ ids }) => ids.length)).toEqual([10, 2]);
  });

  test('what is left at the end is counted', async () => {
    const { behaviour, events } = bus();
    const { delivery, reports } = deliveryTo({ events });
    behaviour.fail = Number.POSITIVE_INFINITY;
    delivery.deliver(record(1));
    delivery.deliver(record(2));
    await delivery.close();
    expect(reports.at(-1)).toBe('EventBridge: 2 records were not delivered.');
  });
});

describe('delivery to a bucket', () => {
  test('in a gzip file for each account and Region, where and as a trail names it when it is written', async () => {
    const { objects, trail } = bucket();
    const clock = new VirtualClock({ realNow: () => Date.parse('2026-12-01T00:04:59Z') });
    const { delivery } = deliveryTo({ trail, clock });
    const elsewhere = record(3, { awsRegion: 'eu-west-1' });
    const ofAnother = record(4, { recipientAccountId: '111122223333' });
    for (const one of [record(1), record(2), elsewhere, ofAnother]) delivery.deliver(one);
    await delivery.flush();
    expect(objects).toEqual([
      {
        key: expect.stringMatching(
          /^AWSLogs\/000000000000\/CloudTrail\/us-east-1\/2026\/12\/01\/000000000000_CloudTrail_us-east-1_20261201T0004Z_[0-9A-Za-z]{16}\.json\.gz$/,
        ),
        contents: { Records: [record(1), record(2)] },
      },
      {
        key: expect.stringContaining(
          'AWSLogs/000000000000/CloudTrail/eu-west-1/2026/12/01/000000000000_CloudTrail_eu-west-1_',
        ),
        contents: { Records: [elsewhere] },
      },
      {
        key: expect.stringContaining(
          'AWSLogs/111122223333/CloudTrail/us-east-1/2026/12/01/111122223333_CloudTrail_us-east-1_',
        ),
        contents: { Records: [ofAnother] },
      },
    ]);
  });

  test('does not hold up the bus when it fails', async () => {
    const { behaviour, objects, trail } = bucket();
    const { calls, events } = bus();
    const { delivery, reports } = deliveryTo({ trail, events });
    behaviour.fail = 1;
    delivery.deliver(record(1));
    await delivery.flush();
    expect(calls).toHaveLength(1);
    expect(reports).toEqual(['S3: 1 records are not delivered yet, trying again: no such bucket']);
    await delivery.flush();
    expect(objects).toHaveLength(1);
    expect(calls).toHaveLength(1);
  });
});

test('an account gets its own records: on the bus those of its Region, in the bucket those of all', async () => {
  const { calls, events } = bus();
  const { objects, trail } = bucket();
  const account = { accountId: '000000000000', region: 'us-east-1' };
  const { delivery } = deliveryTo({ events, trail, account });
  delivery.deliver(record(1));
  delivery.deliver(record(2, { awsRegion: 'eu-west-1' }));
  delivery.deliver(record(3, { recipientAccountId: '111122223333' }));
  await delivery.flush();
  expect(calls.flatMap(({ ids }) => ids)).toEqual(['event-1']);
  expect(objects.map(({ contents }) => contents)).toEqual([
    { Records: [record(1)] },
    { Records: [record(2, { awsRegion: 'eu-west-1' })] },
  ]);
});
