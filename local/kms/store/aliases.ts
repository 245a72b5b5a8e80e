import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';

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

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(name: string): Alias | undefined {
    const row = this.#database.prepare('SELECT * FROM aliases WHERE name = ?').get(name);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  list(): Alias[] {
    return this.#database
      .prepare('SELECT * FROM aliases')
      .all()
      .map((row) => rowSchema.parse(row));
  }

  ofKey(keyId: string): Alias[] {
    return this.#database
      .prepare('SELECT * FROM aliases WHERE keyId = ?')
      .all(keyId)
      .map((row) => rowSchema.parse(row));
  }

  insert(name: string, keyId: string, now: number): void {
    this.#database
      .prepare('INSERT INTO aliases (name, keyId, createdAt, updatedAt) VALUES (?, ?, ?, ?)')
      .run(name, keyId, now, now);
  }

  point(name: string, keyId: string, now: number): void {
    this.#database
      .prepare('UPDATE aliases SET keyId = ?, updatedAt = ? WHERE name = ?')
      .run(keyId, now, name);
  }

  delete(name: string): void {
    this.#database.prepare('DELETE FROM aliases WHERE name = ?').run(name);
  }
}
