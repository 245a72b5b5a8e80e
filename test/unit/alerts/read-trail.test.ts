import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { log } from '../../../lambdas/adapters/log.ts';
import { readTrail } from '../../../lambdas/alerts/read-trail.ts';
import { BackendBusy, InvalidInput } from '../../../lambdas/domain/errors.ts';
import { world } from './fakes.ts';
import { aRecord } from './records.ts';

log.setLogLevel('SILENT');

const folder = 'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/25';

function message(messageId: string, ...keys: string[]): { messageId: string; body: string } {
  const Records = keys.map((key) => ({
    eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: 'trail' }, object: { key, size: 900 } },
  }));
  return { messageId, body: JSON.stringify({ Records }) };
}

/** A bucket: the records of each key, or the error of reading it. */
function bucket(files: Readonly<Record<string, readonly unknown[] | Error>>) {
  const read: string[] = [];
  return {
    read,
    readFile: async ({ bucket: name, key }: { bucket: string; key: string }): Promise<readonly unknown[]> => {
      read.push(`${name}/${key}`);
      const file = files[key] ?? new Error(`NoSuchKey ${key}`);
      if (file instanceof Error) throw file;
      return file;
    },
  };
}

describe('the trail', () => {
  let logged: MockInstance;
  beforeEach(() => {
    logged = vi.spyOn(log, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => {
    logged.mockRestore();
  });

  test('is read file by file, and only changes of managed keys are told', async () => {
    const { deps, published } = world();
    const { readFile } = bucket({
      [`${folder}/a.json.gz`]: [
        aRecord('Decrypt'),
        { eventSource: 'ec2.amazonaws.com' },
        aRecord('DisableKey', { eventID: '1' }),
      ],
      [`${folder}/b.json.gz`]: [aRecord('EnableKey', { eventID: '2' })],
    });
    const answer = await readTrail({ ...deps, readFile })({
      Records: [message('m1', `${folder}/a.json.gz`, `${folder}/b.json.gz`)],
    });
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(published.map(({ event, channel }) => [event, channel])).toEqual([
      ['DisableKey', 'trail'],
      ['EnableKey', 'trail'],
    ]);
  });

  test('one bad file fails its message alone', async () => {
    const { deps, published } = world();
    const { readFile } = bucket({
      'good-1': [aRecord('DisableKey', { eventID: '1' })],
      bad: new BackendBusy('GetObject did not go through.'),
      'good-2': [aRecord('EnableKey', { eventID: '2' })],
    });
    const answer = await readTrail({ ...deps, readFile })({
      Records: [message('m1', 'good-1'), message('m2', 'bad'), message('m3', 'good-2')],
    });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
    expect(published).toHaveLength(2);
    expect(logged).toHaveBeenCalledWith(
      expect.any(String),
      expect.objectContaining({ code: 'BackendBusy', messageId: 'm2' }),
    );
  });

  test('a bad record holds up no other, and fails the message', async () => {
    const { deps, published } = world();
    const { readFile } = bucket({
      file: [aRecord('DisableKey', { eventID: undefined }), 'nothing', aRecord('EnableKey')],
    });
    const answer = await readTrail({ ...deps, readFile })({ Records: [message('m1', 'file')] });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(published.map(({ event }) => event)).toEqual(['EnableKey']);
    expect(logged).toHaveBeenCalledWith(
      expect.any(String),
      expect.objectContaining({ code: 'RecordUnreadable', file: 'file' }),
    );
  });

  test('digests and insights are passed over', async () => {
    const { readFile, read } = bucket({ [`${folder}/a.json.gz`]: [] });
    const keys = [
      folder.replace('CloudTrail', 'CloudTrail-Digest'),
      folder.replace('CloudTrail', 'CloudTrail-Insight'),
      folder,
    ].map((path) => `${path}/a.json.gz`);
    const answer = await readTrail({ ...world().deps, readFile })({ Records: [message('m1', ...keys)] });
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(read).toEqual([`trail/${folder}/a.json.gz`]);
  });

  test('keys are decoded as S3 encodes them', async () => {
    const { readFile, read } = bucket({ 'my logs/a+b=c.json.gz': [] });
    await readTrail({ ...world().deps, readFile })({
      Records: [message('m1', 'my+logs/a%2Bb%3Dc.json.gz')],
    });
    expect(read).toEqual(['trail/my logs/a+b=c.json.gz']);
  });

  test("S3's first message is understood", async () => {
    const { readFile, read } = bucket({});
    const body = JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'trail' });
    const answer = await readTrail({ ...world().deps, readFile })({ Records: [{ messageId: 'm1', body }] });
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(read).toEqual([]);
  });

  test.each([
    ['no JSON', 'Records'],
    ['something else', '{"Message":"hello"}'],
    ['a key that is not encoded', message('m1', '100%').body],
  ])('a message with %s fails', async (_, body) => {
    const { readFile } = bucket({});
    const answer = await readTrail({ ...world().deps, readFile })({ Records: [{ messageId: 'm1', body }] });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(logged).toHaveBeenCalledWith(
      expect.any(String),
      expect.objectContaining({ code: 'InvalidInput' }),
    );
  });

  test('what is no batch of SQS is refused as a whole', async () => {
    await expect(readTrail({ ...world().deps, ...bucket({}) })({ detail: {} })).rejects.toThrow(InvalidInput);
  });
});
