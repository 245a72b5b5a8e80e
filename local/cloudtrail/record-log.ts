import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { ControlRoutes } from '../kms/control-routes.ts';
import type { CloudTrailRecord } from './record.ts';

const rowSchema = z.object({ sequence: z.number(), record: z.string() });
const sinceSchema = z.coerce.number().int().nonnegative();

/** Every record of the server, in order; kept in the table `cloudtrail` of its database. */
export class RecordLog {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  append(record: CloudTrailRecord): void {
    this.#database.prepare('INSERT INTO cloudtrail (record) VALUES (?)').run(JSON.stringify(record));
  }

  /** The records after the first `since` ones; `next` is the `since` of the following call. */
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

  /** `GET /_local/cloudtrail?since=<n>` -> `{records, next}`; from the beginning without `since`. */
  routes(): ControlRoutes {
    return {
      'GET /_local/cloudtrail': ({ query }) => this.since(sinceSchema.parse(query.get('since') ?? 0)),
    };
  }
}
