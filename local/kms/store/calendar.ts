import type { DatabaseSync, StatementSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { accountOfScope } from './scope.ts';

const KINDS = ['settlement', 'connection', 'deletion', 'expiration', 'rotation end', 'rotation'] as const;

export type DueKind = (typeof KINDS)[number];

/** Something that falls due for a key, or for a custom key store. */
export interface Due {
  readonly kind: DueKind;
  readonly account: Account;
  /** That of the key, or of the custom key store. */
  readonly id: string;
  /** Of imported material that expires. */
  readonly materialId: string | null;
  /** When, in epoch milliseconds. */
  readonly at: number;
}

const rowSchema = z
  .object({
    kind: z.enum(KINDS),
    scope: z.string(),
    id: z.string(),
    materialId: z.string().nullable(),
    at: z.number(),
  })
  .transform(({ scope, ...due }): Due => ({ ...due, account: accountOfScope(scope) }));

/**
 * The first of each kind by its index, then the first of these. A key is made or moved, and a custom key store connected or
 * disconnected; a key is deleted; imported material expires; a running rotation is complete; and a rotation is due of an
 * enabled key, also of one that is being moved, unless another runs. Replicas follow their primary key.
 */
const NEXT = `
  SELECT * FROM (
    SELECT 'settlement' AS kind, scope, id, NULL AS materialId, settlesAt AS at FROM keys
      WHERE settlesAt <= $now ORDER BY settlesAt LIMIT 1)
  UNION ALL SELECT * FROM (
    SELECT 'connection', scope, id, NULL, settlesAt AS at FROM customKeyStores
      WHERE settlesAt <= $now ORDER BY settlesAt LIMIT 1)
  UNION ALL SELECT * FROM (
    SELECT 'deletion', scope, id, NULL, deletionAt FROM keys WHERE deletionAt <= $now ORDER BY deletionAt LIMIT 1)
  UNION ALL SELECT * FROM (
    SELECT 'expiration', scope, keyId, id, validTo FROM materials WHERE validTo <= $now ORDER BY validTo LIMIT 1)
  UNION ALL SELECT * FROM (
    SELECT 'rotation end', scope, keyId, NULL, endsAt FROM runningRotations
      WHERE endsAt <= $now ORDER BY endsAt LIMIT 1)
  UNION ALL SELECT * FROM (
    SELECT 'rotation', keys.scope, keyId, NULL, nextAt FROM rotationSchedules JOIN keys
        ON keys.scope = rotationSchedules.scope AND keys.id = keyId
      WHERE nextAt <= $now AND coalesce(settlesAs, state) = 'Enabled' AND multiRegionType IS NOT 'REPLICA'
        AND NOT EXISTS (SELECT 1 FROM runningRotations WHERE runningRotations.keyId = keys.id)
      ORDER BY nextAt LIMIT 1)`;

/** What falls due by itself, in all accounts and Regions. */
export class Calendar {
  readonly #next: StatementSync;

  constructor(database: DatabaseSync) {
    this.#next = database.prepare(NEXT);
  }

  /** When the first of all is due, in epoch milliseconds; infinity when none ever is. */
  first(): number {
    return this.next(Number.MAX_SAFE_INTEGER)?.at ?? Number.POSITIVE_INFINITY;
  }

  /** The first that is due by `now`, in epoch milliseconds; of several at once the first of `DueKind`. */
  next(now: number): Due | undefined {
    return this.#next
      .all({ now })
      .map((row) => rowSchema.parse(row))
      .toSorted((a, b) => a.at - b.at || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
      .at(0);
  }
}
