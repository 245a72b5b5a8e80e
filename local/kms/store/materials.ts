import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { scopeOf } from './scope.ts';

const rowSchema = z.object({
  /** 64 hex digits. */
  id: z.string(),
  /** The secret bytes of an AES or HMAC key, or a private key as PKCS #8 DER. */
  secret: z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes)),
  /** When a rotation made it, in epoch milliseconds; null for the first material. */
  rotatedAt: z.number().nullable(),
  rotationType: z.enum(['AUTOMATIC', 'ON_DEMAND']).nullable(),
});

export type Material = Readonly<z.infer<typeof rowSchema>>;

export type RotationType = NonNullable<Material['rotationType']>;

/** The rotation that made a material; a key's first one has none. */
export interface Rotation {
  /** Epoch milliseconds. */
  readonly rotatedAt: number;
  readonly rotationType: RotationType;
}

/** A key's materials, oldest first; the newest is the current one. */
export class Materials {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  /** Makes the secret the current material of the key, under a new id if none is given; returns the id. */
  add(keyId: string, secret: Buffer, rotation?: Rotation, id = newMaterialId()): string {
    this.#database
      .prepare(
        'INSERT INTO materials (scope, id, keyId, secret, rotatedAt, rotationType) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(this.#scope, id, keyId, secret, rotation?.rotatedAt ?? null, rotation?.rotationType ?? null);
    return id;
  }

  list(keyId: string): Material[] {
    return this.#database
      .prepare('SELECT * FROM materials WHERE scope = ? AND keyId = ? ORDER BY sequence')
      .all(this.#scope, keyId)
      .map((row) => rowSchema.parse(row));
  }

  current(keyId: string): Material {
    return rowSchema.parse(
      this.#database
        .prepare('SELECT * FROM materials WHERE scope = ? AND keyId = ? ORDER BY sequence DESC LIMIT 1')
        .get(this.#scope, keyId),
    );
  }

  find(keyId: string, id: string): Material | undefined {
    const row = this.#database
      .prepare('SELECT * FROM materials WHERE scope = ? AND keyId = ? AND id = ?')
      .get(this.#scope, keyId, id);
    return row === undefined ? undefined : rowSchema.parse(row);
  }
}

function newMaterialId(): string {
  return randomBytes(32).toString('hex');
}
