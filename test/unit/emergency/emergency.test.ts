import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPolicies } from '../../../lambdas/adapters/policy-files.ts';
import { stopKeyThrough } from '../../../lambdas/approvals/stop-key.ts';
import { BackendBusy, BackendRefused, MfaRequired, StateForbids } from '../../../lambdas/domain/errors.ts';
import type { KeyRecord } from '../../../lambdas/domain/key.ts';
import { classNamed } from '../../../lambdas/domain/key-class.ts';
import { admitCustodian } from '../../../lambdas/emergency/admission.ts';
import { answerDirect, answerPage } from '../../../lambdas/emergency/answer-call.ts';
import type { Stop, Stopped } from '../../../lambdas/emergency/stop-key.ts';
import { alice, apiWorld, expectStatus, PIPELINE, refusal } from '../api/world.ts';
import { authorization, TestDirectory } from '../approvals/proofs.ts';
import { aKey, KEY_ID, person, REQUEST_ID } from '../domain/examples.ts';

const RATIFY_ID = 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W6';
const stopped: Stopped = { requestId: REQUEST_ID, ratification: RATIFY_ID };
const cora = person('cora', 'custodians');

/** What was asked to be stopped, by something that stops it or refuses. */
function stopping(refused?: Error) {
  const stops: Stop[] = [];
  const stop = async (asked: Stop): Promise<Stopped> => {
    stops.push(asked);
    if (refused !== undefined) throw refused;
    return stopped;
  };
  return { stops, stop };
}

describe('the route', () => {
  const route = `POST /v1/keys/${KEY_ID}/emergency-revoke`;
  const body = { reason: 'It leaks.' };

  test('answers when the key is stopped, with where to follow it', async () => {
    const { stops, stop } = stopping();
    const { ask } = apiWorld(undefined, stop);
    const answer = await ask(cora, route, { body });
    expect(expectStatus(answer, 200)).toEqual(stopped);
    expect(answer.headers).toMatchObject({ Location: `/v1/requests/${REQUEST_ID}` });
    expect(stops).toEqual([{ keyId: KEY_ID, reason: 'It leaks.', custodian: cora, via: 'api' }]);
  });

  test('wants no If-Match: there is no time to read the key first', async () => {
    const { ask } = apiWorld(undefined, stopping().stop);
    expectStatus(await ask(cora, route, { body, headers: { 'if-match': undefined } }), 200);
  });

  test('wants a reason, and stops nothing without one', async () => {
    const { stops, stop } = stopping();
    const { ask } = apiWorld(undefined, stop);
    refusal(await ask(cora, route, { body: {} }), 422, 'InvalidInput');
    refusal(await ask(undefined, route, { body }), 401, 'Unauthenticated');
    expect(stops).toEqual([]);
  });

  test.each([
    [new MfaRequired('Sign in with a second factor.'), 403],
    [new StateForbids('It is stopped already.'), 409],
  ] as const)('tells of %s', async (error, status) => {
    const { ask } = apiWorld(undefined, stopping(error).stop);
    refusal(await ask(cora, route, { body }), status, error.code);
  });
});

describe('a call of the page', () => {
  test('stops the key for whoever has signed in there', async () => {
    const { stops, stop } = stopping();
    const answer = answerPage(stop);
    const through = stopKeyThrough(async (payload) => JSON.parse(JSON.stringify(await answer(payload))));
    expect(await through(cora, KEY_ID, 'It leaks.')).toEqual(stopped);
    expect(stops).toEqual([{ via: 'page', keyId: KEY_ID, reason: 'It leaks.', custodian: cora }]);
  });

  test('hears of a refusal as it was said', async () => {
    const error = new StateForbids('It is stopped already.', { keyState: 'suspended' });
    const through = stopKeyThrough(answerPage(stopping(error).stop));
    await expect(through(cora, KEY_ID, 'It leaks.')).rejects.toMatchObject({
      code: 'StateForbids',
      kind: 'conflict',
      message: 'It is stopped already.',
      details: { keyState: 'suspended' },
    });
  });

  test('fails when something is broken: whoever calls must not take it for an answer', async () => {
    const answer = answerPage(stopping(new BackendRefused('No.')).stop);
    await expect(answer({ via: 'page', keyId: KEY_ID, reason: 'r', custodian: cora })).rejects.toThrow('No.');
  });
});

describe('a direct call', () => {
  const call = { via: 'direct', keyId: KEY_ID, reason: 'It leaks.', custodian: 'cora' };

  test('is taken on the word of whoever calls, and marked as that', async () => {
    const { stops, stop } = stopping();
    expect(await answerDirect(stop)(call)).toEqual({ stopped });
    expect(stops).toEqual([
      {
        via: 'direct',
        keyId: KEY_ID,
        reason: 'It leaks.',
        custodian: {
          kind: 'person',
          id: 'person:direct-invocation/cora',
          name: 'cora (invoked directly)',
          groups: [],
          mfa: true,
        },
      },
    ]);
  });

  test.each([
    ['a sign-in on the page', { ...call, via: 'page', custodian: cora }],
    ['a person with groups', { ...call, custodian: cora }],
    ['an event of the API', { httpMethod: 'POST', path: `/v1/keys/${KEY_ID}/emergency-revoke` }],
    ['nobody', { ...call, custodian: '' }],
    ['no reason', { ...call, reason: '' }],
    ['no key', { ...call, keyId: 'orders' }],
  ])('cannot claim %s', async (_what, event) => {
    const { stops, stop } = stopping();
    expect(await answerDirect(stop)(event)).toMatchObject({ refused: { code: 'InvalidInput' } });
    expect(stops).toEqual([]);
  });
});

describe('admission', () => {
  const keyClass = classNamed(
    readPolicies(join(import.meta.dirname, '../../../policies')).classes,
    aKey.className,
  );
  const directory = new TestDirectory().add(cora, alice);
  const admit = admitCustodian({ directory, authorization });
  const key: KeyRecord = aKey;

  test('goes by the groups of today, whatever the sign-in said', async () => {
    expect((await admit({ ...cora, groups: [] }, key, keyClass)).groups).toEqual(['custodians']);
    const former = person('fay', 'custodians');
    directory.add(person('fay', 'guests'));
    await expect(admit(former, key, keyClass)).rejects.toMatchObject({ code: 'KeyNotFound' });
  });

  test('tells its owner’s people that they are no custodians, and others nothing', async () => {
    await expect(admit(alice, key, keyClass)).rejects.toMatchObject({ code: 'Forbidden' });
    const machine = { ...cora, kind: 'machine', id: PIPELINE } as const;
    await expect(admit(machine, key, keyClass)).rejects.toMatchObject({ code: expect.any(String) });
  });

  test('tells a stranger nothing of the class either', async () => {
    const { emergency: _none, ...without } = keyClass;
    const stranger = person('fay', 'guests');
    directory.add(stranger);
    await expect(admit(stranger, key, without)).rejects.toMatchObject({ code: 'KeyNotFound' });
    await expect(admit(alice, key, without)).rejects.toMatchObject({ code: 'ClassForbids' });
  });

  test('answers alike for a key that is there and one that is not', async () => {
    const stranger = person('fay', 'guests');
    const failing = admitCustodian({
      directory: { groupsOf: async () => Promise.reject(new BackendBusy('The directory is down.')) },
      authorization,
    });
    for (const [asked, who, code] of [
      [admit, stranger, 'KeyNotFound'],
      [admit, person('ghost', 'custodians'), 'NotAnApprover'],
      [failing, stranger, 'BackendBusy'],
    ] as const) {
      await expect(asked(who, key, keyClass)).rejects.toMatchObject({ code });
      await expect(asked(who, undefined, undefined)).rejects.toMatchObject({ code });
    }
  });

  test('wants a second factor', async () => {
    await expect(admit({ ...cora, mfa: false }, key, keyClass)).rejects.toMatchObject({
      code: 'MfaRequired',
    });
  });

  test('needs the organisation’s policies to agree', async () => {
    const refusing = {
      groups: [],
      authorize: () => ({ allowed: false, policies: ['p1'], explanations: ['Not today.'] }),
    };
    const strict = admitCustodian({ directory, authorization: refusing });
    await expect(strict(cora, key, keyClass)).rejects.toMatchObject({
      code: 'Forbidden',
      message: 'Not today.',
      details: { policies: ['p1'] },
    });
  });
});
