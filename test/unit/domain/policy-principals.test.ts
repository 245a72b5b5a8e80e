import { describe, expect, test } from 'vitest';
import { policyPrincipals } from '../../../lambdas/domain/policy-principals.ts';

const ROLE = 'arn:aws:iam::111122223333:role/checkout';
const of = (...statements: object[]) => policyPrincipals(JSON.stringify({ Statement: statements }));
const allow = (fields: object) => ({
  Effect: 'Allow',
  Principal: { AWS: ROLE },
  Action: 'kms:Decrypt',
  ...fields,
});

describe('whom a key policy lets use its key', () => {
  test.each<[string, object, string[]]>([
    ['a role', {}, [ROLE]],
    ['several', { Principal: { AWS: [ROLE, 'arn:aws:iam::1:root'] } }, [ROLE, 'arn:aws:iam::1:root']],
    ['a service', { Principal: { Service: 'rds.amazonaws.com' } }, ['rds.amazonaws.com']],
    ['everybody', { Principal: '*' }, ['everybody']],
    ['everybody, written at length', { Principal: { AWS: '*' } }, ['everybody']],
    ['under conditions', { Condition: { Bool: {} } }, [`${ROLE} (under conditions)`]],
    ['by everything', { Action: 'kms:*' }, [ROLE]],
    ['by a pattern', { Action: ['kms:Get*', 'kms:GenerateData?ey'] }, [ROLE]],
    ['by what is not excepted', { Action: undefined, NotAction: 'kms:Encrypt' }, [ROLE]],
    ['by granting', { Action: 'kms:CreateGrant' }, [ROLE]],
    ['all but some', { Principal: undefined, NotPrincipal: { AWS: ROLE } }, ['everybody but a few']],
    ['not by looking', { Action: ['kms:DescribeKey', 'kms:GetKeyPolicy'] }, []],
    ['not by a denial', { Effect: 'Deny' }, []],
  ])('%s', (_what, fields, principals) => {
    expect(of(allow(fields))).toEqual(principals);
  });

  test('each once, over all statements, also when there is but one', () => {
    expect(of(allow({}), allow({ Action: 'kms:Encrypt' }))).toEqual([ROLE]);
    expect(policyPrincipals(JSON.stringify({ Statement: allow({}) }))).toEqual([ROLE]);
  });

  test.each(['', '{}', '[]', 'no JSON', '{"Statement":[{"Effect":"Perhaps"}]}'])(
    'is not known from %s',
    (text) => {
      expect(policyPrincipals(text)).toBeUndefined();
    },
  );
});
