import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type AbsenceRecord, absenceRecord } from '../../domain/absence.ts';
import { type ConsumerRecord, consumerRecord } from '../../domain/consumer.ts';
import { keyDueAt, requestDueAt } from '../../domain/due.ts';
import { RecordCorrupt } from '../../domain/errors.ts';
import { type KeyRecord, keyRecord, type VersionRecord, versionRecord } from '../../domain/key.ts';
import { type LedgerEntry, ledgerEntry } from '../../domain/ledger.ts';
import { type PasskeyRecord, passkeyRecord } from '../../domain/passkey.ts';
import {
  type DecisionRecord,
  decisionRecord,
  type RequestRecord,
  requestRecord,
} from '../../domain/request.ts';
import { type SlackAccount, type SlackCode, slackAccount, slackCode } from '../../domain/slack-account.ts';
import { type SlackCopy, slackCopy } from '../../domain/slack-copy.ts';

/** A row as the table holds it: its two keys, what the indexes want of it, and the record. */
export interface Row {
  readonly PK: string;
  readonly SK: string;
  readonly [attribute: string]: unknown;
}

export interface RowKey {
  readonly PK: string;
  readonly SK: string;
}

/** How many partitions the due index is spread over. */
const SHARDS = 4;

const pad = (n: number, width: number): string => String(n).padStart(width, '0');

/** The keys of every kind of row. */
export const rowKey = {
  key: (keyId: string): RowKey => ({ PK: `KEY#${keyId}`, SK: 'KEY' }),
  version: (keyId: string, version: number): RowKey => ({
    PK: `KEY#${keyId}`,
    SK: `VERSION#${pad(version, 6)}`,
  }),
  ledger: (keyId: string, seq: number): RowKey => ({ PK: `KEY#${keyId}`, SK: `LEDGER#${pad(seq, 10)}` }),
  request: (requestId: string): RowKey => ({ PK: `REQUEST#${requestId}`, SK: 'REQUEST' }),
  /** A person decides anew on another digest; what they decided before stays. */
  decision: (requestId: string, personId: string, digest: string): RowKey => ({
    PK: `DECISION#${requestId}`,
    SK: `PERSON#${personId}#${digest}`,
  }),
  token: (requestId: string): RowKey => ({ PK: `TOKEN#${requestId}`, SK: 'TOKEN' }),
  alias: (alias: string): RowKey => ({ PK: `ALIAS#${alias}`, SK: 'ALIAS' }),
  idempotency: (key: string): RowKey => ({ PK: `IDEMPOTENCY#${key}`, SK: 'IDEMPOTENCY' }),
  kmsKey: (kmsKeyArn: string): RowKey => ({ PK: `KMSKEY#${kmsKeyArn}`, SK: 'KMSKEY' }),
  absence: (personId: string, absenceId: string): RowKey => ({
    PK: `PERSON#${personId}`,
    SK: `ABSENCE#${absenceId}`,
  }),
  /** How many absences a person has begun. */
  absences: (personId: string): RowKey => ({ PK: `PERSON#${personId}`, SK: 'ABSENCES' }),
  /** The same absence, as its substitute finds it. */
  standIn: (substituteId: string, absenceId: string): RowKey => ({
    PK: `PERSON#${substituteId}`,
    SK: `STANDIN#${absenceId}`,
  }),
  /** In a partition of their own, so that only the page can enrol one. */
  passkey: (personId: string, credentialId: string): RowKey => ({
    PK: `PASSKEY#${personId}`,
    SK: `CREDENTIAL#${sha256(credentialId)}`,
  }),
  /** Whose a credential id, or the key of a passkey, is. */
  passkeyClaim: (what: string): RowKey => ({ PK: `PASSKEY#${sha256(what)}`, SK: 'HOLDER' }),
  slackAccount: (teamId: string, userId: string): RowKey => ({
    PK: `SLACKUSER#${teamId}/${userId}`,
    SK: 'SLACKUSER',
  }),
  /** The same account, as its person finds it; apart from what else is kept of people, which Slack does not write. */
  slackAccountOf: (personId: string): RowKey => ({ PK: `SLACKPERSON#${personId}`, SK: 'SLACKUSER' }),
  slackCode: (codeHash: string): RowKey => ({ PK: `SLACKCODE#${codeHash}`, SK: 'SLACKCODE' }),
  /** Which code is a person's; as closed to readers as the code itself. */
  slackCodeOf: (personId: string): RowKey => ({ PK: `SLACKCODE#of/${personId}`, SK: 'SLACKCODE' }),
  slackCopy: (requestId: string, channel: string, ts: string): RowKey => ({
    PK: `SLACKCOPY#${requestId}`,
    SK: `COPY#${channel}#${ts}`,
  }),
  /** Who posts the message of a request to a channel, for as long as that takes. */
  slackPost: (requestId: string, channel: string): RowKey => ({
    PK: `SLACKCOPY#${requestId}`,
    SK: `POST#${channel}`,
  }),
  consumer: (keyId: string, name: string): RowKey => ({ PK: `KEY#${keyId}`, SK: `CONSUMER#${name}` }),
  once: (id: string): RowKey => ({ PK: `ONCE#${id}`, SK: 'ONCE' }),
} as const;

export function keyRow(record: KeyRecord): Row {
  const { keyId, owner, state } = record;
  return holding(records.key, rowKey.key(keyId), record, {
    ...listed('KEY', keyId, owner, state),
    ...due('key', keyId, keyDueAt(record)),
  });
}

export function versionRow(record: VersionRecord): Row {
  return holding(records.version, rowKey.version(record.keyId, record.version), record);
}

export function ledgerRow(record: LedgerEntry): Row {
  return holding(records.ledger, rowKey.ledger(record.keyId, record.seq), record);
}

export function requestRow(record: RequestRecord): Row {
  const { requestId, owner, state } = record;
  return holding(records.request, rowKey.request(requestId), record, {
    ...listed('REQUEST', requestId, owner, state),
    ...due('request', requestId, requestDueAt(record)),
  });
}

export function decisionRow(record: DecisionRecord): Row {
  const { requestId, person, digest } = record;
  return holding(records.decision, rowKey.decision(requestId, person.id, digest), record);
}

/** An absence is kept once for the person and once for the substitute: each finds it under their own id. */
export function absenceRows(record: AbsenceRecord): Row[] {
  const { absenceId, person, substitute } = record;
  const keys = [
    rowKey.absence(person.id, absenceId),
    ...(substitute === undefined ? [] : [rowKey.standIn(substitute.id, absenceId)]),
  ];
  return keys.map((key) => holding(records.absence, key, record));
}

export function passkeyRow(record: PasskeyRecord): Row {
  return holding(records.passkey, rowKey.passkey(record.personId, record.credentialId), record);
}

export function passkeyClaimRow(what: string, personId: string): Row {
  return { ...rowKey.passkeyClaim(what), personId };
}

/** A Slack account is kept once for the account and once for its person: each finds the other. */
export function slackAccountRows(record: SlackAccount): readonly [ofAccount: Row, ofPerson: Row] {
  const { teamId, userId, person } = record;
  return [
    holding(records.slackAccount, rowKey.slackAccount(teamId, userId), record),
    holding(records.slackAccount, rowKey.slackAccountOf(person.id), record),
  ];
}

export function slackCodeRow(record: SlackCode): Row {
  const ttl = Math.floor(Date.parse(record.expiresAt) / 1000);
  return holding(records.slackCode, rowKey.slackCode(record.codeHash), record, { ttl });
}

/** The one code of a person that is not void. */
export function slackCodeOfRow({ codeHash, person, expiresAt }: SlackCode): Row {
  return { ...rowKey.slackCodeOf(person.id), codeHash, ttl: Math.floor(Date.parse(expiresAt) / 1000) };
}

/** A message that is to change yet is found by that. */
export function slackCopyRow(requestId: string, record: SlackCopy): Row {
  return holding(
    records.slackCopy,
    rowKey.slackCopy(requestId, record.channel, record.ts),
    record,
    record.final ? {} : { statePk: unfinishedCopies, stateSk: requestId },
  );
}

export function consumerRow(record: ConsumerRecord): Row {
  return holding(records.consumer, rowKey.consumer(record.keyId, record.name), record);
}

/** A credential id may be longer than a key of the table. */
function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A row of exactly what will be read back. Throws RecordCorrupt for a record that could not be. */
function holding(schema: z.ZodType, key: RowKey, record: object, indexed: object = {}): Row {
  // By way of JSON: a field that is undefined is not stored.
  const stored: unknown = JSON.parse(JSON.stringify(record));
  return { ...key, ...indexed, record: recordIn(schema, { ...key, record: stored }) };
}

/** The record in a row. Throws as `parseRow`. */
export function recordIn<S extends z.ZodType>(schema: S, row: unknown): z.output<S> {
  return parseRow(z.looseObject({ record: schema }), row).record as z.output<S>;
}

/** A row as it should be. Throws RecordCorrupt: a row that cannot be read is never passed over. */
export function parseRow<S extends z.ZodType>(schema: S, row: unknown): z.output<S> {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const { PK, SK } = z.object({ PK: z.string().catch('?'), SK: z.string().catch('?') }).parse(row);
  const wrong = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))].join(', ');
  throw new RecordCorrupt(
    `The row ${PK} / ${SK} does not hold what it should (${wrong}). Compare it with a backup of the table.`,
    { PK, SK },
    { cause: parsed.error },
  );
}

export const records = {
  key: keyRecord,
  version: versionRecord,
  ledger: ledgerEntry,
  request: requestRecord,
  decision: decisionRecord,
  absence: absenceRecord,
  passkey: passkeyRecord,
  slackAccount,
  slackCode,
  slackCopy,
  consumer: consumerRecord,
} as const;

export const ownerPartition = (kind: 'KEY' | 'REQUEST', owner: string): string => `OWNER#${owner}#${kind}`;
export const statePartition = (kind: 'KEY' | 'REQUEST', state: string): string => `${kind}#${state}`;
export const unfinishedCopies = 'SLACKCOPY#unfinished';
export const duePartitions: readonly string[] = Array.from({ length: SHARDS }, (_, shard) => `DUE#${shard}`);

function listed(kind: 'KEY' | 'REQUEST', id: string, owner: string, state: string) {
  return {
    ownerPk: ownerPartition(kind, owner),
    ownerSk: `${state}#${id}`,
    statePk: statePartition(kind, state),
    stateSk: id,
  };
}

function due(kind: 'key' | 'request', id: string, dueAt: string | undefined) {
  if (dueAt === undefined) return {};
  const shard = (createHash('sha256').update(id).digest()[0] ?? 0) % SHARDS;
  return { duePk: duePartitions[shard], dueSk: `${dueAt}#${kind}#${id}` };
}
