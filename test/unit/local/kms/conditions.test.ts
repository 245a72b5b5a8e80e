import { describe, expect, test } from 'vitest';
import { conditionProblem } from '../../../../local/kms/authorization/condition-operators.ts';
import { type ConditionBlock, conditionsHold } from '../../../../local/kms/authorization/conditions.ts';
import {
  matchesArn,
  matchesResource,
  matchesWildcard,
} from '../../../../local/kms/authorization/wildcards.ts';

const VALUES = {
  's:one': ['Alpha'],
  's:number': ['29'],
  's:bool': ['true'],
  's:many': ['a', 'b'],
  's:empty': [''],
  's:date': ['2026-11-25T12:00:00Z'],
  's:epoch': ['1795608000'],
  's:ipv4': ['203.0.113.7'],
  's:ipv6': ['2001:db8:1234:5678::1'],
  's:binary': ['QmluYXJ5VmFsdWVJbkJhc2U2NA=='],
  's:words': ['not a number'],
  's:arn': ['arn:aws:iam::000000000000:role/Rotator'],
};

const rows: [operator: string, key: string, wanted: string[], holds: boolean][] = [
  ['StringEquals', 's:one', ['Alpha'], true],
  ['StringEquals', 's:one', ['alpha'], false],
  ['StringEquals', 's:one', ['Beta', 'Alpha'], true],
  ['StringEquals', 'S:ONE', ['Alpha'], true],
  ['StringEquals', 's:absent', ['Alpha'], false],
  ['StringEqualsIfExists', 's:absent', ['Alpha'], true],
  ['StringEqualsIfExists', 's:one', ['Beta'], false],
  ['StringNotEquals', 's:one', ['Alpha', 'Beta'], false],
  ['StringNotEquals', 's:one', ['Beta', 'Gamma'], true],
  ['StringNotEquals', 's:absent', ['Alpha'], true],
  ['StringEqualsIgnoreCase', 's:one', ['ALPHA'], true],
  ['StringNotEqualsIgnoreCase', 's:one', ['ALPHA'], false],
  ['StringLike', 's:one', ['Al*'], true],
  ['StringLike', 's:one', ['Alph?'], true],
  ['StringLike', 's:one', ['al*'], false],
  ['StringNotLike', 's:one', ['Al*'], false],
  ['StringNotLike', 's:one', ['Be*'], true],
  ['ArnLike', 's:arn', ['arn:aws:iam::*:role/Rot*'], true],
  ['ArnLike', 's:arn', ['arn:aws:iam::111122223333:role/*'], false],
  ['ArnEquals', 's:arn', ['arn:aws:iam::000000000000:role/Rotator'], true],
  ['ArnNotLike', 's:arn', ['arn:aws:iam::000000000000:role/R*'], false],
  ['ArnNotEquals', 's:arn', ['arn:aws:iam::000000000000:role/Other'], true],
  ['ArnNotEquals', 's:absent', ['arn:aws:iam::000000000000:role/Other'], true],
  ['NumericEquals', 's:number', ['29.0'], true],
  ['NumericNotEquals', 's:number', ['29'], false],
  ['NumericLessThan', 's:number', ['30'], true],
  ['NumericLessThan', 's:number', ['29'], false],
  ['NumericLessThan', 's:number', ['7'], false],
  ['NumericLessThan', 's:absent', ['30'], false],
  ['NumericLessThanEquals', 's:number', ['29'], true],
  ['NumericGreaterThan', 's:number', ['28'], true],
  ['NumericGreaterThan', 's:number', ['29'], false],
  ['NumericGreaterThanEquals', 's:number', ['29'], true],
  ['Bool', 's:bool', ['true'], true],
  ['Bool', 's:bool', ['false'], false],
  ['Bool', 's:absent', ['true'], false],
  ['BoolIfExists', 's:absent', ['true'], true],
  ['Null', 's:absent', ['true'], true],
  ['Null', 's:one', ['true'], false],
  ['Null', 's:one', ['false'], true],
  ['Null', 's:absent', ['false'], false],
  ['ForAnyValue:StringEquals', 's:many', ['b', 'c'], true],
  ['ForAnyValue:StringEquals', 's:many', ['c'], false],
  ['ForAnyValue:StringEquals', 's:absent', ['c'], false],
  ['ForAllValues:StringEquals', 's:many', ['a', 'b', 'c'], true],
  ['ForAllValues:StringEquals', 's:many', ['a'], false],
  ['ForAllValues:StringEquals', 's:absent', ['a'], true],
  ['ForAnyValue:StringNotEquals', 's:many', ['a'], true],
  ['ForAnyValue:StringNotEquals', 's:many', ['a', 'b'], false],
  ['ForAllValues:StringNotLike', 's:many', ['c*'], true],
  ['ForAllValues:StringNotLike', 's:many', ['a*'], false],
  ['StringNotEquals', 's:many', ['a'], false],
  ['StringNotEquals', 's:many', ['c'], true],
  ['StringEquals', 'constructor', ['x'], false],
  ['StringEquals', 's:one', ['${*}'], false],
  ['NumericEqualsIfExists', 's:absent', ['1'], true],
  ['NumericGreaterThanIfExists', 's:number', ['29'], false],
  ['NumericGreaterThanIfExists', 's:absent', ['29'], true],
  ['NumericEquals', 's:words', ['0'], false],
  ['NumericNotEquals', 's:words', ['0'], true],
  ['NumericLessThan', 's:number', ['29.5'], true],
  ['NumericGreaterThan', 's:number', ['-30'], true],
  ['StringNotEqualsIfExists', 's:absent', ['x'], true],
  ['BoolIfExists', 's:bool', ['false'], false],
  ['Bool', 's:bool', ['TRUE'], true],
  ['Null', 's:one', ['true', 'false'], true],
  ['DateEquals', 's:date', ['2026-11-25T12:00:00Z'], true],
  ['DateEquals', 's:date', ['2026-11-25T14:00:00.000+02:00'], true],
  ['DateEquals', 's:date', ['1795608000'], true],
  ['DateEquals', 's:epoch', ['2026-11-25T12:00Z'], true],
  ['DateEquals', 's:date', ['2026-11-25'], false],
  ['DateNotEquals', 's:date', ['2026-11-25'], true],
  ['DateLessThan', 's:date', ['2026-11-26'], true],
  ['DateLessThan', 's:date', ['2026-11-25T12:00:00Z'], false],
  ['DateLessThan', 's:date', ['2026'], false],
  ['DateLessThanEquals', 's:date', ['2026-11-25T12:00:00Z'], true],
  ['DateGreaterThan', 's:date', ['2026-11'], true],
  ['DateGreaterThan', 's:epoch', ['1795607999'], true],
  ['DateGreaterThan', 's:absent', ['2026-11-25'], false],
  ['DateGreaterThanEquals', 's:date', ['1795608000.0'], true],
  ['DateGreaterThanIfExists', 's:absent', ['2026-11-25'], true],
  ['IpAddress', 's:ipv4', ['203.0.113.0/24'], true],
  ['IpAddress', 's:ipv4', ['203.0.113.7'], true],
  ['IpAddress', 's:ipv4', ['203.0.113.8'], false],
  ['IpAddress', 's:ipv4', ['203.0.113.8/29'], false],
  ['IpAddress', 's:ipv4', ['0.0.0.0/0'], true],
  ['IpAddress', 's:ipv4', ['2001:DB8:1234:5678::/64', '203.0.113.0/24'], true],
  ['IpAddress', 's:ipv6', ['2001:DB8:1234:5678::/64'], true],
  ['IpAddress', 's:ipv6', ['2001:db8:1234:5678::1'], true],
  ['IpAddress', 's:ipv6', ['2001:db8:1234:5679::/64'], false],
  ['IpAddress', 's:ipv6', ['203.0.113.0/24'], false],
  ['IpAddress', 's:absent', ['0.0.0.0/0'], false],
  ['NotIpAddress', 's:ipv4', ['203.0.113.0/24'], false],
  ['NotIpAddress', 's:ipv4', ['198.51.100.0/24'], true],
  ['NotIpAddress', 's:absent', ['198.51.100.0/24'], true],
  ['BinaryEquals', 's:binary', ['QmluYXJ5VmFsdWVJbkJhc2U2NA=='], true],
  ['BinaryEquals', 's:binary', ['ASIAIOSFODNN7EXAMPLE'], false],
  ['BinaryEquals', 's:absent', ['ASIAIOSFODNN7EXAMPLE'], false],
  ['ForAllValues:StringEquals', 's:empty', ['a'], true],
  ['ForAnyValue:StringEquals', 's:empty', ['a'], false],
  ['Null', 's:empty', ['false'], true],
  ['ForAnyValue:StringNotEquals', 's:absent', ['a'], false],
  ['ForAllValues:StringNotEquals', 's:absent', ['a'], true],
  ['ForAnyValue:StringEqualsIfExists', 's:absent', ['a'], true],
  ['ForAnyValue:StringEqualsIfExists', 's:many', ['c'], false],
  ['ForAllValues:StringEqualsIfExists', 's:many', ['a'], false],
  ['ForAnyValue:Bool', 's:bool', ['true'], true],
  ['ForAllValues:ArnLike', 's:arn', ['arn:aws:iam::*:role/*'], true],
];

const variables = { supported: true, values: VALUES };

describe('condition operators', () => {
  test.each(rows)('%s of %s with %s is %s', (operator, key, wanted, holds) => {
    expect(conditionsHold({ [operator]: { [key]: wanted } }, variables)).toBe(holds);
  });

  test('all conditions of a block must hold', () => {
    const block: ConditionBlock = {
      StringEquals: { 's:one': ['Alpha'] },
      NumericLessThan: { 's:number': ['30'] },
    };
    expect(conditionsHold(block, variables)).toBe(true);
    expect(conditionsHold({ ...block, Bool: { 's:bool': ['false'] } }, variables)).toBe(false);
    expect(conditionsHold({}, variables)).toBe(true);
  });

  test.each([
    'StringEqual',
    'stringEquals',
    'ForSome:StringEquals',
    'forAnyValue:StringEquals',
    'NullIfExists',
    'ForAllValues:Null',
    'toString',
  ])('%s is not one', (operator) => {
    expect(conditionProblem(operator, ['x'])).toMatch(/is not a condition operator/);
  });

  test.each([
    ['NumericLessThan', 'thirty'],
    ['NumericLessThan', ''],
    ['DateLessThan', 'tomorrow'],
    ['DateLessThan', '2026-13-01'],
    ['IpAddress', '203.0.113.0/33'],
    ['IpAddress', '2001:db8::/129'],
    ['NotIpAddress', 'localhost'],
    ['BinaryEquals', 'not base64'],
    ['Null', 'maybe'],
  ])('%s does not compare with %s', (operator, value) => {
    expect(conditionProblem(operator, [value])).toMatch(/is not a value for/);
  });
});

describe('patterns', () => {
  test.each([
    ['kms:Decrypt', 'kms:*', true],
    ['kms:Decrypt', 'kms:De?rypt', true],
    ['kms:Decrypt', 'kms:Dec', false],
    ['kms:Decrypt', 'k.*', false],
    ['a\nb', 'a*b', true],
    ['', '*', true],
    ['', '?', false],
    ['aab', '*ab', true],
    ['abab', '*ab', true],
    ['a*b', 'a${*}b', true],
    ['aXb', 'a${*}b', false],
    ['a?$', 'a${?}${$}', true],
    ['€', '?', true],
  ])('%s against %s', (text, pattern, matches) => {
    expect(matchesWildcard(text, pattern)).toBe(matches);
  });

  test('a wildcard of an ARN stays in its part', () => {
    expect(matchesArn('arn:aws:kms:us-east-1:000000000000:key/1', 'arn:aws:kms:*:000000000000:key/*')).toBe(
      true,
    );
    expect(matchesArn('arn:aws:kms:us-east-1:000000000000:key/1', 'arn:aws:kms:*:key/*')).toBe(false);
    expect(matchesArn('arn:aws:iam::000000000000:user/a:b', 'arn:aws:iam::000000000000:user/*')).toBe(true);
  });

  test.each([
    ['arn:aws:kms:*:000000000000:key/*', true],
    ['arn:aws:kms:us-*-1:000000000000:key/1', true],
    ['arn:aws:kms:*:key/1', true],
    ['arn:aws:kms:*', true],
    ['*', true],
    ['arn:aws:kms:us-*0:key/1', false],
    ['arn:aws:kms:us-east-1:000000000000:alias/*', false],
  ])('of the Resource %s', (pattern, matches) => {
    expect(matchesResource('arn:aws:kms:us-east-1:000000000000:key/1', pattern)).toBe(matches);
  });
});
