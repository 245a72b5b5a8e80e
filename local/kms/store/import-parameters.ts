import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { WRAPPING_ALGORITHMS } from '../cryptography/key-wrapping.ts';
import { scopeOf } from './scope.ts';

const rowSchema = z.object({
  /** What the importer shows again. */
  token: z.instanceof(Uint8Array).transform((bytes): Buffer => Buffer.from(bytes)),
  keyId: z.string(),
  /** An RSA private key as PKCS #8 DER, and the length of its modulus. */
  wrappingKey: z.instanceof(Uint8Array).transform((bytes): Buffer => Buffer.from(bytes)),
  modulusBits: z.number(),
  algorithm: z.enum(WRAPPING_ALGORITHMS),
  /** Epoch milliseconds. */
  validTo: z.number(),
});

export type ImportParameters = Readonly<z.infer<typeof rowSchema>>;

/** What was handed out for wrapping key material. It outlasts its validity, so that an expired token is known as one. */
export class ImportParametersOfKeys {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  insert({ token, keyId, wrappingKey, modulusBits, algorithm, validTo }: ImportParameters): void {
    this.#database
      .prepare(
        `INSERT INTO importParameters (scope, token, keyId, wrappingKey, modulusBits, algorithm, validTo)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(this.#scope, token, keyId, wrappingKey, modulusBits, algorithm, validTo);
  }

  find(keyId: string, token: Buffer): ImportParameters | undefined {
    const row = this.#database
      .prepare('SELECT * FROM importParameters WHERE scope = ? AND keyId = ? AND token = ?')
      .get(this.#scope, keyId, token);
    return row === undefined ? undefined : rowSchema.parse(row);
  }
}
