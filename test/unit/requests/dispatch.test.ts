import { describe, expect, test } from 'vitest';
import { type RequestState, requestState } from '../../../lambdas/domain/request.ts';
import { dispatch } from '../../../lambdas/requests/dispatch.ts';
import { aRequest, REQUEST_ID } from '../domain/examples.ts';

/** The dispatcher over one request, and what it does to executions. */
function over(state: RequestState | undefined, token?: string) {
  const did: string[] = [];
  const move = dispatch({
    registry: {
      getRequest: async () => (state === undefined ? undefined : { ...aRequest, state }),
      getTaskToken: async () => token,
    },
    executions: {
      start: async (requestId, operation, how) => {
        did.push(`start ${requestId} ${operation} ${how}`);
      },
      wake: async (woken) => {
        did.push(`wake ${woken}`);
      },
    },
  });
  return { did, moved: async () => move(REQUEST_ID) };
}

describe('an event of a request', () => {
  test('starts an accepted one, under its own id', async () => {
    const { did, moved } = over('accepted', 'token');
    expect(await moved()).toBe('started');
    expect(did).toEqual([`start ${REQUEST_ID} revoke run`]);
  });

  test.each<RequestState>(['approved', 'denied', 'expired', 'cancelled', 'failed', 'succeeded'])(
    'wakes the wait of one that is %s',
    async (state) => {
      const { did, moved } = over(state, 'token');
      expect(await moved()).toBe('woken');
      expect(did).toEqual(['wake token']);
    },
  );

  test.each<RequestState>(['awaiting-approval', 'executing'])(
    'does nothing to one that is %s',
    async (state) => {
      const { did, moved } = over(state, 'token');
      expect(await moved()).toBe('nothing');
      expect(did).toEqual([]);
    },
  );

  test.each(requestState.options.filter((state) => state !== 'accepted'))(
    'that comes late, after all others, starts nothing for one that is %s',
    async (state) => {
      const { did, moved } = over(state);
      expect(await moved()).toBe('nothing');
      expect(did).toEqual([]);
    },
  );

  test('of a request that is not there is passed over', async () => {
    expect(await over(undefined).moved()).toBe('nothing');
  });
});
