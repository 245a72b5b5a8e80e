import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  aliasOf,
  isSessionOf,
  isWatched,
  printable,
  type RecordedCall,
  type Subject,
  tamperingFinding,
  undoesDestruction,
} from '../../../lambdas/domain/tampering.ts';
import {
  refusedAttempt,
  type Severity,
  severities,
  tamperingRules,
} from '../../../lambdas/domain/tampering-rules.ts';
import { aVersion, dyingKey, dyingVersion, EVE, KMS_KEY_ARN, STEP_ROLE } from '../alerts/records.ts';
import { aKey, KEY_ID } from './examples.ts';

const call: RecordedCall = {
  eventId: 'c9b5b6c2-7a44-4f51-8d1e-0a4b3f2e1d00',
  eventName: 'DisableKey',
  at: '2026-11-25T10:00:00.000Z',
  caller: { name: EVE, arn: EVE },
  sourceIp: '192.0.2.10',
  kmsKeyArns: [KMS_KEY_ARN],
  aliases: [],
  tagKeys: [],
};
const managed: Subject = { kmsKeyArn: KMS_KEY_ARN, key: aKey, versions: [aVersion] };
const suspended: Subject = {
  kmsKeyArn: KMS_KEY_ARN,
  key: { ...aKey, state: 'suspended' },
  versions: [{ ...aVersion, state: 'suspended', backendState: 'Disabled' }],
};
const dying: Subject = { kmsKeyArn: KMS_KEY_ARN, key: dyingKey, versions: [dyingVersion] };
const ownAlias = { aliases: [aKey.alias] };
const otherAlias = { aliases: ['alias/orders'] };
const aboutOwnAlias: Subject = { ...managed, alias: aKey.alias };
const aboutOtherAlias: Subject = { ...managed, alias: 'alias/orders' };

function found(
  changes: Partial<RecordedCall>,
  subject: Subject = managed,
): ReturnType<typeof tamperingFinding> {
  return tamperingFinding({ ...call, ...changes }, subject, { channel: 'bus' });
}

/** One case for each rule, in the order of the table. */
const cases: readonly (readonly [string, Severity, string, Partial<RecordedCall>, Subject])[] = [
  ['DisableKey', 'high', 'key-disabled', {}, managed],
  ['EnableKey', 'high', 'key-enabled', {}, suspended],
  ['EnableKey', 'medium', 'key-enabled', {}, managed],
  ['ScheduleKeyDeletion', 'critical', 'deletion-scheduled', {}, managed],
  ['CancelKeyDeletion', 'high', 'deletion-cancelled', {}, dying],
  ['DeleteKey', 'critical', 'key-deleted', {}, managed],
  ['PutKeyPolicy', 'critical', 'policy-changed', {}, managed],
  ['CreateGrant', 'high', 'grants-changed', {}, managed],
  ['RevokeGrant', 'medium', 'grants-changed', {}, managed],
  ['RetireGrant', 'low', 'grants-changed', {}, managed],
  ['CreateAlias', 'high', 'alias-changed', ownAlias, aboutOwnAlias],
  ['CreateAlias', 'medium', 'alias-changed', otherAlias, aboutOtherAlias],
  ['UpdateAlias', 'high', 'alias-changed', ownAlias, aboutOwnAlias],
  ['UpdateAlias', 'medium', 'alias-changed', otherAlias, aboutOtherAlias],
  ['DeleteAlias', 'high', 'alias-changed', ownAlias, aboutOwnAlias],
  ['DeleteAlias', 'low', 'alias-changed', otherAlias, aboutOtherAlias],
  ['TagResource', 'high', 'tags-changed', { tagKeys: ['cost-centre', 'keyward:managed'] }, managed],
  ['TagResource', 'low', 'tags-changed', { tagKeys: ['cost-centre'] }, managed],
  ['UntagResource', 'high', 'tags-changed', { tagKeys: ['keyward:managed'] }, managed],
  ['UntagResource', 'low', 'tags-changed', { tagKeys: ['cost-centre'] }, managed],
  ['RotateKeyOnDemand', 'medium', 'rotation-changed', {}, managed],
  ['EnableKeyRotation', 'medium', 'rotation-changed', {}, managed],
  ['DisableKeyRotation', 'medium', 'rotation-changed', {}, managed],
  ['ReplicateKey', 'high', 'taken-to-another-region', {}, managed],
  ['UpdatePrimaryRegion', 'high', 'taken-to-another-region', {}, managed],
  ['ImportKeyMaterial', 'high', 'material-imported', {}, managed],
  ['DeleteImportedKeyMaterial', 'critical', 'material-deleted', {}, managed],
];

describe('the rules', () => {
  test('each have a case here', () => {
    expect(cases.map(([event]) => event)).toEqual(tamperingRules.map(({ event }) => event));
  });

  test.each(cases)('%s is %s: %s', (eventName, severity, anchor, changes, subject) => {
    const finding = found({ ...changes, eventName }, subject);
    expect(finding).toMatchObject({
      severity,
      event: eventName,
      attempt: false,
      runbook: `docs/runbook/tampering.md#${anchor}`,
    });
    expect(finding?.summary).toMatch(
      new RegExp(`^${EVE} .*(payments/orders|alias/keyward/payments/orders).*\\.$`),
    );
    expect(finding?.summary).not.toMatch(/[{}]/);
  });

  test.each(cases)(
    '%s (%s) refused is at most medium, and told as an attempt',
    (eventName, severity, _, changes, subject) => {
      const finding = found({ ...changes, eventName, errorCode: 'AccessDenied' }, subject);
      expect(finding).toMatchObject({
        severity: severity === 'low' ? 'low' : 'medium',
        attempt: true,
        errorCode: 'AccessDenied',
        runbook: `docs/runbook/tampering.md#${refusedAttempt.anchor}`,
        next: refusedAttempt.next,
      });
      expect(finding?.summary).toMatch(/ tried to .*, and KMS answered AccessDenied\.$/);
    },
  );

  test('each lead to a section of the runbook, and each section belongs to a rule', () => {
    const runbook = readFileSync(new URL('../../../docs/runbook/tampering.md', import.meta.url), 'utf8');
    const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
      title.toLowerCase().replaceAll(' ', '-'),
    );
    const anchors = new Set([...tamperingRules.map(({ anchor }) => anchor), refusedAttempt.anchor]);
    const general = ['reading-an-alert', 'first-steps-for-every-alert', 'log-codes'];
    expect(new Set(sections)).toEqual(new Set([...general, ...anchors]));
    const links = [...runbook.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(sections).toEqual(expect.arrayContaining(links));
  });

  test('watch no event besides', () => {
    expect(isWatched({ eventName: 'Decrypt' })).toBe(false);
    expect(isWatched({ eventName: 'disablekey' })).toBe(false);
    expect(found({ eventName: 'Decrypt' })).toBeUndefined();
    expect(severities).toEqual(['critical', 'high', 'medium', 'low']);
  });
});

describe('what depends on the record', () => {
  test('a compromised key that is enabled again', () => {
    const compromised: Subject = {
      ...managed,
      key: { ...aKey, state: 'compromised' },
      versions: [{ ...aVersion, state: 'compromised', backendState: 'Disabled' }],
    };
    expect(found({ eventName: 'EnableKey' }, compromised)?.severity).toBe('high');
  });

  test('only the version behind the KMS key counts', () => {
    const rotated: Subject = {
      ...managed,
      versions: [
        { ...aVersion, version: 1, kmsKeyArn: `${KMS_KEY_ARN}-old`, backendState: 'Disabled' },
        { ...aVersion, version: 2 },
      ],
    };
    expect(found({ eventName: 'EnableKey' }, rotated)?.severity).toBe('medium');
  });

  test('the deletion of a key whose destruction was approved is expected', () => {
    expect(found({ eventName: 'DeleteKey' }, dying)).toBeUndefined();
    expect(
      found(
        { eventName: 'DeleteKey' },
        {
          ...dying,
          key: {
            ...dyingKey,
            state: 'destroyed',
            destruction: { ...destructionOf(dying), status: 'completed' },
          },
          versions: [{ ...dyingVersion, state: 'destroyed', backendState: 'Deleted' }],
        },
      ),
    ).toBeUndefined();
  });

  test('so is that of a version which a failed request discarded', () => {
    const discarded: Subject = {
      ...managed,
      versions: [{ ...aVersion, state: 'destroyed', backendState: 'PendingDeletion' }],
    };
    expect(found({ eventName: 'DeleteKey' }, discarded)).toBeUndefined();
  });

  test('that of a key whose destruction was interrupted is not', () => {
    const interrupted: Subject = {
      ...dying,
      key: { ...dyingKey, destruction: { ...destructionOf(dying), status: 'interrupted' } },
      versions: [{ ...dyingVersion, backendState: 'Disabled' }],
    };
    expect(found({ eventName: 'DeleteKey' }, interrupted)?.severity).toBe('critical');
  });

  test.each([
    ['rds.amazonaws.com', false],
    ['ec2-frontend-api.amazonaws.com', false],
    // Both make any call that they are told to.
    ['states.amazonaws.com', true],
    ['AWS Internal', true],
    [undefined, true],
  ])('a grant made through %s is a finding: %s', (service, expected) => {
    const caller = { ...call.caller, service };
    expect(found({ eventName: 'CreateGrant', caller }) !== undefined).toBe(expected);
    expect(found({ eventName: 'DisableKey', caller })).toBeDefined();
  });
});

describe('the finding', () => {
  test('tells everything that is known', () => {
    expect(found({})).toEqual({
      id: expect.stringMatching(/^fnd_[0-9a-f]{64}$/),
      severity: 'high',
      event: 'DisableKey',
      attempt: false,
      summary: `${EVE} disabled a KMS key of payments/orders.`,
      key: { keyId: KEY_ID, name: 'orders', owner: 'payments', alias: 'alias/keyward/payments/orders' },
      kmsKeyArn: KMS_KEY_ARN,
      principal: EVE,
      sourceIp: '192.0.2.10',
      at: '2026-11-25T10:00:00.000Z',
      eventId: call.eventId,
      channel: 'bus',
      next: expect.stringContaining('Enable the KMS key again'),
      runbook: 'docs/runbook/tampering.md#key-disabled',
    });
  });

  test('has an id that only the event decides', () => {
    const onTheTrail = tamperingFinding(call, suspended, { channel: 'trail' });
    expect(onTheTrail?.id).toBe(found({})?.id);
    expect(found({ eventId: 'another' })?.id).not.toBe(found({})?.id);
  });

  test('names the key that suffers when its alias is pointed at a key of another team', () => {
    const hijacked = 'alias/keyward/billing/invoices';
    const finding = found({ eventName: 'UpdateAlias', aliases: [hijacked] }, { ...managed, alias: hijacked });
    expect(finding?.key).toEqual({ owner: 'billing', name: 'invoices', alias: hijacked });
    expect(finding?.summary).toBe(`${EVE} pointed the alias ${hijacked} at another KMS key.`);
  });

  test('names the key by its record when its own alias was changed', () => {
    expect(found({ eventName: 'DeleteAlias' }, aboutOwnAlias)?.key.keyId).toBe(KEY_ID);
    expect(found({ eventName: 'DeleteAlias' }, aboutOtherAlias)?.key).toMatchObject({
      keyId: KEY_ID,
      alias: aKey.alias,
    });
  });

  test("is about Keyward's alias when a call names several", () => {
    expect(aliasOf({ aliases: ['alias/orders', aKey.alias] })).toBe(aKey.alias);
    expect(aliasOf({ aliases: ['alias/orders'] })).toBe('alias/orders');
    expect(aliasOf({ aliases: [] })).toBeUndefined();
  });

  test('keeps a Keyward alias in no known form as it is', () => {
    const alias = 'alias/keyward/x';
    expect(found({ eventName: 'DeleteAlias' }, { alias, versions: [] })?.key).toEqual({ alias });
  });

  test('is printable ASCII on one line whatever the caller put into names', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 2_000 });
    fc.assert(
      fc.property(anything, anything, anything, anything, (name, suffix, errorCode, sourceIp) => {
        const finding = tamperingFinding(
          { ...call, eventName: 'UpdateAlias', errorCode, sourceIp, caller: { name }, eventId: suffix },
          { alias: `alias/keyward/${suffix}`, versions: [] },
          { channel: 'trail' },
        );
        for (const text of [
          finding?.summary,
          finding?.principal,
          finding?.sourceIp,
          finding?.eventId,
          finding?.key.alias,
        ]) {
          expect(text).toMatch(/^[\x20-\x7e]{0,1400}$/);
        }
      }),
    );
  });

  test('takes no part of a name for a pattern', () => {
    const finding = found({ caller: { name: "$& {key} $'" } });
    expect(finding?.summary).toBe("$& {key} $' disabled a KMS key of payments/orders.");
    const nameless = found({}, { alias: 'alias/keyward/$&', versions: [] });
    expect(nameless?.summary).toBe(`${EVE} disabled a KMS key of alias/keyward/$&.`);
  });
});

test('long texts are cut, with a sign of it', () => {
  expect(printable('a'.repeat(301))).toBe(`${'a'.repeat(297)}...`);
  expect(printable('a'.repeat(300))).toHaveLength(300);
  expect(printable('line\r\nBcc: x\u202e')).toBe('line??Bcc: x?');
});

describe('a session of a role', () => {
  const arn = 'arn:aws:sts::111122223333:assumed-role/DisableKey/session';
  test.each([
    ['by the role that issued it', { name: arn, roleArn: STEP_ROLE, arn }, true],
    ['by its own ARN, which lacks the path of the role', { name: arn, arn }, true],
    ['not by its ARN when another role issued it', { name: arn, roleArn: `${STEP_ROLE}2`, arn }, false],
    ['not in another account', { name: arn, arn: arn.replace('111122223333', '444455556666') }, false],
    ['not by the beginning of a name', { name: arn, arn: arn.replace('DisableKey', 'Disable') }, false],
    ['not by the end of a name', { name: arn, arn: arn.replace('DisableKey', 'Key') }, false],
    ['not as a user of that name', { name: EVE, arn: EVE.replace('eve', 'DisableKey') }, false],
    [
      'not by the name of the session',
      { name: arn, arn: arn.replace('DisableKey/session', 'Other/DisableKey') },
      false,
    ],
    ['not without an ARN', { name: 'AWS KMS' }, false],
  ])('is known %s', (_, caller, expected) => {
    expect(isSessionOf(caller, [STEP_ROLE])).toBe(expected);
  });
});

describe('an approved destruction', () => {
  const cancelled: RecordedCall = { ...call, eventName: 'CancelKeyDeletion' };

  test('is undone by the cancellation of the deletion of one of its KMS keys', () => {
    expect(undoesDestruction(cancelled, dying)).toBe(true);
  });

  test.each<[string, Partial<RecordedCall>, Subject]>([
    ['a refused cancellation', { errorCode: 'AccessDenied' }, dying],
    ['another call', { eventName: 'DisableKey' }, dying],
    ['the cancellation for a key that is not being destroyed', {}, managed],
    [
      'that for a version which was discarded before',
      {},
      { ...dying, versions: [{ ...dyingVersion, state: 'destroyed' }] },
    ],
    ['that for a KMS key which is not of the key', {}, { ...dying, kmsKeyArn: `${KMS_KEY_ARN}-other` }],
    ['one from before this destruction, told again', { at: '2026-11-25T08:44:59.000Z' }, dying],
  ])('is not undone by %s', (_, changes, subject) => {
    expect(undoesDestruction({ ...cancelled, ...changes }, subject)).toBe(false);
  });

  test('is undone between the call of KMS and its record', () => {
    expect(undoesDestruction({ ...cancelled, at: '2026-11-25T08:59:58.000Z' }, dying)).toBe(true);
  });
});

function destructionOf({ key }: Subject): NonNullable<typeof dyingKey.destruction> {
  if (key?.destruction === undefined) throw new Error('The example has no destruction.');
  return key.destruction;
}
