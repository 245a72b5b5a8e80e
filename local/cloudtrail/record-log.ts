import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { ControlRoutes } from '../kms/protocol/control-routes.ts';
import type { CloudTrailRecord } from './record.ts';

const rowSchema = z.object({ sequence: z.number(), record: z.string() });
/** What is looked up by; a record has more. */
const recordSchema = z.object({
  eventID: z.string(),
  eventName: z.string(),
  eventTime: z.string(),
  eventSource: z.string(),
  readOnly: z.boolean(),
  awsRegion: z.string(),
  recipientAccountId: z.string(),
  userIdentity: z.object({
    type: z.string().optional(),
    userName: z.string().optional(),
    arn: z.string().optional(),
    accessKeyId: z.string().optional(),
  }),
  resources: z.array(z.object({ type: z.string(), ARN: z.string() })).optional(),
});

export interface StoredRecord {
  readonly sequence: number;
  readonly record: Readonly<z.infer<typeof recordSchema>>;
  /** The whole of it, as JSON. */
  readonly text: string;
}

const sinceSchema = z.coerce
  .number({ error: 'since is how many of the records to leave out: a whole number from 0.' })
  .int()
  .nonnegative();

/** After that of any record, as texts go. */
const LATEST_TIME = '~';

/** How many records come in before those that are too many go. */
const AT_ONCE = 1000;

/** The records of the server, in order: the latest `most`, or all. They are in the table `cloudtrail` of its database. */
export class RecordLog {
  readonly #database: DatabaseSync;
  readonly #most: number;

  constructor(database: DatabaseSync, most = Number.POSITIVE_INFINITY) {
    this.#database = database;
    this.#most = most;
  }

  append(record: CloudTrailRecord): void {
    const { lastInsertRowid: sequence } = this.#database
      .prepare('INSERT INTO cloudtrail (eventTime, record) VALUES (?, ?)')
      .run(record.eventTime, JSON.stringify(record));
    const tooOld = Number(sequence) - this.#most;
    if (tooOld < AT_ONCE || tooOld % AT_ONCE > 0) return;
    this.#database.prepare('DELETE FROM cloudtrail WHERE sequence <= ?').run(tooOld);
  }

  /** The records after the first `since` ones, as far as they are kept; `next` is the `since` of the following call. */
  since(since: number): { records: unknown[]; next: number } {
    const rows = this.#database
      .prepare('SELECT sequence, record FROM cloudtrail WHERE sequence > ? ORDER BY sequence')
      .all(since)
      .map((row) => rowSchema.parse(row));
    return {
      records: rows.map((row): unknown => JSON.parse(row.record)),
      next: rows.at(-1)?.sequence ?? since,
    };
  }

  /** The records from the newest to the oldest; those after the given one, when it is given. */
  *newestFirst(after?: { readonly sequence: number; readonly eventTime: string }): Generator<StoredRecord> {
    const rows = this.#database
      .prepare(
        `SELECT sequence, record FROM cloudtrail
         WHERE (eventTime, sequence) < (?, ?)
         ORDER BY eventTime DESC, sequence DESC`,
      )
      .iterate(after?.eventTime ?? LATEST_TIME, after?.sequence ?? 0);
    for (const row of rows) {
      const { sequence, record: text } = rowSchema.parse(row);
      yield { sequence, record: recordSchema.parse(JSON.parse(text)), text };
    }
  }

  /** `GET /_local/cloudtrail?since=<n>` -> `{records, next}`; from the beginning without `since`. */
  routes(): ControlRoutes {
    return {
      'GET /_local/cloudtrail': ({ query }) => this.since(sinceSchema.parse(query.get('since') ?? 0)),
    };
  }
}
