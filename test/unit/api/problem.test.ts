import { describe, expect, it, vi } from 'vitest';
import { log } from '../../../lambdas/adapters/log.ts';
import { problemOf } from '../../../lambdas/api/problem.ts';
import {
  BackendBusy,
  BackendRefused,
  type ErrorKind,
  KeywardError,
  LedgerBroken,
  RecordCorrupt,
} from '../../../lambdas/domain/errors.ts';
import { alice, aNewKey, apiWorld, refusal } from './world.ts';

const request = { instance: '/v1/keys', requestId: 'r-1' };

class AnyError extends KeywardError {
  constructor(kind: ErrorKind) {
    super('Any', kind, 'What is wrong.', { keyState: 'active', awsCode: 'Secret', pointer: '/name' });
  }
}

describe('an error', () => {
  it.each<[ErrorKind, number]>([
    ['invalid', 422],
    ['unauthenticated', 401],
    ['forbidden', 403],
    ['not-found', 404],
    ['conflict', 409],
    ['precondition', 412],
    ['throttled', 429],
  ])('that is %s is told with %i, and only with what helps the caller', (kind, status) => {
    expect(problemOf(new AnyError(kind), request).problem).toEqual({
      type: 'urn:keyward:problem:Any',
      title: expect.stringMatching(/./),
      status,
      detail: 'What is wrong.',
      code: 'Any',
      ...request,
      errors: [{ pointer: '/name', detail: 'What is wrong.' }],
      keyState: 'active',
    });
  });

  it('that may pass is 503 with a time to wait', () => {
    const { problem, headers } = problemOf(new BackendBusy('dynamodb:Query did not go through.'), request);
    expect(problem).toMatchObject({ status: 503, code: 'BackendBusy' });
    expect(headers['Retry-After']).toBe('1');
    expect(JSON.stringify(problem)).not.toContain('dynamodb');
  });

  it.each([
    new BackendRefused('dynamodb:GetItem was refused with AccessDenied: secret', { awsCode: 'secret' }),
    new LedgerBroken('secret'),
    new RecordCorrupt('secret', { PK: 'secret' }),
    new TypeError('secret'),
    'secret',
    undefined,
  ])('of Keyward’s own is 500, and its text stays inside: %s', (error) => {
    const { problem } = problemOf(error, request);
    expect(problem).toMatchObject({ status: 500, code: 'InternalError', requestId: 'r-1' });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });
});

it('is logged where it is Keyward’s own, with its cause', async () => {
  const told = vi.spyOn(log, 'error').mockReturnValue(undefined);
  const world = apiWorld(() => ({
    commit: async () => {
      throw new BackendRefused('secret of the table');
    },
  }));
  const answer = await world.ask(alice, 'POST /v1/keys', { body: aNewKey });
  refusal(answer, 500, 'InternalError');
  expect(JSON.stringify(answer)).not.toContain('secret');
  expect(told).toHaveBeenCalledWith(
    'request failed',
    expect.objectContaining({ status: 500, cause: 'BackendRefused', path: '/v1/keys' }),
  );
  told.mockRestore();
});
