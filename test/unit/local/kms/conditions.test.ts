import { describe, expect, test } from 'vitest';
import {
  type ConditionBlock,
  conditionsHold,
  isKnownOperator,
} from '../../../../local/kms/authorization/conditions.ts';
import { matchesArn, matchesWildcard } from '../../../../local/kms/authorization/wildcards.ts';

const VALUES = {
  's:one': ['Alpha'],
  's:number': ['29'],
  's:bool': ['true'],
  's:many': ['a', 'b'],
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
];

describe('condition operators', () => {
  test.each(rows)('%s of %s with %s is %s', (operator, key, wanted, holds) => {
    expect(conditionsHold({ [operator]: { [key]: wanted } }, VALUES)).toBe(holds);
  });

  test('all conditions of a block must hold', () => {
    const block: ConditionBlock = {
      StringEquals: { 's:one': ['Alpha'] },
      NumericLessThan: { 's:number': ['30'] },
    };
    expect(conditionsHold(block, VALUES)).toBe(true);
    expect(conditionsHold({ ...block, Bool: { 's:bool': ['false'] } }, VALUES)).toBe(false);
    expect(conditionsHold({}, VALUES)).toBe(true);
  });

  test.each(['DateLessThan', 'IpAddress', 'StringEqual', 'BinaryEquals', 'ForSome:StringEquals', 'toString'])(
    '%s is not known',
    (operator) => {
      expect(isKnownOperator(operator)).toBe(false);
    },
  );
});

describe('patterns', () => {
  test.each([
    ['kms:Decrypt', 'kms:*', true],
    ['kms:Decrypt', 'kms:De?rypt', true],
    ['kms:Decrypt', 'kms:Dec', false],
    ['kms:Decrypt', 'k.*', false],
    ['a\nb', 'a*b', true],
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
});
