import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { scopeOf } from './scope.ts';

const bytes = z.instanceof(Uint8Array).transform((data): Buffer => Buffer.from(data));

const rowSchema = z.object({
  /** 64 hex digits. */
  id: z.string(),
  /** The secret bytes of an AES or HMAC key, or a private key as PKCS #8 DER; null while imported material is gone. */
  secret: bytes.nullable(),
  /** Of an imported private key, as SubjectPublicKeyInfo DER, which stays while that is gone; null for all others. */
  publicKey: bytes.nullable(),
  /** When a rotation made it current, in epoch milliseconds; null for the first material. */
  rotatedAt: z.number().nullable(),
  rotationType: z.enum(['AUTOMATIC', 'ON_DEMAND']).nullable(),
  /** Whether it was imported for a rotation that has not been made yet. */
  awaitsRotation: z.number().transform((flag) => flag === 1),
  /** When imported material expires, in epoch milliseconds; null when it does not, and while it is gone. */
  validTo: z.number().nullable(),
  /** What whoever imported it says of it. */
  description: z.string().nullable(),
});

export type Material = Readonly<z.infer<typeof rowSchema>>;

/** A material that is there to be used. */
export type PresentMaterial = Material & { readonly secret: Buffer };

export type RotationType = NonNullable<Material['rotationType']>;

/** The rotation that made a material current; a key's first one has none. */
export interface Rotation {
  /** Epoch milliseconds. */
  readonly rotatedAt: number;
  readonly rotationType: RotationType;
}

/** A key's materials, oldest first; the newest that does not await its rotation is the current one. */
export class Materials {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  /** Makes the secret the current material of the key, under a new id if none is given; returns the id. */
  add(keyId: string, secret: Buffer, rotation?: Rotation, id = newMaterialId()): string {
    this.insert(keyId, {
      id,
      secret,
      publicKey: null,
      rotatedAt: rotation?.rotatedAt ?? null,
      rotationType: rotation?.rotationType ?? null,
      awaitsRotation: false,
      validTo: null,
      description: null,
    });
    return id;
  }

  insert(keyId: string, material: Material): void {
    this.#database
      .prepare(
        `INSERT INTO materials
           (scope, keyId, id, secret, publicKey, rotatedAt, rotationType, awaitsRotation, validTo, description)
         VALUES
           ($scope, $keyId, $id, $secret, $publicKey, $rotatedAt, $rotationType, $awaitsRotation, $validTo, $description)`,
      )
      .run({
        ...material,
        awaitsRotation: material.awaitsRotation ? 1 : 0,
        scope: this.#scope,
        keyId,
      });
  }

  /** The secret is there again, until the date of this import. */
  restore(keyId: string, { id, secret, validTo }: Material): void {
    this.#database
      .prepare('UPDATE materials SET secret = ?, validTo = ? WHERE scope = ? AND keyId = ? AND id = ?')
      .run(secret, validTo, this.#scope, keyId, id);
  }

  describe(keyId: string, id: string, description: string): void {
    this.#database
      .prepare('UPDATE materials SET description = ? WHERE scope = ? AND keyId = ? AND id = ?')
      .run(description, this.#scope, keyId, id);
  }

  /** The material stays known, without its secret. */
  forget(keyId: string, id: string): void {
    this.#database
      .prepare('UPDATE materials SET secret = NULL, validTo = NULL WHERE scope = ? AND keyId = ? AND id = ?')
      .run(this.#scope, keyId, id);
  }

  remove(keyId: string, id: string): void {
    this.#database
      .prepare('DELETE FROM materials WHERE scope = ? AND keyId = ? AND id = ?')
      .run(this.#scope, keyId, id);
  }

  /** The material that awaited this is current now. */
  rotateTo(keyId: string, id: string, { rotatedAt, rotationType }: Rotation): void {
    this.#database
      .prepare(
        `UPDATE materials SET awaitsRotation = 0, rotatedAt = ?, rotationType = ?
         WHERE scope = ? AND keyId = ? AND id = ?`,
      )
      .run(rotatedAt, rotationType, this.#scope, keyId, id);
  }

  list(keyId: string): Material[] {
    return this.#database
      .prepare('SELECT * FROM materials WHERE scope = ? AND keyId = ? ORDER BY sequence')
      .all(this.#scope, keyId)
      .map((row) => rowSchema.parse(row));
  }

  /** Of a key whose state lets it be used. */
  current(keyId: string): PresentMaterial {
    return present(currentOf(this.list(keyId)));
  }

  find(keyId: string, id: string): Material | undefined {
    const row = this.#database
      .prepare('SELECT * FROM materials WHERE scope = ? AND keyId = ? AND id = ?')
      .get(this.#scope, keyId, id);
    return row === undefined ? undefined : rowSchema.parse(row);
  }
}

/** Of the materials of a key, oldest first. */
export function currentOf(materials: readonly Material[]): Material | undefined {
  return materials.findLast(({ awaitsRotation }) => !awaitsRotation);
}

/** Throws for material that is not there: no key is used then, so that is a fault of this server. */
function present(material: Material | undefined): PresentMaterial {
  const { secret } = material ?? { secret: null };
  if (material === undefined || secret === null) throw new Error('The key has no current material.');
  return { ...material, secret };
}

/** Of material that AWS KMS makes. */
export function newMaterialId(): string {
  return randomBytes(32).toString('hex');
}
