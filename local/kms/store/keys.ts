import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { KEY_SPECS, KEY_USAGES, type KeySpec } from '../key-specs.ts';
import { KEY_STATES, type KeyState } from '../key-states.ts';

const rowSchema = z.object({
  id: z.string(),
  arn: z.string(),
  description: z.string(),
  spec: z.string().refine((spec): spec is KeySpec => Object.hasOwn(KEY_SPECS, spec)),
  usage: z.enum(KEY_USAGES),
  state: z.enum(KEY_STATES),
  /** Epoch milliseconds. */
  createdAt: z.number(),
  /** Epoch milliseconds; null unless the key is pending deletion. */
  deletionAt: z.number().nullable(),
  /** The key policy, as JSON text. */
  policy: z.string(),
});

export type KmsKey = Readonly<z.infer<typeof rowSchema>>;

export class Keys {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  insert(key: KmsKey): void {
    this.#database
      .prepare(
        `INSERT INTO keys (id, arn, description, spec, usage, state, createdAt, deletionAt, policy)
         VALUES ($id, $arn, $description, $spec, $usage, $state, $createdAt, $deletionAt, $policy)`,
      )
      .run(key);
  }

  find(id: string): KmsKey | undefined {
    const row = this.#database.prepare('SELECT * FROM keys WHERE id = ?').get(id);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  list(): KmsKey[] {
    return this.#parse(this.#database.prepare('SELECT * FROM keys').all());
  }

  /** The keys whose deletion date is at or before `now`, in epoch milliseconds. */
  dueForDeletion(now: number): KmsKey[] {
    return this.#parse(
      this.#database.prepare('SELECT * FROM keys WHERE deletionAt <= ? ORDER BY deletionAt').all(now),
    );
  }

  setState(id: string, state: KeyState, deletionAt: number | null = null): void {
    this.#database
      .prepare('UPDATE keys SET state = ?, deletionAt = ? WHERE id = ?')
      .run(state, deletionAt, id);
  }

  setDescription(id: string, description: string): void {
    this.#database.prepare('UPDATE keys SET description = ? WHERE id = ?').run(description, id);
  }

  setPolicy(id: string, policy: string): void {
    this.#database.prepare('UPDATE keys SET policy = ? WHERE id = ?').run(policy, id);
  }

  /** Removes the key with its materials, aliases, tags and grants. */
  delete(id: string): void {
    this.#database.prepare('DELETE FROM keys WHERE id = ?').run(id);
  }

  #parse(rows: unknown[]): KmsKey[] {
    return rows.map((row) => rowSchema.parse(row));
  }
}
