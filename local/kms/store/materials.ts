import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';

const rowSchema = z.object({
  /** 64 hex digits. */
  id: z.string(),
  /** 32 bytes of AES-256, or a private key as PKCS #8 DER. */
  secret: z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes)),
  /** When a rotation made it, in epoch milliseconds; null for the first material. */
  rotatedAt: z.number().nullable(),
});

export type Material = Readonly<z.infer<typeof rowSchema>>;

/** A key's materials, oldest first; the newest is the current one. */
export class Materials {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Makes the secret the current material of the key, and returns its new id. */
  add(keyId: string, secret: Buffer, rotatedAt: number | null): string {
    const id = randomBytes(32).toString('hex');
    this.#database
      .prepare('INSERT INTO materials (id, keyId, secret, rotatedAt) VALUES (?, ?, ?, ?)')
      .run(id, keyId, secret, rotatedAt);
    return id;
  }

  list(keyId: string): Material[] {
    return this.#database
      .prepare('SELECT * FROM materials WHERE keyId = ? ORDER BY sequence')
      .all(keyId)
      .map((row) => rowSchema.parse(row));
  }

  current(keyId: string): Material {
    return rowSchema.parse(
      this.#database
        .prepare('SELECT * FROM materials WHERE keyId = ? ORDER BY sequence DESC LIMIT 1')
        .get(keyId),
    );
  }

  find(keyId: string, id: string): Material | undefined {
    const row = this.#database.prepare('SELECT * FROM materials WHERE keyId = ? AND id = ?').get(keyId, id);
    return row === undefined ? undefined : rowSchema.parse(row);
  }
}
