import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import type { KmsKey } from './keys.ts';
import { scopeOf } from './scope.ts';

const rowSchema = z.object({
  customKeyStoreId: z.string(),
  /** Its id in the HSMs of the custom key store's cluster, or in the external key manager. */
  backingKeyId: z.string(),
});

/** The key in a custom key store that a KMS key stands for. */
export type BackingKey = Readonly<z.infer<typeof rowSchema>>;

export class BackingKeys {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  put(keyId: string, { customKeyStoreId, backingKeyId }: BackingKey): void {
    this.#database
      .prepare('INSERT INTO backingKeys (scope, keyId, customKeyStoreId, backingKeyId) VALUES (?, ?, ?, ?)')
      .run(this.#scope, keyId, customKeyStoreId, backingKeyId);
  }

  /** Undefined for a key that is in no custom key store. */
  find({ id, origin }: Pick<KmsKey, 'id' | 'origin'>): BackingKey | undefined {
    if (origin === 'AWS_KMS' || origin === 'EXTERNAL') return undefined;
    const row = this.#database
      .prepare('SELECT * FROM backingKeys WHERE scope = ? AND keyId = ?')
      .get(this.#scope, id);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  /** Whether a KMS key in the custom key store stands for it, also if that is pending deletion. */
  isTaken({ customKeyStoreId, backingKeyId }: BackingKey): boolean {
    const row = this.#database
      .prepare('SELECT 1 FROM backingKeys WHERE scope = ? AND customKeyStoreId = ? AND backingKeyId = ?')
      .get(this.#scope, customKeyStoreId, backingKeyId);
    return row !== undefined;
  }

  /** Whether there are keys in the custom key store, also if they are pending deletion. */
  existIn(customKeyStoreId: string): boolean {
    const row = this.#database
      .prepare('SELECT 1 FROM backingKeys WHERE scope = ? AND customKeyStoreId = ? LIMIT 1')
      .get(this.#scope, customKeyStoreId);
    return row !== undefined;
  }
}
