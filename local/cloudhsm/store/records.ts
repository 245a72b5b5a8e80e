import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../../kms/account.ts';
import type { TABLES } from './schema.ts';

interface Recorded extends Account {
  readonly id: string;
  /** The cluster that it belongs to; a cluster belongs to none. */
  readonly clusterId?: string;
  /** When something happens to it by itself, in epoch milliseconds; null when nothing will. */
  readonly dueAt: number | null;
}

const rowSchema = z.object({ record: z.string() });

/** The resources of one kind, by their ids. */
export class Records<T extends Recorded> {
  readonly #database: DatabaseSync;
  readonly #table: (typeof TABLES)[number];
  readonly #schema: z.ZodType<T>;

  constructor(database: DatabaseSync, table: (typeof TABLES)[number], schema: z.ZodType<T>) {
    this.#database = database;
    this.#table = table;
    this.#schema = schema;
  }

  find(id: string): T | undefined {
    return this.#select('WHERE id = ?', id)[0];
  }

  /** Those of an account and Region, the oldest first. */
  list({ accountId, region }: Account): T[] {
    return this.#select('WHERE accountId = ? AND region = ? ORDER BY rowid', accountId, region);
  }

  /** Those of all accounts and Regions. */
  listEverywhere(): T[] {
    return this.#select('');
  }

  ofCluster(clusterId: string): T[] {
    return this.#select('WHERE clusterId = ? ORDER BY rowid', clusterId);
  }

  /** The one whose due time is the first at or before `now`, in epoch milliseconds. */
  firstDue(now: number): T | undefined {
    return this.#select('WHERE dueAt <= ? ORDER BY dueAt, rowid LIMIT 1', now)[0];
  }

  insert(record: T): void {
    this.#database
      .prepare(
        `INSERT INTO ${this.#table} (id, accountId, region, clusterId, dueAt, record) VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(
        record.id,
        record.accountId,
        record.region,
        record.clusterId ?? null,
        record.dueAt,
        JSON.stringify(record),
      );
  }

  update(record: T): void {
    this.#database
      .prepare(`UPDATE ${this.#table} SET dueAt = ?, record = ? WHERE id = ?`)
      .run(record.dueAt, JSON.stringify(record), record.id);
  }

  delete(id: string): void {
    this.#database.prepare(`DELETE FROM ${this.#table} WHERE id = ?`).run(id);
  }

  #select(condition: string, ...values: (string | number)[]): T[] {
    return this.#database
      .prepare(`SELECT record FROM ${this.#table} ${condition}`)
      .all(...values)
      .map((row) => this.#schema.parse(JSON.parse(rowSchema.parse(row).record)));
  }
}
