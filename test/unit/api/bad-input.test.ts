import { describe, expect, it } from 'vitest';
import { contracts } from '../../../lambdas/api/contracts.ts';
import { alice, aNewKey, apiWorld, type Caller, refusal, type Sent } from './world.ts';

const KEY = 'key_01KAWXCYJ7P8M2Q4R6S8T0V2W4';
const REQUEST = 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W5';
const DIGEST = 'a'.repeat(64);

/** A good body for every route that takes one. */
const goodBody: Readonly<Record<string, object>> = {
  createKey: aNewKey,
  rotate: { reason: 'Yearly.' },
  revoke: { reason: 'A leak.', mode: 'suspend' },
  emergencyRevoke: { reason: 'A leak.' },
  reinstate: { reason: 'No leak.' },
  destroy: { reason: 'No longer used.' },
  cancelDestruction: { reason: 'Still used.' },
  registerConsumer: { name: 'checkout', contact: '#checkout', uses: 'Reads orders.' },
  removeConsumer: { name: 'checkout' },
  cancelRequest: {},
  decideRequest: { verdict: 'approve', reason: 'Agreed.', digest: DIGEST },
};

const routes = contracts
  .filter(({ open }) => open !== true)
  .map((contract) => ({
    contract,
    id: contract.operationId,
    route: `${contract.method} ${contract.path.replace('{keyId}', KEY).replace('{requestId}', REQUEST)}`,
  }));
const posts = routes.filter(({ contract }) => contract.method === 'POST');
const withReason = posts.filter(({ contract }) => 'reason' in contract.fields.body.shape);
const onKeys = posts.filter(({ contract }) => 'If-Match' in contract.fields.headers.shape);

const world = apiWorld();

async function refused(
  route: string,
  sent: Sent,
  status: number,
  code: string,
  ...pointers: string[]
): Promise<void> {
  const { errors = [] } = refusal(await world.ask(alice, route, sent), status, code);
  expect(errors.map(({ pointer }) => pointer).toSorted()).toEqual(pointers.toSorted());
  for (const { detail } of errors) expect(detail).not.toBe('');
}

describe.each(routes)('$id', ({ contract, id, route }) => {
  const body = goodBody[id];

  it.each<Caller>([undefined, ''])('is not for callers that nobody knows', async (who) => {
    const answer = await world.ask(who, route, {
      body,
      headers: { authorization: 'Bearer forged', 'x-principal': JSON.stringify(alice) },
    });
    refusal(answer, 401, 'Unauthenticated');
    expect(answer.headers).toMatchObject({ 'WWW-Authenticate': 'Bearer' });
  });

  it('takes no query that it does not know', async () => {
    await refused(route, { body, query: { surprise: '1' } }, 422, 'InvalidInput', '?surprise');
  });

  it('answers to no other method', async () => {
    const answer = await world.ask(alice, route.replace(/^\w+/, 'DELETE'));
    refusal(answer, 405, 'MethodNotAllowed');
    expect(answer.headers.Allow).toContain(contract.method);
  });
});

describe.each(routes.filter(({ contract }) => contract.path.includes('{')))(
  '$id',
  ({ contract, id, route }) => {
    const body = goodBody[id];

    it('takes no id of another form', async () => {
      const name = contract.path.includes('{keyId}') ? 'keyId' : 'requestId';
      const bad = route.replace(KEY, 'key_1').replace(REQUEST, KEY);
      await refused(bad, { body }, 422, 'InvalidInput', `{${name}}`);
      await refused(
        `${bad}%00`.replace(/((?:\/[a-z-]+)*)%00$/, '%00$1'),
        { body },
        422,
        'InvalidInput',
        `{${name}}`,
      );
    });
  },
);

describe.each(posts)('$id', ({ id, route }) => {
  const body = goodBody[id] ?? {};

  it('takes nothing but JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', undefined]) {
      await refused(route, { body, headers: { 'content-type': type } }, 415, 'UnsupportedMediaType');
    }
    for (const text of ['', '{', '{"reason":', 'nonsense']) {
      await refused(route, { text }, 400, 'MalformedBody');
    }
    const latin1 = Buffer.from('{"reason":"caf\xe9"}', 'latin1').toString('base64');
    await refused(route, { text: latin1, event: { isBase64Encoded: true } }, 400, 'MalformedBody');
    for (const text of ['[]', 'null', '1', '"text"']) await refused(route, { text }, 422, 'InvalidInput', '');
  });

  it('takes no body of more than 64 KiB', async () => {
    const text = JSON.stringify({ ...body, reason: 'é'.repeat(33_000) });
    await refused(route, { text }, 413, 'BodyTooLarge');
  });

  it('takes no field that it does not know', async () => {
    const sent = { ...body, 'admin/~': true, kmsKeyArn: 'arn:aws:kms:::key/x' };
    await refused(route, { body: sent }, 422, 'InvalidInput', '/admin~1~0', '/kmsKeyArn');
  });

  it('wants an Idempotency-Key of printable ASCII', async () => {
    await refused(
      route,
      { body, headers: { 'idempotency-key': undefined } },
      400,
      'IdempotencyKeyMissing',
      'Idempotency-Key',
    );
    for (const key of ['', 'é', 'a\u0007', 'x'.repeat(256)]) {
      await refused(
        route,
        { body, headers: { 'idempotency-key': key } },
        422,
        'InvalidInput',
        'Idempotency-Key',
      );
    }
  });

  it('knows headers in any case', async () => {
    const headers = { 'idempotency-key': undefined, 'IDEMPOTENCY-KEY': 'é' };
    await refused(route, { body, headers }, 422, 'InvalidInput', 'Idempotency-Key');
  });
});

describe.each(withReason)('$id', ({ id, route }) => {
  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['a blank one', '   '],
    ['a number', 7],
    ['null', null],
    ['a list', ['why']],
    ['one of 1025 characters', 'x'.repeat(1025)],
    ['a control character', 'a\u0000b'],
    ['a line break', 'a\nb'],
    ['an escape sequence', '\u001b[31mred'],
    ['an unpaired surrogate', 'a\ud800b'],
    ['a turn of the text’s direction', 'a\u202eb'],
    ['an isolate', 'a\u2066b'],
    ['a line separator', 'a\u2028b'],
  ])('takes no reason that is %s', async (_, reason) => {
    const { errors = [] } = refusal(
      await world.ask(alice, route, { body: { ...goodBody[id], reason } }),
      422,
      'InvalidInput',
    );
    expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(new Set(['/reason']));
  });
});

describe.each(onKeys)('$id', ({ id, route }) => {
  const body = goodBody[id];

  it('wants If-Match', async () => {
    await refused(route, { body, headers: { 'if-match': undefined } }, 428, 'VersionRequired', 'If-Match');
    for (const etag of ['', '3', 'W/"3"', '"0"', '"x"', '"1", "2"', '"9999999999999999"']) {
      await refused(route, { body, headers: { 'if-match': etag } }, 422, 'InvalidInput', 'If-Match');
    }
  });

  it('does a dry run for true only', async () => {
    for (const validateOnly of ['', 'TRUE', '1', 'yes']) {
      await refused(route, { body, query: { validateOnly } }, 422, 'InvalidInput', '?validateOnly');
    }
  });
});

describe('the fields of', () => {
  it.each<[string, object, string[]]>([
    ['a new key: none', {}, ['/name', '/owner', '/class', '/spec', '/reason']],
    ['a new key: name', { ...aNewKey, name: 'Invoices' }, ['/name']],
    ['a new key: name with a slash', { ...aNewKey, name: 'a/b' }, ['/name']],
    ['a new key: name of 63', { ...aNewKey, name: 'x'.repeat(63) }, ['/name']],
    ['a new key: owner', { ...aNewKey, owner: '-payments' }, ['/owner']],
    ['a new key: class', { ...aNewKey, class: 'a b' }, ['/class']],
    ['a new key: spec', { ...aNewKey, spec: 'RSA_2048' }, ['/spec']],
    ['a new key: description', { ...aNewKey, description: 'a\u0085b' }, ['/description']],
    ['a new key: long description', { ...aNewKey, description: 'x'.repeat(1025) }, ['/description']],
  ])('%s', async (_, body, pointers) => {
    await refused('POST /v1/keys', { body }, 422, 'InvalidInput', ...pointers);
  });

  it('a revocation', async () => {
    for (const mode of [undefined, 'delete', 'SUSPEND', 1]) {
      await refused(
        `POST /v1/keys/${KEY}/revoke`,
        { body: { reason: 'x', mode } },
        422,
        'InvalidInput',
        '/mode',
      );
    }
  });

  it('a destruction', async () => {
    for (const windowDays of [0, 6, 31, 7.5, '7', null]) {
      const { errors = [] } = refusal(
        await world.ask(alice, `POST /v1/keys/${KEY}/destroy`, { body: { reason: 'x', windowDays } }),
        422,
        'InvalidInput',
      );
      expect(errors[0]?.pointer).toBe('/windowDays');
    }
  });

  it('a decision', async () => {
    const route = `POST /v1/requests/${REQUEST}/decisions`;
    await refused(route, { body: {} }, 422, 'InvalidInput', '/verdict', '/reason', '/digest');
    for (const digest of ['abc', DIGEST.toUpperCase(), `${DIGEST}a`]) {
      await refused(route, { body: { ...goodBody.decideRequest, digest } }, 422, 'InvalidInput', '/digest');
    }
    const body = { ...goodBody.decideRequest, verdict: 'abstain' };
    await refused(route, { body }, 422, 'InvalidInput', '/verdict');
  });

  it.each(['GET /v1/keys', 'GET /v1/requests', `GET /v1/keys/${KEY}/ledger`])('a page: %s', async (route) => {
    for (const pageSize of ['0', '101', '-1', '1.5', '1e1', '', 'all']) {
      const { errors = [] } = refusal(
        await world.ask(alice, route, { query: { pageSize } }),
        422,
        'InvalidInput',
      );
      expect(errors[0]?.pointer).toBe('?pageSize');
    }
    await refused(route, { query: { pageSize: ['5', '6'] } }, 422, 'InvalidInput', '?pageSize');
    await refused(route, { query: { pageToken: 'bm9uc2Vuc2U' } }, 422, 'PageTokenInvalid', '?pageToken');
  });

  it('a verification', async () => {
    for (const verify of ['', 'TRUE', '1', 'yes']) {
      await refused(`GET /v1/keys/${KEY}/ledger`, { query: { verify } }, 422, 'InvalidInput', '?verify');
    }
  });

  it('a list', async () => {
    await refused(
      'GET /v1/keys',
      { query: { state: 'lost', owner: 'A' } },
      422,
      'InvalidInput',
      '?state',
      '?owner',
    );
    await refused('GET /v1/requests', { query: { state: 'active' } }, 422, 'InvalidInput', '?state');
  });
});

it('names every fault at once, of every part', async () => {
  const sent: Sent = {
    body: { mode: 'off', reason: '', extra: 1 },
    headers: { 'idempotency-key': 'é', 'if-match': 'x' },
    query: { validateOnly: 'maybe' },
  };
  const { errors = [] } = refusal(
    await world.ask(alice, 'POST /v1/keys/nonsense/revoke', sent),
    422,
    'InvalidInput',
  );
  expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(
    new Set(['{keyId}', '?validateOnly', 'Idempotency-Key', 'If-Match', '/mode', '/reason', '/extra']),
  );
});

it.each(['GET /', 'GET /v1', 'GET /v2/keys', 'GET /v1/keys/', 'GET /v1/keys/x/y/z', 'GET /v1/__proto__'])(
  'has no route %s',
  async (route) => {
    const told = refusal(await world.ask(alice, route), 404, 'RouteNotFound');
    expect(told.instance).toBe(route.split(' ')[1]);
    expect(told.requestId).toBe('4f0c3b1e-0000-4000-8000-000000000001');
  },
);
