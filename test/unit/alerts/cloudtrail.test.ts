import { describe, expect, test } from 'vitest';
import { RecordUnreadable, readRecordedCall } from '../../../lambdas/adapters/cloudtrail.ts';
import { aKey } from '../domain/examples.ts';
import {
  ACCOUNT,
  aboutAlias,
  aRecord,
  byKms,
  EVE,
  type Fields,
  KMS_KEY_ARN,
  KMS_KEY_ID,
  REGION,
  refused,
  STEP_ROLE,
  sessionOf,
} from './records.ts';

test('a call is read from its record', () => {
  expect(readRecordedCall(aRecord('DisableKey'))).toEqual({
    eventId: 'c9b5b6c2-7a44-4f51-8d1e-0a4b3f2e1d00',
    eventName: 'DisableKey',
    at: '2026-11-25T10:00:00.000Z',
    errorCode: undefined,
    caller: { name: EVE, arn: EVE, roleArn: undefined, service: undefined },
    sourceIp: '192.0.2.10',
    kmsKeyArns: [KMS_KEY_ARN],
    aliases: [],
    tagKeys: [],
  });
});

const bare = { resources: undefined, responseElements: null, requestParameters: null };
const other = `arn:aws:kms:${REGION}:${ACCOUNT}:key/9d8c7b6a-0000-4000-8000-000000000000`;

test.each<[string, Fields, string[]]>([
  ['from its resources first', { responseElements: { keyId: other } }, [KMS_KEY_ARN, other]],
  ['from the answer', { ...bare, responseElements: { keyId: KMS_KEY_ARN } }, [KMS_KEY_ARN]],
  ['from an answer with the bare id', { ...bare, responseElements: { keyId: KMS_KEY_ID } }, [KMS_KEY_ARN]],
  ['from what was asked', { ...bare, requestParameters: { keyId: KMS_KEY_ID } }, [KMS_KEY_ARN]],
  ['from the target of an alias', { ...bare, requestParameters: { targetKeyId: KMS_KEY_ID } }, [KMS_KEY_ARN]],
  ['not at all', bare, []],
  [
    'from what IAM says of a denied call',
    {
      ...bare,
      errorCode: 'AccessDenied',
      errorMessage: `User: ${EVE} is not authorized to perform: kms:DisableKey on resource: ${KMS_KEY_ARN} with an explicit deny in a resource-based policy`,
    },
    [KMS_KEY_ARN],
  ],
  [
    'not from the text of any other error',
    {
      ...bare,
      errorCode: 'ValidationException',
      errorMessage: `no such thing on resource: ${KMS_KEY_ARN} at all`,
    },
    [],
  ],
  [
    'not from a bare id without an account',
    { ...bare, recipientAccountId: undefined, requestParameters: { keyId: KMS_KEY_ID } },
    [],
  ],
  [
    'not from what only looks like a key',
    { ...bare, requestParameters: { keyId: `${KMS_KEY_ARN}/../x` } },
    [],
  ],
])('the key is known %s', (_, changes, expected) => {
  expect(readRecordedCall(aRecord('DisableKey', changes))?.kmsKeyArns).toEqual(expected);
});

test('a bare id is of the partition of the caller', () => {
  const arn = `arn:aws-us-gov:iam::${ACCOUNT}:user/eve`;
  const call = readRecordedCall(
    aRecord('DisableKey', { ...bare, userIdentity: { arn }, requestParameters: { keyId: KMS_KEY_ID } }),
  );
  expect(call?.kmsKeyArns).toEqual([KMS_KEY_ARN.replace('arn:aws:', 'arn:aws-us-gov:')]);
});

test.each<[string, Fields]>([
  ['resources', aboutAlias(aKey.alias)],
  ['the name asked for', { ...bare, requestParameters: { aliasName: aKey.alias } }],
  ['a key that was asked for by its alias', { ...bare, requestParameters: { keyId: aKey.alias } }],
])('aliases are known from %s', (_, changes) => {
  expect(readRecordedCall(aRecord('UpdateAlias', changes))?.aliases).toEqual([aKey.alias]);
});

test('tags are known from both calls', () => {
  const tagged = {
    keyId: KMS_KEY_ID,
    tags: [{ tagKey: 'keyward:managed', tagValue: 'false' }, 7, { tagKey: null }],
  };
  const untagged = { keyId: KMS_KEY_ID, tagKeys: ['keyward:managed', null] };
  expect(readRecordedCall(aRecord('TagResource', { requestParameters: tagged }))?.tagKeys).toEqual([
    'keyward:managed',
  ]);
  expect(readRecordedCall(aRecord('UntagResource', { requestParameters: untagged }))?.tagKeys).toEqual([
    'keyward:managed',
  ]);
});

test.each<[string, Fields, string]>([
  ['a user', {}, EVE],
  [
    'a session',
    { userIdentity: sessionOf(STEP_ROLE) },
    `arn:aws:sts::${ACCOUNT}:assumed-role/DisableKey/session`,
  ],
  [
    'somebody of another account',
    { userIdentity: { type: 'AWSAccount', principalId: 'AROAOTHER:app', accountId: '444455556666' } },
    'AROAOTHER:app of account 444455556666',
  ],
  ['KMS itself', byKms, 'AWS KMS'],
  ['a service', { userIdentity: { invokedBy: 'rds.amazonaws.com' } }, 'rds.amazonaws.com'],
  ['nobody', { userIdentity: null }, 'Somebody'],
])('the caller is named: %s', (_, changes, name) => {
  expect(readRecordedCall(aRecord('DisableKey', changes))?.caller.name).toBe(name);
});

test('a session tells the role behind it', () => {
  const call = readRecordedCall(aRecord('DisableKey', { userIdentity: sessionOf(STEP_ROLE) }));
  expect(call?.caller.roleArn).toBe(STEP_ROLE);
});

test('fields in unknown forms, which nobody needs, hide nothing', () => {
  const call = readRecordedCall(
    aRecord('DisableKey', {
      ...refused,
      eventTime: '2026-11-25T10:00:00.125Z',
      awsRegion: 7,
      sourceIPAddress: {},
      requestParameters: 'text',
      responseElements: [],
      userIdentity: { arn: EVE, sessionContext: 'none', invokedBy: 5 },
      resources: [null, 'x', { ARN: 9 }, { ARN: KMS_KEY_ARN, more: true }],
      added: { later: 1 },
    }),
  );
  expect(call).toMatchObject({
    at: '2026-11-25T10:00:00.125Z',
    errorCode: 'AccessDenied',
    caller: { name: EVE },
    kmsKeyArns: [KMS_KEY_ARN],
  });
});

describe('a record', () => {
  test.each([
    ['nothing', undefined],
    ['a text', 'DisableKey'],
    ['without a source', { eventName: 'DisableKey' }],
    ['without an event id', aRecord('DisableKey', { eventID: undefined })],
    ['without a name', aRecord('DisableKey', { eventName: null })],
    ['without a time', aRecord('DisableKey', { eventTime: 'Nov 25, 2026' })],
  ])('that is %s is unreadable', (_, record) => {
    expect(() => readRecordedCall(record)).toThrow(RecordUnreadable);
  });

  test('of another service is none of KMS', () => {
    expect(readRecordedCall({ eventSource: 'ec2.amazonaws.com' })).toBeUndefined();
  });
});
