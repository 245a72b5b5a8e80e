import { gzipSync } from 'node:zlib';
import type { GetObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { type TrailClient, trailFileReader } from '../../../lambdas/adapters/trail-file.ts';
import { aRecord } from './records.ts';

const file = { bucket: 'trail', key: 'AWSLogs/a.json.gz' };

function s3(bytes: Uint8Array | Error, ContentLength?: number): TrailClient & { asked: GetObjectCommand[] } {
  const asked: GetObjectCommand[] = [];
  return {
    asked,
    send: async (command) => {
      asked.push(command);
      if (bytes instanceof Error) throw bytes;
      return {
        ContentLength: ContentLength ?? bytes.length,
        Body: { transformToByteArray: async () => bytes },
      };
    },
  };
}

test('the records of a log file are read', async () => {
  const records = [aRecord('DisableKey'), aRecord('EnableKey')];
  const client = s3(gzipSync(JSON.stringify({ Records: records })));
  expect(await trailFileReader(client)(file)).toEqual(records);
  expect(client.asked[0]?.input).toEqual({ Bucket: 'trail', Key: 'AWSLogs/a.json.gz' });
});

test.each([
  ['not packed', Buffer.from('{"Records":[]}')],
  ['cut off', gzipSync('{"Records":[]}').subarray(0, 12)],
  ['no JSON', gzipSync('Records')],
  ['without records', gzipSync('{"digestPublicKeyFingerprint":"a"}')],
  ['empty', new Uint8Array()],
])('a file that is %s is corrupt', async (_, bytes) => {
  await expect(trailFileReader(s3(bytes))(file)).rejects.toMatchObject({
    code: 'TrailFileCorrupt',
    details: file,
  });
});

test('a file that is too large is not read', async () => {
  const refused = { code: 'TrailFileTooLarge', details: file };
  await expect(trailFileReader(s3(gzipSync('{}'), 17 * 1024 * 1024))(file)).rejects.toMatchObject(refused);
});

test('nor one that unpacks into too much', async () => {
  const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024, 0x20));
  await expect(trailFileReader(s3(bomb))(file)).rejects.toMatchObject({ code: 'TrailFileTooLarge' });
});

test('a failed download says whether it is worth another try', async () => {
  const busy = Object.assign(new Error('Reduce your request rate.'), {
    name: 'SlowDown',
    $metadata: { httpStatusCode: 503 },
  });
  const denied = Object.assign(new Error('Access Denied'), {
    name: 'AccessDenied',
    $metadata: { httpStatusCode: 403 },
  });
  await expect(trailFileReader(s3(busy))(file)).rejects.toMatchObject({ code: 'BackendBusy' });
  await expect(trailFileReader(s3(denied))(file)).rejects.toMatchObject({ code: 'BackendRefused' });
});
