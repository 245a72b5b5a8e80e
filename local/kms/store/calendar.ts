import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { accountOfScope } from './scope.ts';

/** A key that something falls due for. */
export interface DueKey {
  readonly account: Account;
  readonly keyId: string;
  /** When, in epoch milliseconds. */
  readonly at: number;
}

/** Imported material that expires. */
interface DueMaterial extends DueKey {
  readonly materialId: string;
}

const columns = { scope: z.string(), keyId: z.string(), at: z.number() };

const rowSchema = z
  .object(columns)
  .transform(({ scope, keyId, at }): DueKey => ({ account: accountOfScope(scope), keyId, at }));

const materialSchema = z.object({ ...columns, materialId: z.string() }).transform(
  ({ scope, keyId, at, materialId }): DueMaterial => ({
    account: accountOfScope(scope),
    keyId,
    at,
    materialId,
  }),
);

/** A custom key store that is on its way to being connected or disconnected. */
export interface DueStore {
  readonly account: Account;
  readonly customKeyStoreId: string;
}

/** What falls due by itself, in all accounts and Regions. */
export class Calendar {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The keys whose deletion date is at or before `now`, in epoch milliseconds; the earliest first. */
  deletions(now: number): DueKey[] {
    return this.#all(
      'SELECT scope, id AS keyId, deletionAt AS at FROM keys WHERE deletionAt <= ? ORDER BY deletionAt',
      now,
    );
  }

  /** The keys that have been made or moved by `now`; the earliest first. */
  settlements(now: number): DueKey[] {
    return this.#all(
      'SELECT scope, id AS keyId, settlesAt AS at FROM keys WHERE settlesAt <= ? ORDER BY settlesAt',
      now,
    );
  }

  /** The imported materials that expire by `now` in keys that are not deleted before that; the earliest first. */
  expirations(now: number): DueMaterial[] {
    return this.#database
      .prepare(
        `SELECT materials.scope, keyId, materials.id AS materialId, validTo AS at FROM materials JOIN keys
           ON keys.scope = materials.scope AND keys.id = keyId
         WHERE validTo <= ? AND (deletionAt IS NULL OR deletionAt > validTo) ORDER BY validTo`,
      )
      .all(now)
      .map((row) => materialSchema.parse(row));
  }

  /** The key whose running rotation is the first to be complete by `now`. */
  firstRotationEnd(now: number): DueKey | undefined {
    return this.#all(
      'SELECT scope, keyId, endsAt AS at FROM runningRotations WHERE endsAt <= ? ORDER BY endsAt LIMIT 1',
      now,
    ).at(0);
  }

  /**
   * The enabled key whose automatic rotation is the first to fall due by `now`. Replicas follow their primary key, and a
   * key of which another rotation runs comes after that.
   */
  firstRotation(now: number): DueKey | undefined {
    return this.#all(
      `SELECT keys.scope, keyId, nextAt AS at FROM rotationSchedules JOIN keys
         ON keys.scope = rotationSchedules.scope AND keys.id = keyId
       WHERE nextAt <= ? AND state IN ('Enabled', 'Updating') AND multiRegionType IS NOT 'REPLICA' AND NOT EXISTS (
         SELECT 1 FROM runningRotations
           WHERE runningRotations.scope = keys.scope AND runningRotations.keyId = keys.id)
       ORDER BY nextAt LIMIT 1`,
      now,
    ).at(0);
  }

  /** The custom key stores that are connected or disconnected by `now`, the earliest first. */
  connections(now: number): DueStore[] {
    return this.#database
      .prepare('SELECT scope, id FROM customKeyStores WHERE settlesAt <= ? ORDER BY settlesAt')
      .all(now)
      .map(({ scope, id }) => ({ account: accountOfScope(String(scope)), customKeyStoreId: String(id) }));
  }

  #all(query: string, now: number): DueKey[] {
    return this.#database
      .prepare(query)
      .all(now)
      .map((row) => rowSchema.parse(row));
  }
}
