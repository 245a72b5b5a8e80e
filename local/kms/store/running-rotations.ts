import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { scopeOf } from './scope.ts';

const rowSchema = z.object({
  rotationType: z.enum(['AUTOMATIC', 'ON_DEMAND']),
  /** This and the other in epoch milliseconds. */
  startedAt: z.number(),
  endsAt: z.number(),
});

export type RunningRotation = Readonly<z.infer<typeof rowSchema>>;

/** The rotations that have begun and are not complete: one of a key at most, kept where it began. */
export class RunningRotations {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  find(keyId: string): RunningRotation | undefined {
    const row = this.#database
      .prepare('SELECT * FROM runningRotations WHERE scope = ? AND keyId = ?')
      .get(this.#scope, keyId);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  put(keyId: string, { rotationType, startedAt, endsAt }: RunningRotation): void {
    this.#database
      .prepare(
        'INSERT INTO runningRotations (scope, keyId, rotationType, startedAt, endsAt) VALUES (?, ?, ?, ?, ?)',
      )
      .run(this.#scope, keyId, rotationType, startedAt, endsAt);
  }

  remove(keyId: string): void {
    this.#database
      .prepare('DELETE FROM runningRotations WHERE scope = ? AND keyId = ?')
      .run(this.#scope, keyId);
  }
}
