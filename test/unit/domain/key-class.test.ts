import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { sha256Canonical } from '../../../lambdas/domain/canonical.ts';
import { ClassUnknown, InvalidPolicyFile } from '../../../lambdas/domain/errors.ts';
import { classNamed, type KeyClass, parseKeyClasses } from '../../../lambdas/domain/key-class.ts';

const shipped = readFileSync('policies/key-classes.yaml', 'utf8');

describe('policies/key-classes.yaml', () => {
  const classes = parseKeyClasses(shipped);

  test('has a class for data and one for code', () => {
    expect(classNamed(classes, 'data-protection')).toMatchObject({
      specs: ['SYMMETRIC_DEFAULT'],
      usage: 'ENCRYPT_DECRYPT',
      rotation: { strategy: 'in-place', every: 'P1Y' },
      deletionWindowDays: 30,
    });
    expect(classNamed(classes, 'code-signing')).toMatchObject({
      specs: ['ECC_NIST_P256'],
      usage: 'SIGN_VERIFY',
      rotation: { strategy: 'new-key', every: 'P1Y' },
      deletionWindowDays: 30,
    });
  });

  test.each(classes.map((keyClass) => [keyClass.name, keyClass] as const))(
    '%s asks two people before anything is taken away, and nobody before a key is saved',
    (_name, { approvals, emergency }) => {
      const nobody = { quorum: 0, groups: [], expiresAfter: 'P7D' };
      const two = { quorum: 2, groups: ['owner', 'security'], atLeast: [{ people: 1, group: 'security' }] };
      expect(approvals).toMatchObject({
        generate: nobody,
        rotate: nobody,
        revoke: two,
        reinstate: { quorum: 1, groups: ['security'], expiresAfter: 'P7D' },
        destroy: { ...two, mfa: true },
        'cancel-destruction': nobody,
      });
      expect(emergency).toMatchObject({ custodians: ['custodians'], ratification: { quorum: 2 } });
    },
  );
});

test('the hash covers every field of the class and nothing of how the file is written', () => {
  const [first] = parseKeyClasses(shipped);
  const { hash, ...stated } = first as KeyClass;
  expect(hash).toBe(sha256Canonical(stated));
  const [rewritten] = parseKeyClasses(`# a remark\n${stringify(parse(shipped), { indent: 4 })}`);
  expect(rewritten?.hash).toBe(hash);
  const [changed] = parseKeyClasses(shipped.replace('recipient: P5Y', 'recipient: P6Y'));
  expect(changed?.hash).not.toBe(hash);
});

test('an unknown class is answered with the known ones', () => {
  expect(() => classNamed(parseKeyClasses(shipped), 'data')).toThrow(ClassUnknown);
  expect(() => classNamed(parseKeyClasses(shipped), 'data')).toThrow(/data-protection, code-signing/);
});

describe('faults', () => {
  function faultsOf(yaml: string): { path: string; line: number | undefined; message: string }[] {
    try {
      parseKeyClasses(yaml);
    } catch (error) {
      if (error instanceof InvalidPolicyFile) return error.details['faults'] as never;
      throw error;
    }
    return [];
  }

  test.each([
    ['in-place', 'strategy: in-place', 'strategy: new-key', undefined],
    ['specs', 'specs: [SYMMETRIC_DEFAULT]', 'specs: []', 'classes[0].specs'],
    ['spec unknown', 'specs: [SYMMETRIC_DEFAULT]', 'specs: [RSA_2048]', 'classes[0].specs[0]'],
    ['spec twice', 'specs: [ECC_NIST_P256]', 'specs: [ECC_NIST_P256, ECC_NIST_P256]', 'classes[1].specs[1]'],
    ['spec and usage', 'usage: SIGN_VERIFY', 'usage: ENCRYPT_DECRYPT', 'classes[1].specs[0]'],
    ['in place for a signing key', 'strategy: new-key', 'strategy: in-place', 'classes[1].rotation.strategy'],
    ['unknown field', 'usage: SIGN_VERIFY', 'usage: SIGN_VERIFY\n    colour: red', 'classes[1]'],
    ['backend', 'backends: [kms]', 'backends: [cloudhsm]', 'classes[0].backends[0]'],
    ['window too short', 'deletionWindowDays: 30', 'deletionWindowDays: 6', 'classes[0].deletionWindowDays'],
    ['window too long', 'deletionWindowDays: 30', 'deletionWindowDays: 31', 'classes[0].deletionWindowDays'],
    ['window shortest', 'deletionWindowDays: 30', 'deletionWindowDays: 7', undefined],
    ['no duration', 'recipient: P5Y', 'recipient: five years', 'classes[0].cryptoperiod.recipient'],
    ['recipient equal', 'recipient: P5Y', 'recipient: P24M', undefined],
    ['recipient shorter', 'recipient: P5Y', 'recipient: P23M', 'classes[0].cryptoperiod.recipient'],
    [
      'originator beyond the standard',
      'originator: P2Y # twice',
      'originator: P25M # twice',
      'classes[0].cryptoperiod.originator',
    ],
    [
      'originator never beginning',
      'originator: P2Y # twice',
      'originator: PT0S # twice',
      'classes[0].cryptoperiod.originator',
    ],
    ['rotation equal', 'every: P1Y', 'every: P2Y', undefined],
    ['rotation later', 'every: P1Y', 'every: P2Y1D', 'classes[0].rotation.every'],
    ['rotation never ending', 'every: P1Y', 'every: PT0S', 'classes[0].rotation.every'],
    ['rotation on request only', '\n      every: P1Y', '', undefined],
    ['operation unknown', '      rotate: {', '      rename: {', 'classes[0].approvals'],
    [
      'quorum without groups',
      'quorum: 1, groups: [security]',
      'quorum: 1, groups: []',
      'classes[0].approvals.reinstate.groups',
    ],
    [
      'revoke without quorum',
      'revoke:\n        quorum: 2',
      'revoke:\n        quorum: 0',
      'classes[0].approvals.revoke.quorum',
    ],
    [
      'destroy without quorum',
      'destroy:\n        quorum: 2',
      'destroy:\n        quorum: 0',
      'classes[0].approvals.destroy.quorum',
    ],
    [
      'more of one group than there are places',
      'atLeast: [{ people: 1, group: security }]',
      'atLeast: [{ people: 3, group: security }]',
      'classes[0].approvals.revoke.atLeast',
    ],
    [
      'one group twice',
      'atLeast: [{ people: 1, group: security }]',
      'atLeast: [{ people: 1, group: security }, { people: 1, group: security }]',
      'classes[0].approvals.revoke.atLeast[1].group',
    ],
    [
      'a reminder each hour',
      'remindEvery: P1D',
      'remindEvery: PT1H',
      'classes[0].approvals.revoke.remindEvery',
    ],
    [
      'an escalation at the end',
      'escalation: { after: P3D,',
      'escalation: { after: P7D,',
      'classes[0].approvals.revoke.escalation.after',
    ],
    [
      'a wait without end',
      'groups: [security], expiresAfter: P7D',
      'groups: [security], expiresAfter: P91D',
      'classes[0].approvals.reinstate.expiresAfter',
    ],
    [
      'a ratification by nobody',
      'ratification: { quorum: 2,',
      'ratification: { quorum: 0,',
      'classes[0].emergency.ratification.quorum',
    ],
    [
      'no time to approve',
      'groups: [security], expiresAfter: P7D',
      'groups: [security], expiresAfter: P0D',
      'classes[0].approvals.reinstate.expiresAfter',
    ],
    ['name', 'name: code-signing', 'name: Code Signing', 'classes[1].name'],
    ['name twice', 'name: code-signing', 'name: data-protection', 'classes[1].name'],
    ['YAML', '\nclasses:', '\nclasses: [', ''],
  ])('%s: %s to %s', (_what, from, to, path) => {
    expect(shipped).toContain(from);
    const paths = faultsOf(shipped.replace(from, to)).map((fault) => fault.path);
    if (path === undefined) expect(paths).toEqual([]);
    else expect(paths).toContain(path);
  });

  test('of one class do not hide that two have the same name', () => {
    const yaml = shipped
      .replace('usage: SIGN_VERIFY', 'usage: WRAP')
      .replace('name: code-signing', 'name: data-protection');
    expect(faultsOf(yaml).map(({ path }) => path)).toEqual(['classes[1].usage', 'classes[1].name']);
  });

  test.each(['classes: 5', 'classes:', 'classes: []', '', '5', 'classes: [5]'])(
    '%j is reported, not fallen over',
    (yaml) => {
      expect(faultsOf(yaml)).toHaveLength(1);
    },
  );

  test('are all named at once, with their lines', () => {
    const yaml = shipped
      .replace('deletionWindowDays: 30', 'deletionWindowDays: 90')
      .replace('strategy: new-key', 'strategy: in-place')
      .replace('recipient: P10Y', 'recipient: P1Y')
      .replace('name: code-signing', 'name: data-protection');
    const lineOf = (text: string) => yaml.split('\n').findIndex((line) => line.includes(text)) + 1;
    expect(faultsOf(yaml).map(({ path, line }) => [path, line])).toEqual([
      ['classes[0].deletionWindowDays', lineOf('deletionWindowDays: 90')],
      [
        'classes[1].rotation.strategy',
        yaml.split('\n').findLastIndex((line) => line.includes('in-place')) + 1,
      ],
      ['classes[1].cryptoperiod.recipient', lineOf('recipient: P1Y')],
      [
        'classes[1].name',
        yaml.split('\n').findLastIndex((line) => line.includes('name: data-protection')) + 1,
      ],
    ]);
    expect(() => parseKeyClasses(yaml)).toThrow(
      /4 fault\(s\)[^]*classes\[0\]\.deletionWindowDays[^]*classes\[1\]\.name/,
    );
  });
});
