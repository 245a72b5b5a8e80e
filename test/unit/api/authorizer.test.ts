import { describe, expect, it, vi } from 'vitest';
import { log } from '../../../lambdas/adapters/log.ts';
import type { TokenVerifier } from '../../../lambdas/adapters/oidc.ts';
import { authorize } from '../../../lambdas/api/authorizer.ts';
import { BackendBusy, Unauthenticated } from '../../../lambdas/domain/errors.ts';
import { principal } from '../../../lambdas/domain/principal.ts';
import { alice } from './world.ts';

const methodArn = 'arn:aws:execute-api:eu-west-1:111122223333:abc/api/POST/v1/keys';

const verifier: TokenVerifier = {
  verify: async (token) => {
    if (token === 'good') return alice;
    if (token === 'outage') throw new BackendBusy('The issuer is down.');
    const cause = Object.assign(new Error('secret claim'), { code: 'ERR_JWT_EXPIRED', payload: 'secret' });
    throw new Unauthenticated('No.', {}, token === 'expired' ? { cause } : {});
  },
};

const ask = (headers: Record<string, string | undefined> | null) =>
  authorize(verifier)({ headers, methodArn });

describe('the authorizer', () => {
  it.each(['authorization', 'Authorization', 'AUTHORIZATION'])(
    'lets a good token through (%s)',
    async (name) => {
      const answer = await ask({ [name]: 'Bearer good' });
      expect(answer).toMatchObject({
        principalId: 'person:alice',
        policyDocument: {
          Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: methodArn }],
        },
      });
      expect(principal.parse(JSON.parse(String(answer.context?.principal)))).toEqual(alice);
    },
  );

  it.each([
    null,
    {},
    { authorization: undefined },
    { authorization: '' },
    { authorization: 'good' },
    { authorization: 'Basic good' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer good good' },
    { authorization: 'Bearer bad' },
    { 'x-authorization': 'Bearer good' },
  ])('answers 401 to %j', async (headers) => {
    // API Gateway knows this very text.
    await expect(ask(headers)).rejects.toThrow(/^Unauthorized$/);
  });

  it.each([
    ['Bearer expired', 'ERR_JWT_EXPIRED'],
    ['Bearer bad', 'Unauthenticated'],
    ['Basic good', 'NoBearerToken'],
  ])('logs of a refusal (%s) the code alone', async (authorization, cause) => {
    const told = vi.spyOn(log, 'info').mockReturnValue(undefined);
    const refusal = await ask({ authorization }).catch((error: unknown) => error);
    expect(told.mock.calls).toEqual([['sign-in refused', { code: 'Unauthenticated', cause }]]);
    // The runtime logs what is thrown, with what hangs on it.
    expect(refusal).not.toHaveProperty('cause');
    told.mockRestore();
  });

  it('lets nobody through when the issuer cannot be asked, and blames no token', async () => {
    await expect(ask({ authorization: 'Bearer outage' })).rejects.toBeInstanceOf(BackendBusy);
  });
});
