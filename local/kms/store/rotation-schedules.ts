import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { scopeOf } from './scope.ts';

const rowSchema = z.object({
  keyId: z.string(),
  periodInDays: z.number(),
  /** Epoch milliseconds. */
  nextAt: z.number(),
});

export type RotationSchedule = Readonly<z.infer<typeof rowSchema>>;

/** The keys that are rotated automatically. A schedule outlasts its key being disabled or pending deletion. */
export class RotationSchedules {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  find(keyId: string): RotationSchedule | undefined {
    const row = this.#database
      .prepare('SELECT * FROM rotationSchedules WHERE scope = ? AND keyId = ?')
      .get(this.#scope, keyId);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  put({ keyId, periodInDays, nextAt }: RotationSchedule): void {
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO rotationSchedules (scope, keyId, periodInDays, nextAt) VALUES (?, ?, ?, ?)',
      )
      .run(this.#scope, keyId, periodInDays, nextAt);
  }

  remove(keyId: string): void {
    this.#database
      .prepare('DELETE FROM rotationSchedules WHERE scope = ? AND keyId = ?')
      .run(this.#scope, keyId);
  }
}
