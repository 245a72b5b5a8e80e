import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { scopeOf } from './scope.ts';

const rowSchema = z.object({
  /** With the prefix `alias/`. */
  name: z.string(),
  keyId: z.string(),
  /** Epoch milliseconds, as is updatedAt. */
  createdAt: z.number(),
  updatedAt: z.number(),
});

export type Alias = Readonly<z.infer<typeof rowSchema>>;

export class Aliases {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  find(name: string): Alias | undefined {
    const row = this.#database
      .prepare('SELECT * FROM aliases WHERE scope = ? AND name = ?')
      .get(this.#scope, name);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  list(): Alias[] {
    return this.#database
      .prepare('SELECT * FROM aliases WHERE scope = ?')
      .all(this.#scope)
      .map((row) => rowSchema.parse(row));
  }

  ofKey(keyId: string): Alias[] {
    return this.#database
      .prepare('SELECT * FROM aliases WHERE scope = ? AND keyId = ?')
      .all(this.#scope, keyId)
      .map((row) => rowSchema.parse(row));
  }

  insert(name: string, keyId: string, now: number): void {
    this.#database
      .prepare('INSERT INTO aliases (scope, name, keyId, createdAt, updatedAt) VALUES (?, ?, ?, ?, ?)')
      .run(this.#scope, name, keyId, now, now);
  }

  point(name: string, keyId: string, now: number): void {
    this.#database
      .prepare('UPDATE aliases SET keyId = ?, updatedAt = ? WHERE scope = ? AND name = ?')
      .run(keyId, now, this.#scope, name);
  }

  delete(name: string): void {
    this.#database.prepare('DELETE FROM aliases WHERE scope = ? AND name = ?').run(this.#scope, name);
  }
}
