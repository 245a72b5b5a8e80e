import { gunzipSync } from 'node:zlib';
import type {
  PutEventsCommand,
  PutEventsCommandOutput,
  PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import type { PutObjectCommand, PutObjectCommandOutput } from '@aws-sdk/client-s3';
import { expect, onTestFinished } from 'vitest';
import { createDelivery, type DeliveryOptions } from '../../../../local/cloudtrail/delivery.ts';
import type { CloudTrailRecord } from '../../../../local/cloudtrail/record.ts';

/** A record with no more than every record has. */
export function record(number: number, fields: Partial<CloudTrailRecord> = {}): CloudTrailRecord {
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
export function bus() {
  const calls: { ids: string[]; entries: PutEventsRequestEntry[] }[] = [];
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

/** A bucket that keeps what is written, and fails as often as it is told. */
export function bucket() {
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

/** A delivery that sends nothing before it is told to. */
export function deliveryTo(options: DeliveryOptions) {
  const reports: string[] = [];
  const delivery = createDelivery({
    intervalMilliseconds: 10_000,
    report: (message) => reports.push(message),
    ...options,
  });
  onTestFinished(() => delivery.close());
  return { delivery, reports };
}
