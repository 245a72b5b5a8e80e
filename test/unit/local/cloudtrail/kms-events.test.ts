import { RotateKeyOnDemandCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import type { CloudTrailRecord } from '../../../../local/cloudtrail/record.ts';
import { localKms, type TestKms } from '../kms/local-kms.ts';
import { bus, deliveryTo, record } from './destinations.ts';

/** What the bus has when all the records have been brought there. */
async function eventsOf(records: readonly CloudTrailRecord[], conditions?: TestKms['deliveryConditions']) {
  const { calls, events } = bus();
  const { delivery } = deliveryTo({ events, ...(conditions === undefined ? {} : { conditions }) });
  for (const one of records) delivery.deliver(one);
  await delivery.flush();
  return calls.flatMap(({ entries }) => entries);
}

const ofKms = (entries: Awaited<ReturnType<typeof eventsOf>>) =>
  entries
    .filter(({ Source }) => Source === 'keyward.local.kms')
    .map(({ Detail = '', ...entry }) => {
      const detail: unknown = JSON.parse(Detail);
      return Object.assign(entry, { Detail: detail });
    });

test('a rotation and the end of a key are events of AWS KMS too, beside their records', async () => {
  const kms = await localKms();
  const { id, arn } = await kms.createKey();
  await kms.root.send(new RotateKeyOnDemandCommand({ KeyId: id }));
  await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
  kms.clock.advance('P7D');
  const entries = await eventsOf(kms.recorded);
  expect(entries.map(({ DetailType }) => DetailType)).toEqual([
    'AWS API Call via CloudTrail',
    'AWS API Call via CloudTrail',
    'AWS Service Event via CloudTrail',
    'KMS CMK Rotation',
    'AWS API Call via CloudTrail',
    'AWS Service Event via CloudTrail',
    'KMS CMK Deletion',
  ]);
  const [rotated, deleted] = kms.recorded.filter(({ eventType }) => eventType === 'AwsServiceEvent');
  expect(ofKms(entries)).toEqual([
    {
      EventBusName: 'keyward',
      Source: 'keyward.local.kms',
      DetailType: 'KMS CMK Rotation',
      Time: new Date(rotated?.eventTime ?? ''),
      Resources: [arn],
      Detail: {
        'key-id': id,
        'key-origin': 'AWS_KMS',
        'rotation-type': 'ON_DEMAND',
        'previous-key-material-id': rotated?.serviceEventDetails?.previousKeyMaterialId,
        'current-key-material-id': rotated?.serviceEventDetails?.currentKeyMaterialId,
      },
    },
    {
      EventBusName: 'keyward',
      Source: 'keyward.local.kms',
      DetailType: 'KMS CMK Deletion',
      Time: new Date(deleted?.eventTime ?? ''),
      Resources: [arn],
      Detail: { 'key-id': id },
    },
  ]);
});

const ARN = 'arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** The record of something that AWS KMS has done to one key by itself. */
const serviceEvent = (eventName: string, serviceEventDetails?: Record<string, unknown>) =>
  record(1, {
    eventName,
    eventType: 'AwsServiceEvent',
    resources: [{ accountId: '000000000000', type: 'AWS::KMS::Key', ARN }],
    ...(serviceEventDetails === undefined ? {} : { serviceEventDetails }),
  });

test('so is the expiration of imported material', async () => {
  const details = { keyId: ARN.split('/')[1], keyMaterialId: 'ab'.repeat(32) };
  expect(ofKms(await eventsOf([serviceEvent('DeleteExpiredKeyMaterial', details)]))).toMatchObject([
    {
      DetailType: 'KMS Imported Key Material Expiration',
      Resources: [ARN],
      Detail: { 'key-id': details.keyId, 'key-material-id': details.keyMaterialId },
    },
  ]);
});

test('some of those that are sent as best it can may be lost; a record never is, and the end of a key neither', async () => {
  const kms = await localKms();
  await kms.post('/_local/cloudtrail/delivery', { seed: 1, bus: { lostKmsEvents: 0.5 } });
  const details = {
    rotationType: 'AUTOMATIC',
    keyOrigin: 'AWS_KMS',
    previousKeyMaterialId: 'ab'.repeat(32),
    currentKeyMaterialId: 'cd'.repeat(32),
  };
  const records = Array.from({ length: 200 }, () => [
    serviceEvent('RotateKey', details),
    serviceEvent('DeleteKey'),
  ]).flat();
  const entries = await eventsOf(records, kms.deliveryConditions);
  const count = (wanted: string) => entries.filter(({ DetailType }) => DetailType === wanted).length;
  expect(count('AWS Service Event via CloudTrail')).toBe(400);
  expect(count('KMS CMK Deletion')).toBe(200);
  expect(count('KMS CMK Rotation')).toBeGreaterThan(60);
  expect(count('KMS CMK Rotation')).toBeLessThan(140);
});

test('the end of a key may be told twice', async () => {
  const kms = await localKms();
  await kms.post('/_local/cloudtrail/delivery', { seed: 1, bus: { duplicates: 1 } });
  const entries = await eventsOf([serviceEvent('DeleteKey')], kms.deliveryConditions);
  expect(entries.map(({ DetailType }) => DetailType)).toEqual([
    'AWS Service Event via CloudTrail',
    'AWS Service Event via CloudTrail',
    'KMS CMK Deletion',
    'KMS CMK Deletion',
  ]);
});
