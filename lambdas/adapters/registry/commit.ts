import { isDeepStrictEqual } from 'node:util';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Change, Write } from '../../domain/change.ts';
import {
  AlreadyDecided,
  BackendBusy,
  BackendRefused,
  BackendStateUnexpected,
  LedgerBroken,
  NameTaken,
  PasskeyInvalid,
  RowConflict,
} from '../../domain/errors.ts';
import type { KeyRecord } from '../../domain/key.ts';
import { appendEntry, GENESIS, type LedgerEntry } from '../../domain/ledger.ts';
import { tableCall } from './call.ts';
import { IdempotencyConflict } from './idempotency-conflict.ts';
import type { IdempotencyRecord, Table } from './registry.ts';
import {
  decisionRow,
  keyRow,
  ledgerRow,
  type Row,
  type RowKey,
  recordIn,
  records,
  requestRow,
  rowKey,
  versionRow,
} from './rows.ts';

/** What must hold of a row for the transaction to go through, and what it means when it does not. */
interface Condition {
  readonly condition: string;
  readonly names?: Record<string, string>;
  readonly values?: Record<string, unknown>;
  readonly refused: (found: Record<string, unknown> | undefined) => Error;
}

/** A row that is written. */
interface Put extends Condition {
  readonly row: Row;
}

/** A row that is looked at. */
interface Check extends Condition {
  readonly key: RowKey;
}

const NEW = 'attribute_not_exists(PK)';

/** Reasons of a cancellation that a later attempt may not meet. */
const busyReasons = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * Writes a change in one transaction. Every row carries its condition, and what stands there instead comes back with
 * the refusal, so that «missing», «changed by another» and «already written by this very commit» are told apart
 * without a second read.
 *
 * When no answer comes, the SDK sends the transaction again under the same client token, and DynamoDB carries out a
 * token once within ten minutes. Should the first one have gone through all the same, its own rows refuse the second,
 * which then counts as gone through.
 */
export async function commitChange(
  { client, tableName }: Table,
  change: Change,
  idempotency: IdempotencyRecord | undefined,
): Promise<void> {
  assertTellsOfItself(change);
  const parts = [...rowsOf(change, idempotency), ...checksOf(change)];
  try {
    await tableCall('dynamodb:TransactWriteItems', () =>
      client.send(
        new TransactWriteCommand({
          TransactItems: parts.map((part) => {
            const { condition, names, values } = part;
            const on = {
              TableName: tableName,
              ConditionExpression: condition,
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
              ...(names === undefined ? {} : { ExpressionAttributeNames: names }),
              ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
            } as const;
            return 'row' in part
              ? { Put: { ...on, Item: part.row } }
              : { ConditionCheck: { ...on, Key: { ...part.key } } };
          }),
        }),
      ),
    );
  } catch (error) {
    const cancelled = error instanceof Error ? error.cause : undefined;
    if (!(cancelled instanceof TransactionCanceledException)) throw error;
    const refusal = refusalOf(cancelled, parts);
    if (refusal !== undefined) throw refusal;
  }
}

/** Why a commit was refused; nothing when its rows stand as it wrote them: its answer was lost and it was sent again. */
function refusalOf(
  { CancellationReasons: reasons = [] }: TransactionCanceledException,
  parts: readonly (Put | Check)[],
): Error | undefined {
  const failed = parts.flatMap((part, position) => {
    const reason = reasons[position];
    return reason?.Code === undefined || reason.Code === 'None' ? [] : [{ part, reason }];
  });
  const other = failed.find(({ reason }) => reason.Code !== 'ConditionalCheckFailed');
  if (other !== undefined) {
    const { Code: awsCode = '', Message: told } = other.reason;
    return busyReasons.has(awsCode)
      ? new BackendBusy(`The commit met another one (${awsCode}); it is tried again.`, { awsCode })
      : new BackendRefused(`DynamoDB refuses ${named(other.part)}: ${told ?? awsCode}`, { awsCode });
  }
  const refusals = failed.map(({ part, reason }) => ({
    part,
    found: reason.Item === undefined ? undefined : unmarshall(reason.Item),
  }));
  const [key] = parts;
  // What was only looked at may have changed since it went through.
  const standsWhole =
    refusals.some(({ part }) => part === key) &&
    refusals.every(({ part, found }) => !('row' in part) || isDeepStrictEqual(part.row, found));
  if (standsWhole) return undefined;
  const [first] = refusals.toSorted((a, b) => rank(a.part) - rank(b.part));
  return first === undefined
    ? new BackendBusy('The commit was cancelled without a reason; it is tried again.')
    : first.part.refused(first.found);
}

/** What a caller should hear first, when several rows refuse. */
function rank(part: Put | Check): number {
  const order = ['IDEMPOTENCY#', 'ALIAS#', 'DECISION#'].findIndex((head) => keyIn(part).PK.startsWith(head));
  return order === -1 ? 3 : order;
}

function keyIn(part: Put | Check): RowKey {
  return 'row' in part ? part.row : part.key;
}

function named(part: Put | Check): string {
  const { PK, SK } = keyIn(part);
  return `${PK} / ${SK}`;
}

function rowsOf(change: Change, idempotency: IdempotencyRecord | undefined): Put[] {
  const { key, versions, request, decision, entries, alias } = change;
  const { keyId, alias: name, updatedAt } = key.after;
  return [
    versionedKey(keyRow(key.after), key),
    ...versions.map((version) => versioned(versionRow(version.after), version)),
    ...(request === undefined ? [] : [versioned(requestRow(request.after), request)]),
    ...entries.map((entry) => created(ledgerRow(entry))),
    ...(decision === undefined
      ? []
      : [
          {
            row: decisionRow(decision),
            condition: NEW,
            refused: (found: Record<string, unknown> | undefined) => decidedBefore(found),
          },
        ]),
    ...(alias === undefined ? [] : [aliasRow(alias, name, keyId, updatedAt)]),
    ...newKmsKeys(change),
    ...(idempotency === undefined ? [] : [idempotencyRow(idempotency, updatedAt)]),
  ];
}

/** A passkey that its person has removed signs nothing more, however late that is found out. */
function checksOf({ decision }: Change): Check[] {
  if (decision?.passkey === undefined) return [];
  const { person, passkey } = decision;
  return [
    {
      key: rowKey.passkey(person.id, passkey.credentialId),
      condition: '#record.#publicKey = :publicKey AND attribute_not_exists(#record.#removedAt)',
      names: { '#record': 'record', '#publicKey': 'publicKey', '#removedAt': 'removedAt' },
      values: { ':publicKey': passkey.publicKey },
      refused: () =>
        new PasskeyInvalid('This passkey is no longer yours here. Sign with another, or enrol it again.'),
    },
  ];
}

function versioned<T extends { rowVersion: number; state: string }>(row: Row, { before }: Write<T>): Put {
  const refused = (found: Record<string, unknown> | undefined) =>
    new RowConflict(
      found === undefined
        ? `${row.PK} / ${row.SK} is not there to be changed.`
        : `${row.PK} / ${row.SK} was written by somebody else in between.`,
      { item: `${row.PK}/${row.SK}`, expected: before?.rowVersion, found: rowVersionOf(found) },
    );
  return before === undefined
    ? { row, condition: NEW, refused }
    : {
        row,
        condition: '#record.#rowVersion = :rowVersion AND #record.#state = :state',
        names: { '#record': 'record', '#rowVersion': 'rowVersion', '#state': 'state' },
        values: { ':rowVersion': before.rowVersion, ':state': before.state },
        refused,
      };
}

/** A key's row also has to end its chain where the change takes it up: no chain can fork. */
function versionedKey(row: Row, write: Write<KeyRecord>): Put {
  const put = versioned(row, write);
  return write.before === undefined
    ? put
    : {
        ...put,
        condition: `${put.condition} AND #record.#ledgerHead = :ledgerHead`,
        names: { ...put.names, '#ledgerHead': 'ledgerHead' },
        values: { ...put.values, ':ledgerHead': write.before.ledgerHead },
      };
}

function created(row: Row): Put {
  return {
    row,
    condition: NEW,
    refused: () =>
      new RowConflict(`${row.PK} / ${row.SK} is there already.`, { item: `${row.PK}/${row.SK}` }),
  };
}

function aliasRow(act: 'reserve' | 'release', alias: string, keyId: string, at: string): Put {
  return {
    row: { ...rowKey.alias(alias), keyId, ...(act === 'release' ? { releasedAt: at } : {}) },
    condition: `${NEW} OR keyId = :mine OR attribute_exists(releasedAt)`,
    values: { ':mine': keyId },
    refused: (found) =>
      new NameTaken(`${alias} belongs to ${String(found?.keyId)}. Choose another name, or use that key.`, {
        pointer: '/name',
        keyId: found?.keyId,
      }),
  };
}

/** Which key a KMS key belongs to, written with its first version: what tags say can be changed by others. */
function newKmsKeys({ key, versions }: Change): Put[] {
  const { keyId } = key.after;
  return versions
    .filter(({ before }) => before === undefined)
    .map(({ after }) => ({
      row: { ...rowKey.kmsKey(after.kmsKeyArn), keyId },
      condition: `${NEW} OR keyId = :mine`,
      values: { ':mine': keyId },
      refused: (found) =>
        new BackendStateUnexpected(`${after.kmsKeyArn} belongs to ${String(found?.keyId)} already.`, {
          kmsKeyArn: after.kmsKeyArn,
          keyId: found?.keyId,
        }),
    }));
}

function idempotencyRow(record: IdempotencyRecord, now: string): Put {
  return {
    row: {
      ...rowKey.idempotency(record.key),
      ...record,
      ttl: Math.floor(Date.parse(record.expiresAt) / 1000),
    },
    condition: `${NEW} OR expiresAt < :now`,
    values: { ':now': now },
    refused: (found) => new IdempotencyConflict(found),
  };
}

function decidedBefore(found: Record<string, unknown> | undefined): Error {
  const { verdict, decidedAt } = recordIn(records.decision, found);
  return new AlreadyDecided(`You decided this request on ${decidedAt}: ${verdict}. A decision stands.`, {
    verdict,
    decidedAt,
  });
}

function rowVersionOf(found: Record<string, unknown> | undefined): unknown {
  const record = found?.record;
  return typeof record === 'object' && record !== null && 'rowVersion' in record
    ? record.rowVersion
    : undefined;
}

/** No state change without its ledger entry: a change that breaks the chain, or is not of its key, never gets there. */
function assertTellsOfItself({ key, versions, request, decision, entries }: Change): void {
  const { keyId, ledgerSeq, ledgerHead } = key.after;
  const assert = (holds: boolean, why: string): void => {
    if (!holds) throw new LedgerBroken(`A commit was refused: ${why}.`, { keyId });
  };

  let chain = {
    keyId,
    ledgerSeq: key.before?.ledgerSeq ?? 0,
    ledgerHead: key.before?.ledgerHead ?? GENESIS,
  };
  for (const entry of entries) {
    assert(follows(chain, entry), 'its ledger entries do not follow the chain');
    chain = { keyId, ledgerSeq: entry.seq, ledgerHead: entry.hash };
  }
  assert(entries.length > 0, 'it has no ledger entry');
  assert(isDeepStrictEqual({ keyId, ledgerSeq, ledgerHead }, chain), 'the key does not name its last entry');

  for (const { before, after } of [key, ...versions, ...(request === undefined ? [] : [request])]) {
    assert(after.keyId === keyId && (before?.keyId ?? keyId) === keyId, 'it changes what another key has');
    assert(after.rowVersion === (before?.rowVersion ?? 0) + 1, 'a row version was skipped');
  }
  assert(
    decision === undefined || decision.requestId === request?.after.requestId,
    'its decision is on another request',
  );
}

/** Whether an entry is the next of the chain, and hashed over what it says. */
function follows(chain: Parameters<typeof appendEntry>[0], entry: LedgerEntry): boolean {
  const { keyId: _keyId, seq: _seq, previousHash: _previousHash, hash: _hash, ...draft } = entry;
  return isDeepStrictEqual(appendEntry(chain, draft), entry);
}
