import { gunzipSync } from 'node:zlib';
import type { PutEventsCommand, PutEventsCommandOutput } from '@aws-sdk/client-eventbridge';
import type { PutObjectCommand, PutObjectCommandOutput } from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createDelivery, type DeliveryOptions } from '../../../../local/cloudtrail/delivery.ts';
import type { CloudTrailRecord } from '../../../../local/cloudtrail/record.ts';

function record(number: number, fields: Partial<CloudTrailRecord> = {}): CloudTrailRecord {
  return {
    eventVersion: '1.11',
    userIdentity: { accountId: '000000000000' },
    eventTime: '2026-11-25T03:02:22Z',
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    awsRegion: 'us-east-1',
    sourceIPAddress: '127.0.0.1',
    userAgent: 'test',
    requestParameters: null,
    responseElements: null,
    eventID: `event-${number}`,
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '000000000000',
    eventCategory: 'Management',
    ...fields,
  };
}

/** A bus that answers as it is told: `fail` throws, and `refuse` says which entries of a call it refuses. */
function bus() {
  const calls: { ids: string[]; entries: object[] }[] = [];
  const behaviour = { fail: 0, refuse: (_id: string) => false };
  const client = {
    send: (command: PutEventsCommand): Promise<PutEventsCommandOutput> => {
      if (behaviour.fail > 0) {
        behaviour.fail -= 1;
        return Promise.reject(new Error('the bus is not there'));
      }
      const entries = command.input.Entries ?? [];
      const ids = entries.map(({ Detail = '' }) => /event-\d+/.exec(Detail)?.[0] ?? '');
      calls.push({ ids, entries });
      const Entries = ids.map((id) =>
        behaviour.refuse(id) ? { ErrorCode: 'InternalFailure', ErrorMessage: 'try again' } : { EventId: id },
      );
      return Promise.resolve({ $metadata: {}, Entries });
    },
  };
  return { calls, behaviour, events: { client, busName: 'keyward' } };
}

function bucket() {
  const objects: { key: string; contents: unknown }[] = [];
  const behaviour = { fail: 0 };
  const client = {
    send: (command: PutObjectCommand): Promise<PutObjectCommandOutput> => {
      if (behaviour.fail > 0) {
        behaviour.fail -= 1;
        return Promise.reject(new Error('no such bucket'));
      }
      const { Bucket, Key = '', Body } = command.input;
      expect(Bucket).toBe('trail');
      if (!(Body instanceof Uint8Array)) throw new TypeError('The body is not bytes.');
      const contents: unknown = JSON.parse(gunzipSync(Body).toString());
      objects.push({ key: Key, contents });
      return Promise.resolve({ $metadata: {} });
    },
  };
  return { objects, behaviour, trail: { client, bucket: 'trail' } };
}

function deliveryTo(options: DeliveryOptions) {
  const reports: string[] = [];
  const delivery = createDelivery({
    intervalMilliseconds: 10_000,
    report: (message) => reports.push(message),
    ...options,
  });
  onTestFinished(() => delivery.close());
  return { delivery, reports };
}

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
  test('in a gzip file for each day, where a trail puts it', async () => {
    const { objects, trail } = bucket();
    const { delivery } = deliveryTo({ trail });
    const late = record(3, { eventTime: '2026-12-01T00:00:00Z' });
    for (const one of [record(1), record(2), late]) delivery.deliver(one);
    await delivery.flush();
    expect(objects).toEqual([
      {
        key: expect.stringMatching(
          /^AWSLogs\/000000000000\/CloudTrail\/us-east-1\/2026\/11\/25\/000000000000_CloudTrail_us-east-1_20261125T0302Z_[0-9a-f]{16}\.json\.gz$/,
        ),
        contents: { Records: [record(1), record(2)] },
      },
      { key: expect.stringContaining('/2026/12/01/'), contents: { Records: [late] } },
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
