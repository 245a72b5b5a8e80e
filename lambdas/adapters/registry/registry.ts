import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { AbsenceRecord } from '../../domain/absence.ts';
import type { Change } from '../../domain/change.ts';
import type { ConsumerRecord } from '../../domain/consumer.ts';
import type { RecordCorrupt } from '../../domain/errors.ts';
import type { KeyRecord, KeyState, VersionRecord } from '../../domain/key.ts';
import type { LedgerEntry } from '../../domain/ledger.ts';
import type { PasskeyRecord } from '../../domain/passkey.ts';
import type { DecisionRecord, RequestRecord, RequestState } from '../../domain/request.ts';
import type { SlackAccount, SlackCode } from '../../domain/slack-account.ts';
import type { SlackCopy } from '../../domain/slack-copy.ts';
import { commitChange } from './commit.ts';
import { type DueItem, lists } from './lists.ts';
import { markers } from './markers.ts';
import { passkeys } from './passkeys.ts';
import { people } from './people.ts';
import { reads } from './reads.ts';
import { slackAccounts } from './slack-accounts.ts';
import { slackCopies } from './slack-copies.ts';

/** A page of a list; `next` is a cursor to go on from, absent at the end. */
export interface Page<T> {
  readonly items: T[];
  readonly next?: string;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
  /** Takes what is wrong with a row that cannot be read, which is left out then. Without it the first one is thrown. */
  readonly unreadable?: (corrupt: RecordCorrupt) => void;
}

/** Whose or which: an owner's items, or all in a state. */
export type Filter<State> =
  | { readonly owner: string; readonly state?: State }
  | { readonly owner?: undefined; readonly state: State };

/** The answer to one caller's `Idempotency-Key`. */
export interface IdempotencyRecord {
  /** SHA-256 over the caller, the route and the caller's key. */
  readonly key: string;
  /** SHA-256 over the canonical body. */
  readonly bodyHash: string;
  readonly requestId: string;
  readonly expiresAt: string;
}

/** The registry: the record of every key, request and decision. Reads by id are strongly consistent. */
export interface Registry {
  getKey(keyId: string): Promise<KeyRecord | undefined>;
  /** Versions ascending. */
  getKeyWithVersions(keyId: string): Promise<{ key: KeyRecord; versions: VersionRecord[] } | undefined>;
  getRequest(requestId: string): Promise<RequestRecord | undefined>;
  getDecisions(requestId: string): Promise<DecisionRecord[]>;
  /** Ascending. */
  getLedger(keyId: string, page: PageRequest): Promise<Page<LedgerEntry>>;
  getWholeLedger(keyId: string): Promise<LedgerEntry[]>;
  listKeys(filter: Filter<KeyState>, page: PageRequest): Promise<Page<KeyRecord>>;
  listRequests(filter: Filter<RequestState>, page: PageRequest): Promise<Page<RequestRecord>>;
  /** What is due by `now`, oldest first within each shard. */
  listDue(now: string): AsyncIterable<DueItem>;
  /** The key that has reserved an alias. */
  holderOfAlias(alias: string): Promise<string | undefined>;
  /** The key that a KMS key belongs to, by its ARN. */
  keyIdOfKmsKey(kmsKeyArn: string): Promise<string | undefined>;
  getIdempotency(key: string): Promise<IdempotencyRecord | undefined>;
  /**
   * Commits a change whole or not at all. Throws LedgerBroken (the change does not tell of itself), RowConflict
   * (somebody was first), NameTaken, AlreadyDecided, PasskeyInvalid (the passkey that signed a decision is no longer its
   * person's), IdempotencyConflict or BackendBusy.
   */
  commit(change: Change, extra?: { readonly idempotency?: IdempotencyRecord }): Promise<void>;
  /** The last writer wins: a wait that was retried has a new token. */
  putTaskToken(requestId: string, token: string, at: string): Promise<void>;
  getTaskToken(requestId: string): Promise<string | undefined>;
  /** Marks something as done; false when it was marked before. The mark goes after `seconds`. */
  claimOnce(id: string, seconds: number): Promise<boolean>;
  isClaimed(id: string): Promise<boolean>;
  /**
   * A new absence beside all others of the person, as they were read. Throws RowConflict when another one has been begun
   * since.
   */
  beginAbsence(absence: AbsenceRecord, others: readonly AbsenceRecord[]): Promise<void>;
  putAbsence(absence: AbsenceRecord): Promise<void>;
  /** All there ever were. */
  absencesOf(personId: string): Promise<AbsenceRecord[]>;
  /** The absences of others in which this person is the substitute; all there ever were. */
  standInsOf(substituteId: string): Promise<AbsenceRecord[]>;
  /**
   * Enrols a passkey, or removes it. Throws PasskeyInvalid when the credential or its key is, or ever was, another
   * person's.
   */
  putPasskey(passkey: PasskeyRecord): Promise<void>;
  /** Those not removed. */
  passkeysOf(personId: string): Promise<PasskeyRecord[]>;
  /** A person has one code: any before it is void. */
  putSlackCode(code: SlackCode): Promise<void>;
  /** The code, unless its person was given another since, or has unlinked an account. */
  slackCode(codeHash: string): Promise<SlackCode | undefined>;
  /**
   * Links an account and uses up its code, both or neither. Throws RowConflict when the code is used up or void, the
   * account is another person's, or the person has another account.
   */
  linkSlackAccount(account: SlackAccount, code: SlackCode): Promise<void>;
  /** Its person's code is void with it. Throws RowConflict when it was unlinked or linked anew in between. */
  unlinkSlackAccount(account: SlackAccount, at: string): Promise<void>;
  /** The account while it is linked. */
  slackAccount(teamId: string, userId: string): Promise<SlackAccount | undefined>;
  /** The account that is linked to a person. */
  slackAccountOf(personId: string): Promise<SlackAccount | undefined>;
  putSlackCopy(requestId: string, copy: SlackCopy): Promise<void>;
  /** The messages that show a request. */
  slackCopiesOf(requestId: string): Promise<SlackCopy[]>;
  /** Requests with a message that does not tell their end yet; some more than once. */
  unfinishedSlackCopies(): AsyncIterable<string>;
  /** Requests that wait for their approval, also those whose record cannot be read. */
  waitingRequestIds(): AsyncIterable<string>;
  /** Whether the caller may post the message of a request to a channel: one may at a time, and until then. */
  claimSlackPost(requestId: string, channel: string, now: string, until: string): Promise<boolean>;
  /** What was claimed was not posted: another may. */
  releaseSlackPost(requestId: string, channel: string): Promise<void>;
  putConsumer(consumer: ConsumerRecord): Promise<void>;
  /** Those not removed, by name. */
  consumersOf(keyId: string): Promise<ConsumerRecord[]>;
}

export interface Table {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
}

export function createRegistry(table: Table): Registry {
  return {
    ...reads(table),
    ...lists(table),
    ...markers(table),
    ...people(table),
    ...passkeys(table),
    ...slackAccounts(table),
    ...slackCopies(table),
    commit: (change, extra = {}) => commitChange(table, change, extra.idempotency),
  };
}
