import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';

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

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(keyId: string): RotationSchedule | undefined {
    const row = this.#database.prepare('SELECT * FROM rotationSchedules WHERE keyId = ?').get(keyId);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  /** The schedule of an enabled key that is the first to fall due at or before `now`, in epoch milliseconds. */
  firstDue(now: number): RotationSchedule | undefined {
    const row = this.#database
      .prepare(
        `SELECT rotationSchedules.* FROM rotationSchedules JOIN keys ON keys.id = keyId
         WHERE state = 'Enabled' AND nextAt <= ? ORDER BY nextAt LIMIT 1`,
      )
      .get(now);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  put({ keyId, periodInDays, nextAt }: RotationSchedule): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO rotationSchedules (keyId, periodInDays, nextAt) VALUES (?, ?, ?)')
      .run(keyId, periodInDays, nextAt);
  }

  remove(keyId: string): void {
    this.#database.prepare('DELETE FROM rotationSchedules WHERE keyId = ?').run(keyId);
  }
}
