import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { scopeOf } from './scope.ts';

const rowSchema = z.object({
  operation: z.string(),
  /** Epoch milliseconds. */
  at: z.number(),
  requestId: z.string(),
  eventId: z.string(),
});

export type Usage = Readonly<z.infer<typeof rowSchema>>;

/** The last successful cryptographic operation with each key. */
export class LastUsage {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  get(keyId: string): Usage | undefined {
    const row = this.#database
      .prepare('SELECT operation, at, requestId, eventId FROM lastUsage WHERE scope = ? AND keyId = ?')
      .get(this.#scope, keyId);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  put(keyId: string, { operation, at, requestId, eventId }: Usage): void {
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO lastUsage (scope, keyId, operation, at, requestId, eventId)
         VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(this.#scope, keyId, operation, at, requestId, eventId);
  }
}
