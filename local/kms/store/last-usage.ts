import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';

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

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get(keyId: string): Usage | undefined {
    const row = this.#database
      .prepare('SELECT operation, at, requestId, eventId FROM lastUsage WHERE keyId = ?')
      .get(keyId);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  put(keyId: string, { operation, at, requestId, eventId }: Usage): void {
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO lastUsage (keyId, operation, at, requestId, eventId) VALUES (?, ?, ?, ?, ?)',
      )
      .run(keyId, operation, at, requestId, eventId);
  }
}
