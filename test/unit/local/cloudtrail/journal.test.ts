import { expect, test } from 'vitest';
import { Journal } from '../../../../local/cloudtrail/journal.ts';
import type { CloudTrailRecord } from '../../../../local/cloudtrail/record.ts';
import { openDatabase } from '../../../../local/kms/store/database.ts';

const record: CloudTrailRecord = {
  eventVersion: '1.11',
  userIdentity: { accountId: '000000000000' },
  eventTime: '2026-11-28T00:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'EnableKey',
  awsRegion: 'us-east-1',
  sourceIPAddress: '127.0.0.1',
  userAgent: 'test',
  requestParameters: null,
  responseElements: null,
  eventID: 'event-1',
  readOnly: false,
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: '000000000000',
  eventCategory: 'Management',
};

/** A journal over a table of one column, whose log can fail. */
function journal({ logFails = false } = {}) {
  const database = openDatabase(':memory:');
  database.exec('CREATE TABLE done (what TEXT)');
  const delivered: unknown[] = [];
  const log = {
    append: () => {
      if (logFails) throw new Error('The disk is full.');
      database.exec("INSERT INTO done VALUES ('its record')");
    },
  };
  return {
    delivered,
    act: () => database.exec("INSERT INTO done VALUES ('the act')"),
    done: () =>
      database
        .prepare('SELECT what FROM done')
        .all()
        .map(({ what }) => what),
    journal: new Journal(database, log, (made) => {
      // What is delivered is no longer in a transaction that may be undone.
      database.exec('BEGIN; ROLLBACK');
      delivered.push(made.eventID);
    }),
  };
}

test('what is done is kept with its record, and the record is delivered after that', () => {
  const { journal: kept, act, done, delivered } = journal();
  const outcome = kept.keep(() => {
    act();
    return { outcome: 'answer', records: [record] };
  });
  expect(outcome).toBe('answer');
  expect(done()).toEqual(['the act', 'its record']);
  expect(delivered).toEqual(['event-1']);
});

test('what cannot be recorded is not done', () => {
  const { journal: kept, act, done, delivered } = journal({ logFails: true });
  const attempt = () =>
    kept.keep(() => {
      act();
      return { outcome: undefined, records: [record] };
    });
  expect(attempt).toThrow('The disk is full.');
  expect(done()).toEqual([]);
  expect(delivered).toEqual([]);
});

test('what fails leaves no record', () => {
  const { journal: kept, act, done, delivered } = journal();
  const attempt = () =>
    kept.keep(() => {
      act();
      throw new Error('It failed.');
    });
  expect(attempt).toThrow('It failed.');
  expect(done()).toEqual([]);
  expect(delivered).toEqual([]);
});
