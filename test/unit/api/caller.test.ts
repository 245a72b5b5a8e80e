import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { principalOf } from '../../../lambdas/api/caller.ts';
import { Unauthenticated } from '../../../lambdas/domain/errors.ts';
import { alice } from './world.ts';

const access = {
  auditors: ['auditors'],
  machines: [{ arn: 'arn:aws:iam::*:role/payments-*', groups: ['payments'] }],
};

function eventWith(authorizer: unknown, userArn: string | null | undefined): APIGatewayProxyEvent {
  return {
    headers: { authorization: 'Bearer x', 'x-amzn-principal': JSON.stringify(alice) },
    requestContext: { authorizer, identity: { userArn } },
  } as unknown as APIGatewayProxyEvent;
}

describe('the caller', () => {
  it('is the person of the authorizer', () => {
    const authorizer = { principalId: alice.id, principal: JSON.stringify(alice), integrationLatency: 3 };
    expect(principalOf(eventWith(authorizer, null), access)).toEqual(alice);
  });

  it('is the machine that IAM knows, by its role', () => {
    const arn = 'arn:aws:sts::111122223333:assumed-role/payments-pipeline/session-1';
    expect(principalOf(eventWith(undefined, arn), access)).toMatchObject({
      kind: 'machine',
      id: 'machine:arn:aws:iam::111122223333:role/payments-pipeline',
      groups: ['payments'],
    });
  });

  it.each(['arn:aws:iam::111122223333:root', 'arn:aws:iam::111122223333:user/stranger', 'nonsense'])(
    'belongs to nothing when no entry names it: %s',
    (arn) => {
      expect(principalOf(eventWith(undefined, arn), access)).toMatchObject({
        kind: 'machine',
        id: `machine:${arn}`,
        groups: [],
        mfa: false,
      });
    },
  );

  it.each<[unknown, string | null | undefined]>([
    [undefined, undefined],
    [null, null],
    [undefined, ''],
    [{ principalId: 'person:alice' }, null],
    [{ principal: alice }, null],
  ])('is nobody: %j, %j', (authorizer, userArn) => {
    expect(() => principalOf(eventWith(authorizer, userArn), access)).toThrow(Unauthenticated);
  });
});
