import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { scopeOf } from './scope.ts';

const rowSchema = z.object({
  operation: z.string(),
  /** Epoch milliseconds. */
  at: z.number(),
  requestId: z.string(),
  eventId: z.string(),
});

export type Usage = Readonly<z.infer<typeof rowSchema>>;

/** Which uses are known. */
interface Known {
  /** Those of this time and later; this and the other in epoch milliseconds. */
  readonly from: number;
  /** Those that had been recorded by then. */
  readonly recordedBy: number;
}

/** The successful cryptographic operations with each key that may yet be shown as its last. */
export class LastUsage {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  get(keyId: string, { from, recordedBy }: Known): Usage | undefined {
    const row = this.#database
      .prepare(
        `SELECT operation, at, requestId, eventId FROM lastUsage
         WHERE scope = ? AND keyId = ? AND at >= ? AND recordedAt <= ? ORDER BY at DESC, sequence DESC LIMIT 1`,
      )
      .get(this.#scope, keyId, from, recordedBy);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  /** `recordedAt` in epoch milliseconds. Uses that will not be the last one at any time are forgotten. */
  put(keyId: string, usage: Usage, recordedAt: number): void {
    const { operation, at, requestId, eventId } = usage;
    const ofKey = { scope: this.#scope, keyId };
    if (recordedAt <= at && this.#replace({ ...ofKey, ...usage, recordedAt })) return;
    this.#database
      .prepare(
        'DELETE FROM lastUsage WHERE scope = $scope AND keyId = $keyId AND at <= $at AND recordedAt >= $recordedAt',
      )
      .run({ ...ofKey, at, recordedAt });
    this.#database
      .prepare(
        `INSERT INTO lastUsage (scope, keyId, operation, at, requestId, eventId, recordedAt)
         VALUES ($scope, $keyId, $operation, $at, $requestId, $eventId, $recordedAt)`,
      )
      .run({ ...ofKey, operation, at, requestId, eventId, recordedAt });
    this.#database
      .prepare(
        `DELETE FROM lastUsage WHERE scope = $scope AND keyId = $keyId AND recordedAt <= $at AND sequence <> (
           SELECT sequence FROM lastUsage WHERE scope = $scope AND keyId = $keyId AND recordedAt <= $at
           ORDER BY at DESC, sequence DESC LIMIT 1)`,
      )
      .run({ ...ofKey, at });
  }

  /** A use that is recorded at once takes the place of the one before, which is mostly the only one. */
  #replace(
    row: Usage & { readonly scope: string; readonly keyId: string; readonly recordedAt: number },
  ): boolean {
    const { changes } = this.#database
      .prepare(
        `UPDATE lastUsage SET operation = $operation, at = $at, requestId = $requestId, eventId = $eventId,
           recordedAt = $recordedAt
         WHERE scope = $scope AND keyId = $keyId`,
      )
      .run({ ...row });
    return changes === 1;
  }
}
