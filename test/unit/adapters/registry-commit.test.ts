import { DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import { createRegistry, type IdempotencyRecord } from '../../../lambdas/adapters/registry/registry.ts';
import {
  decisionRow,
  keyRow,
  ledgerRow,
  passkeyRow,
  requestRow,
  rowKey,
} from '../../../lambdas/adapters/registry/rows.ts';
import { type Change, recordChange } from '../../../lambdas/domain/change.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { assertionOf, decisionBy, passkeyOf } from '../domain/deciding.ts';
import { aKey, aRequest, decisionOf, olga, sami } from '../domain/examples.ts';

const NOW = '2026-11-26T03:02:22.000Z';
const OTHER_KEY = 'key_01KAWXCYJ7P8M2Q4R6S8T0V2W9';

/** Says yes on a request that waits for two. */
const decision = decisionBy({
  now: NOW,
  request: aRequest,
  key: aKey,
  person: sami,
  decisions: [],
  verdict: 'approve',
  reason: 'Agreed.',
  digest: aRequest.digest,
  channel: 'api',
});

/** A registry whose table answers every call with this error; without one nothing is to reach it. */
function registryThat(answers?: Error) {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-west-1' }));
  client.middlewareStack.add(
    () => () => Promise.reject(answers ?? new Error('This was not to reach the table.')),
    { step: 'initialize', priority: 'high' },
  );
  return createRegistry({ client, tableName: 'Registry' });
}

type Reason = NonNullable<TransactionCanceledException['CancellationReasons']>[number];

/** The rows of the decision's commit, in the order of the transaction. */
const positions = ['key', 'request', 'ledger', 'decision', 'idempotency'] as const;

function cancelled(
  reasons: Partial<Record<(typeof positions)[number], Reason>>,
): TransactionCanceledException {
  return new TransactionCanceledException({
    $metadata: {},
    message: 'Transaction cancelled',
    CancellationReasons: positions.map((position) => reasons[position] ?? { Code: 'None' }),
  });
}

function refused(found?: object): Reason {
  return {
    Code: 'ConditionalCheckFailed',
    ...(found && { Item: marshall(found, { removeUndefinedValues: true }) }),
  };
}

const idempotency: IdempotencyRecord = {
  key: 'e'.repeat(64),
  bodyHash: 'f'.repeat(64),
  requestId: aRequest.requestId,
  expiresAt: '2026-11-27T03:02:22.000Z',
};

const commit = (answers: Error) => registryThat(answers).commit(decision, { idempotency });

const laterKey = keyRow({ ...decision.key.after, rowVersion: 9 });

describe('a refused commit', () => {
  test('says who was first', async () => {
    await expect(commit(cancelled({ key: refused(laterKey) }))).rejects.toMatchObject({
      code: 'RowConflict',
      details: { item: `KEY#${aKey.keyId}/KEY`, expected: aKey.rowVersion, found: 9 },
    });
  });

  test('tells a missing row from a changed one', async () => {
    await expect(commit(cancelled({ request: refused() }))).rejects.toMatchObject({
      code: 'RowConflict',
      details: { item: `REQUEST#${aRequest.requestId}/REQUEST`, found: undefined },
    });
  });

  test('names the decision that stands before the row that moved', async () => {
    const standing = decisionRow(decisionOf(sami, { verdict: 'deny' }));
    await expect(
      commit(cancelled({ key: refused(laterKey), decision: refused(standing) })),
    ).rejects.toMatchObject({
      code: 'AlreadyDecided',
      details: { verdict: 'deny', decidedAt: '2026-11-25T04:00:00.000Z' },
    });
  });

  test('hands out the answer that was given to the same Idempotency-Key before anything else', async () => {
    const answered = { ...rowKey.idempotency(idempotency.key), ...idempotency, bodyHash: '1'.repeat(64) };
    await expect(
      commit(
        cancelled({
          key: refused(laterKey),
          decision: refused(decisionRow(decisionOf(sami))),
          idempotency: refused(answered),
        }),
      ),
    ).rejects.toMatchObject({
      stored: { bodyHash: '1'.repeat(64), requestId: aRequest.requestId },
    });
  });

  test.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    'is tried again after %s',
    async (Code) => {
      await expect(commit(cancelled({ request: { Code } }))).rejects.toMatchObject({ code: 'BackendBusy' });
    },
  );

  test('is not tried again when no attempt can go through', async () => {
    const reason = { Code: 'ValidationError', Message: 'Item size has exceeded the maximum allowed size' };
    await expect(commit(cancelled({ request: reason }))).rejects.toMatchObject({
      code: 'BackendRefused',
      message: expect.stringContaining('Item size'),
    });
  });
});

describe('a commit whose answer was lost', () => {
  const written = {
    key: refused(keyRow(decision.key.after)),
    request: refused(requestRow(decision.request?.after ?? aRequest)),
    ledger: refused(ledgerRow(decision.entries[0] ?? expect.fail('no entry'))),
    decision: refused(decisionRow(decision.decision ?? expect.fail('no decision'))),
  };

  test('has gone through when its own rows refuse it', async () => {
    await expect(commit(cancelled(written))).resolves.toBeUndefined();
  });

  test('has not when one of them is another’s', async () => {
    const others = { ...written, decision: refused(decisionRow(decisionOf(sami))) };
    await expect(commit(cancelled(others))).rejects.toMatchObject({ code: 'AlreadyDecided' });
  });
});

describe('a decision that a passkey has signed', () => {
  const signed = decisionBy({
    now: NOW,
    request: aRequest,
    key: aKey,
    person: sami,
    decisions: [],
    verdict: 'approve',
    reason: 'Agreed.',
    digest: aRequest.digest,
    channel: 'page',
    passkey: assertionOf(sami),
  });
  const removed = refused(passkeyRow({ ...passkeyOf(sami), removedAt: NOW }));
  /** Those of its rows, and the passkey that it looks at. */
  const refusedWith = (rows: readonly Reason[], passkey: Reason) =>
    registryThat(
      new TransactionCanceledException({
        $metadata: {},
        message: 'Transaction cancelled',
        CancellationReasons: [...rows, passkey],
      }),
    ).commit(signed);
  const none: Reason = { Code: 'None' };

  test('is refused once the passkey is removed, or not there', async () => {
    for (const passkey of [removed, refused()]) {
      await expect(refusedWith([none, none, none, none], passkey)).rejects.toMatchObject({
        code: 'PasskeyInvalid',
      });
    }
  });

  test('is tried again first when somebody else has written', async () => {
    await expect(
      refusedWith([refused(keyRow({ ...signed.key.after, rowVersion: 9 })), none, none, none], removed),
    ).rejects.toMatchObject({ code: 'RowConflict' });
  });

  test('has gone through when its own rows refuse it, also when the passkey was removed since', async () => {
    const written = [
      refused(keyRow(signed.key.after)),
      refused(requestRow(signed.request?.after ?? aRequest)),
      refused(ledgerRow(signed.entries[0] ?? expect.fail('no entry'))),
      refused(decisionRow(signed.decision ?? expect.fail('no decision'))),
    ];
    await expect(refusedWith(written, removed)).resolves.toBeUndefined();
  });
});

describe('a call that does not go through', () => {
  const failing = (name: string, httpStatusCode?: number) =>
    Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });

  test.each([
    failing('ProvisionedThroughputExceededException', 400),
    failing('TransactionInProgressException', 400),
    failing('ThrottlingException', 400),
    failing('TimeoutError'),
    failing('InternalServerError', 500),
  ])('is tried again: $name', async (error) => {
    await expect(commit(error)).rejects.toMatchObject({ code: 'BackendBusy' });
    await expect(registryThat(error).getKey(aKey.keyId)).rejects.toMatchObject({ code: 'BackendBusy' });
  });

  test('is not tried again when it is refused', async () => {
    const denied = failing('AccessDeniedException', 400);
    await expect(registryThat(denied).getKey(aKey.keyId)).rejects.toMatchObject({
      code: 'BackendRefused',
      cause: denied,
    });
  });
});

describe('a change that does not tell of itself never reaches the table:', () => {
  const [entry] = decision.entries;
  if (entry === undefined) throw new Error('A decision has an entry.');
  const request = decision.request?.after ?? aRequest;
  const ofOtherKey = recordChange({
    now: NOW,
    actor: actorOf(olga),
    key: { before: { ...aKey, keyId: OTHER_KEY }, after: { ...aKey, keyId: OTHER_KEY } },
    entries: [{ event: 'failed', details: {} }],
  });

  test.each<[string, Partial<Change>]>([
    ['no entry', { entries: [] }],
    [
      'no entry, of a key whose chain stays',
      { entries: [], key: { before: aKey, after: { ...aKey, rowVersion: 4 } } },
    ],
    ['an entry that says other than was hashed', { entries: [{ ...entry, details: { verdict: 'deny' } }] }],
    ['an entry twice', { entries: [entry, entry] }],
    ['the entry of another key', { entries: ofOtherKey.entries }],
    [
      'a head that is not its last entry',
      { key: { ...decision.key, after: { ...decision.key.after, ledgerHead: 'a'.repeat(64) } } },
    ],
    [
      'a key that skips a row version',
      { key: { ...decision.key, after: { ...decision.key.after, rowVersion: 9 } } },
    ],
    ['a request that keeps its row version', { request: { before: aRequest, after: aRequest } }],
    ['a request on another key', { request: { before: aRequest, after: { ...request, keyId: OTHER_KEY } } }],
    [
      'a decision on another request',
      { decision: { ...decisionOf(sami), requestId: 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W6' } },
    ],
  ])('%s', async (_name, wrong) => {
    await expect(registryThat().commit({ ...decision, ...wrong })).rejects.toMatchObject({
      code: 'LedgerBroken',
      details: { keyId: aKey.keyId },
    });
  });

  test('what could not be read back', async () => {
    const unreadable = { ...decision.request, after: { ...request, reason: '' } };
    await expect(registryThat().commit({ ...decision, request: unreadable })).rejects.toMatchObject({
      code: 'RecordCorrupt',
      details: { PK: `REQUEST#${aRequest.requestId}` },
    });
  });
});
