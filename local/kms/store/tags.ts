import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';

const rowSchema = z.object({ tagKey: z.string(), tagValue: z.string() });

export type Tag = Readonly<z.infer<typeof rowSchema>>;

export class Tags {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  list(keyId: string): Tag[] {
    return this.#database
      .prepare('SELECT tagKey, tagValue FROM tags WHERE keyId = ?')
      .all(keyId)
      .map((row) => rowSchema.parse(row));
  }

  put(keyId: string, tag: Tag): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO tags (keyId, tagKey, tagValue) VALUES (?, ?, ?)')
      .run(keyId, tag.tagKey, tag.tagValue);
  }

  remove(keyId: string, tagKey: string): void {
    this.#database.prepare('DELETE FROM tags WHERE keyId = ? AND tagKey = ?').run(keyId, tagKey);
  }
}
