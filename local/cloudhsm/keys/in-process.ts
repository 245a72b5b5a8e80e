import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { open, type Sealed, seal } from '../../kms/cryptography/aes-gcm.ts';
import type { HsmKey, HsmKeys } from './hsm-keys.ts';

const rowSchema = z.object({
  id: z.string(),
  handle: z.number().transform(String),
  owner: z.string(),
  label: z.string(),
});

const secretSchema = z.object({ secret: z.instanceof(Uint8Array) });

/** Keeps the keys in the server's database and computes with node:crypto. */
export class InProcessHsmKeys implements HsmKeys {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  generate(partition: string, owner: string, label: string): HsmKey {
    const id = randomBytes(16).toString('hex');
    const { handle } = z
      .object({ handle: z.number() })
      .parse(this.#database.prepare('SELECT coalesce(max(handle), 0) + 1 AS handle FROM hsmKeys').get());
    this.#database
      .prepare('INSERT INTO hsmKeys (partition, id, handle, owner, label, secret) VALUES (?, ?, ?, ?, ?, ?)')
      .run(partition, id, handle, owner, label, randomBytes(32));
    return { handle: String(handle), id, owner, label };
  }

  encrypt(partition: string, keyId: string, plaintext: Buffer, authenticated: Buffer): Sealed | undefined {
    const secret = this.#secret(partition, keyId);
    return secret && seal(secret, plaintext, authenticated);
  }

  decrypt(
    partition: string,
    keyId: string,
    sealed: Sealed,
    authenticated: Buffer,
  ): Buffer | 'refused' | undefined {
    const secret = this.#secret(partition, keyId);
    return secret && (open(secret, sealed, authenticated) ?? 'refused');
  }

  delete(partition: string, keyId: string): boolean {
    const { changes } = this.#database
      .prepare('DELETE FROM hsmKeys WHERE partition = ? AND id = ?')
      .run(partition, keyId);
    return Number(changes) > 0;
  }

  list(partition: string): HsmKey[] {
    return this.#database
      .prepare('SELECT id, handle, owner, label FROM hsmKeys WHERE partition = ? ORDER BY handle')
      .all(partition)
      .map((row) => rowSchema.parse(row));
  }

  copy(from: string, to: string): void {
    this.#database
      .prepare(
        `INSERT INTO hsmKeys (partition, id, handle, owner, label, secret)
         SELECT ?, id, (SELECT max(handle) FROM hsmKeys) + row_number() OVER (ORDER BY handle), owner, label, secret
         FROM hsmKeys WHERE partition = ?`,
      )
      .run(to, from);
  }

  erase(partition: string): void {
    this.#database.prepare('DELETE FROM hsmKeys WHERE partition = ?').run(partition);
  }

  random(byteCount: number): Buffer {
    return randomBytes(byteCount);
  }

  close(): void {
    // The database is the server's to close.
  }

  #secret(partition: string, keyId: string): Uint8Array | undefined {
    const row = this.#database
      .prepare('SELECT secret FROM hsmKeys WHERE partition = ? AND id = ?')
      .get(partition, keyId);
    return row === undefined ? undefined : secretSchema.parse(row).secret;
  }
}
