import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { scopeOf } from './scope.ts';

const rowSchema = z.object({ tagKey: z.string(), tagValue: z.string() });

export type Tag = Readonly<z.infer<typeof rowSchema>>;

export class Tags {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  list(keyId: string): Tag[] {
    return this.#database
      .prepare('SELECT tagKey, tagValue FROM tags WHERE scope = ? AND keyId = ?')
      .all(this.#scope, keyId)
      .map((row) => rowSchema.parse(row));
  }

  put(keyId: string, tag: Tag): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO tags (scope, keyId, tagKey, tagValue) VALUES (?, ?, ?, ?)')
      .run(this.#scope, keyId, tag.tagKey, tag.tagValue);
  }

  remove(keyId: string, tagKey: string): void {
    this.#database
      .prepare('DELETE FROM tags WHERE scope = ? AND keyId = ? AND tagKey = ?')
      .run(this.#scope, keyId, tagKey);
  }
}
