import { describe, expect, test } from 'vitest';
import { conditionsHold } from '../../../../local/kms/authorization/conditions.ts';
import { fillIn } from '../../../../local/kms/authorization/policy-variables.ts';

const values = {
  'aws:username': ['martha'],
  'aws:principaltag/team': ['yellow'],
  'aws:principaltag/any': ['*'],
  'aws:principaltag/odd': ['a?b$c'],
  'aws:tagkeys': ['environment'],
  's:owner': ['martha'],
  's:other': ['nikki'],
};
const variables = { supported: true, values };

describe('a policy variable', () => {
  test.each([
    ['home/${aws:username}/', 'home/martha/'],
    ['${AWS:UserName}', 'martha'],
    ['${aws:PrincipalTag/team}-${aws:username}', 'yellow-martha'],
    ["${aws:PrincipalTag/team, 'company-wide'}", 'yellow'],
    ["${aws:PrincipalTag/dept, 'company-wide'}", 'company-wide'],
    ["${aws:PrincipalTag/dept,''}x", 'x'],
    ['${aws:PrincipalTag/any}', '${*}'],
    ['${aws:PrincipalTag/odd}', 'a${?}b${$}c'],
    ['a${*}b${?}c${$}d*', 'a${*}b${?}c${$}d*'],
    ['plain', 'plain'],
    ['costs $5', 'costs $5'],
    ['${aws:PrincipalTag/dept}', undefined],
    ['x${aws:PrincipalTag/dept}y${aws:username}', undefined],
    ['${aws:TagKeys}', undefined],
    ['${constructor}', undefined],
    ['${}', undefined],
  ])('%s is %s', (pattern, filled) => {
    expect(fillIn(pattern, variables)).toBe(filled);
  });

  test.each([
    ['StringEquals', 's:owner', '${aws:username}', true],
    ['StringEquals', 's:other', '${aws:username}', false],
    ['StringEquals', 's:owner', '${aws:PrincipalTag/dept}', false],
    ['StringNotEquals', 's:owner', '${aws:PrincipalTag/dept}', true],
    ['StringNotEquals', 's:owner', '${aws:username}', false],
    ['StringLike', 's:owner', '${aws:PrincipalTag/any}', false],
    ['StringLike', 's:owner', 'mart*', true],
    ['StringLike', 's:owner', 'mart${*}', false],
    ['ForAnyValue:StringEquals', 's:owner', '${aws:PrincipalTag/dept}', false],
    ['ForAllValues:StringNotEquals', 's:owner', '${aws:PrincipalTag/dept}', true],
  ])('%s of %s with %s is %s', (operator, key, wanted, holds) => {
    expect(conditionsHold({ [operator]: { [key]: [wanted] } }, variables)).toBe(holds);
  });

  test('is plain text in a policy of an older version', () => {
    const older = { supported: false, values: { ...values, 's:text': ['${aws:username}'] } };
    const holds = (operator: string, key: string, wanted: string) =>
      conditionsHold({ [operator]: { [key]: [wanted] } }, older);
    expect(holds('StringEquals', 's:owner', '${aws:username}')).toBe(false);
    expect(holds('StringEquals', 's:text', '${aws:username}')).toBe(true);
    expect(holds('StringLike', 's:text', '${aws:*}')).toBe(true);
    expect(holds('StringLike', 's:text', '${*}')).toBe(true);
    expect(holds('StringLike', 's:owner', '${*}')).toBe(false);
  });
});
