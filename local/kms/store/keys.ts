import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { KEY_SPECS, KEY_USAGES, type KeySpec, ORIGINS } from '../key-specs.ts';
import { KEY_STATES, type KeyState } from '../key-states.ts';
import { accountOfScope, scopeOf } from './scope.ts';

const rowSchema = z.object({
  /** Multi-Region keys have the same id in each of their Regions, with the prefix `mrk-`. */
  id: z.string(),
  arn: z.string(),
  description: z.string(),
  spec: z.string().refine((spec): spec is KeySpec => Object.hasOwn(KEY_SPECS, spec)),
  usage: z.enum(KEY_USAGES),
  origin: z.enum(ORIGINS),
  /** Null for a single-Region key. */
  multiRegionType: z.enum(['PRIMARY', 'REPLICA']).nullable(),
  state: z.enum(KEY_STATES),
  /** Epoch milliseconds. */
  createdAt: z.number(),
  /** Epoch milliseconds; null unless the key is pending deletion. */
  deletionAt: z.number().nullable(),
  /** Of a primary key that waits for the deletion of its replicas: the window that begins after that. */
  pendingWindowDays: z.number().nullable(),
  /** When a key that is being made or moved is done with that, in epoch milliseconds, and its state then. */
  settlesAt: z.number().nullable(),
  settlesAs: z.enum(KEY_STATES).nullable(),
  /** The key policy, as JSON text. */
  policy: z.string(),
});

export type KmsKey = Readonly<z.infer<typeof rowSchema>>;

const COLUMNS = Object.keys(rowSchema.shape);

/** A key whose custom key store is not connected is unavailable, and what else it is does not show until then. */
const SELECTION = `
  SELECT keys.*, iif(keys.state IN ('Enabled', 'Disabled') AND connectionState <> 'CONNECTED', 'Unavailable', keys.state)
    AS shownState
  FROM keys
  LEFT JOIN backingKeys ON backingKeys.scope = keys.scope AND backingKeys.keyId = keys.id
  LEFT JOIN customKeyStores ON customKeyStores.scope = keys.scope AND customKeyStores.id = customKeyStoreId
  WHERE keys.scope = ?`;

function keyOf({ shownState, ...row }: Record<string, unknown>): KmsKey {
  return rowSchema.parse({ ...row, state: shownState });
}

export class Keys {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  insert(key: KmsKey): void {
    this.#database
      .prepare(
        `INSERT INTO keys (scope, ${COLUMNS.join(', ')})
         VALUES ($scope, ${COLUMNS.map((name) => `$${name}`).join(', ')})`,
      )
      .run({ scope: this.#scope, ...key });
  }

  find(id: string): KmsKey | undefined {
    const row = this.#database.prepare(`${SELECTION} AND keys.id = ?`).get(this.#scope, id);
    return row === undefined ? undefined : keyOf(row);
  }

  /** The Regions in which the account has the key: more than one for a multi-Region key with replicas. */
  regionsOf(id: string): string[] {
    const { accountId } = accountOfScope(this.#scope);
    return this.#database
      .prepare('SELECT scope FROM keys WHERE id = ? ORDER BY scope')
      .all(id)
      .map(({ scope }) => accountOfScope(String(scope)))
      .filter((account) => account.accountId === accountId)
      .map(({ region }) => region);
  }

  list(): KmsKey[] {
    return this.#database.prepare(SELECTION).all(this.#scope).map(keyOf);
  }

  setState(id: string, state: KeyState, deletionAt: number | null = null): void {
    this.#change(id, { state, deletionAt, pendingWindowDays: null, settlesAt: null, settlesAs: null });
  }

  /** The primary key's own waiting period, in days, begins when its last replica is gone. */
  awaitReplicaDeletion(id: string, pendingWindowDays: number): void {
    this.setState(id, 'PendingReplicaDeletion');
    this.#change(id, { pendingWindowDays });
  }

  /** A state for the time being, until `at` in epoch milliseconds. */
  settleLater(id: string, state: KeyState, at: number, settlesAs: KeyState): void {
    this.setState(id, state);
    this.#change(id, { settlesAt: at, settlesAs });
  }

  setMultiRegionType(id: string, multiRegionType: NonNullable<KmsKey['multiRegionType']>): void {
    this.#change(id, { multiRegionType });
  }

  setDescription(id: string, description: string): void {
    this.#change(id, { description });
  }

  setPolicy(id: string, policy: string): void {
    this.#change(id, { policy });
  }

  /** Removes the key with its materials, aliases, tags and grants. */
  delete(id: string): void {
    this.#database.prepare('DELETE FROM keys WHERE scope = ? AND id = ?').run(this.#scope, id);
  }

  #change(id: string, values: Partial<KmsKey>): void {
    const assignments = Object.keys(values).map((name) => `${name} = $${name}`);
    this.#database
      .prepare(`UPDATE keys SET ${assignments.join(', ')} WHERE scope = $scope AND id = $key`)
      .run({ ...values, scope: this.#scope, key: id });
  }
}
