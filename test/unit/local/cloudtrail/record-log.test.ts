import { expect, test } from 'vitest';
import { RecordLog } from '../../../../local/cloudtrail/record-log.ts';
import { openDatabase } from '../../../../local/kms/store/database.ts';
import { localKms } from '../kms/local-kms.ts';

/** A log with so many records, each named by its number. */
async function logOf(count: number, most?: number): Promise<RecordLog> {
  const kms = await localKms();
  await kms.createKey();
  const [example] = kms.recorded;
  if (example === undefined) throw new Error('Nothing was recorded.');
  const log = new RecordLog(openDatabase(':memory:'), most);
  for (let number = 1; number <= count; number += 1) log.append({ ...example, eventName: `Call${number}` });
  return log;
}

const names = (records: readonly unknown[]) =>
  records.map((record) => (record as { eventName: string }).eventName);

test('a log of the latest records forgets those before, a thousand at a time, and counts on', async () => {
  const log = await logOf(5500, 2000);
  const { records, next } = log.since(0);
  expect(names(records).at(0)).toBe('Call3001');
  expect(records).toHaveLength(2500);
  expect(next).toBe(5500);
  expect(names(log.since(5498).records)).toEqual(['Call5499', 'Call5500']);
  expect([...log.newestFirst()]).toHaveLength(2500);
});

test('a log keeps everything when it is given no number', async () => {
  expect((await logOf(3000)).since(0).records).toHaveLength(3000);
});
