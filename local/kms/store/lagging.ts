import type { DatabaseSync } from 'node:sqlite';
import type { Account } from '../account.ts';
import { type Alias, Aliases } from './aliases.ts';
import { type Grant, Grants } from './grants.ts';
import { Keys, type KmsKey } from './keys.ts';
import { type Material, Materials } from './materials.ts';
import { type Tag, Tags } from './tags.ts';

/** A key with all that hangs on it, as it was at one time. */
export interface KeyImage {
  readonly key: KmsKey;
  readonly tags: readonly Tag[];
  readonly grants: readonly Grant[];
  readonly materials: readonly Material[];
}

/** What is shown as it was before a change. */
export interface Shown<T> {
  /** Undefined when the thing is to be shown as it is; `was` is undefined when it did not exist. */
  readonly former: (id: string) => { readonly was: T | undefined } | undefined;
  /** All that a change was made to of late, with what it was. */
  readonly changed: () => readonly { readonly id: string; readonly was: T | undefined }[];
}

/**
 * Stores of an account and Region that show some things, by the ids that they have there, as they were. They are to be
 * read only.
 */
export function laggingStores(
  database: DatabaseSync,
  account: Account,
  keys: Shown<KeyImage>,
  aliases: Shown<Alias>,
) {
  return {
    keys: new LaggingKeys(database, account, keys),
    materials: new LaggingMaterials(database, account, keys),
    aliases: new LaggingAliases(database, account, aliases),
    tags: new LaggingTags(database, account, keys),
    grants: new LaggingGrants(database, account, keys),
  };
}

class LaggingKeys extends Keys {
  readonly #shown: Shown<KeyImage>;

  constructor(database: DatabaseSync, account: Account, shown: Shown<KeyImage>) {
    super(database, account);
    this.#shown = shown;
  }

  override find(id: string): KmsKey | undefined {
    const former = this.#shown.former(id);
    return former === undefined ? super.find(id) : former.was?.key;
  }

  override list(): KmsKey[] {
    const ids = new Set([...super.list(), ...this.#shown.changed()].map(({ id }) => id));
    return [...ids].map((id) => this.find(id)).filter((key) => key !== undefined);
  }
}

/** A ciphertext names its material, and is read by that even where a rotation is not shown yet. */
class LaggingMaterials extends Materials {
  readonly #shown: Shown<KeyImage>;

  constructor(database: DatabaseSync, account: Account, shown: Shown<KeyImage>) {
    super(database, account);
    this.#shown = shown;
  }

  override list(keyId: string): Material[] {
    const former = this.#shown.former(keyId);
    return former === undefined ? super.list(keyId) : [...(former.was?.materials ?? [])];
  }

  override find(keyId: string, id: string): Material | undefined {
    return this.list(keyId).find((material) => material.id === id) ?? super.find(keyId, id);
  }
}

class LaggingAliases extends Aliases {
  readonly #shown: Shown<Alias>;

  constructor(database: DatabaseSync, account: Account, shown: Shown<Alias>) {
    super(database, account);
    this.#shown = shown;
  }

  override find(name: string): Alias | undefined {
    const former = this.#shown.former(name);
    return former === undefined ? super.find(name) : former.was;
  }

  override list(): Alias[] {
    return this.#each([
      ...super.list().map(({ name }) => name),
      ...this.#shown.changed().map(({ id }) => id),
    ]);
  }

  override ofKey(keyId: string): Alias[] {
    const formerly = this.#shown.changed().filter(({ was }) => was?.keyId === keyId);
    const names = [...super.ofKey(keyId).map(({ name }) => name), ...formerly.map(({ id }) => id)];
    return this.#each(names).filter((alias) => alias.keyId === keyId);
  }

  #each(names: readonly string[]): Alias[] {
    return [...new Set(names)].map((name) => this.find(name)).filter((alias) => alias !== undefined);
  }
}

class LaggingTags extends Tags {
  readonly #shown: Shown<KeyImage>;

  constructor(database: DatabaseSync, account: Account, shown: Shown<KeyImage>) {
    super(database, account);
    this.#shown = shown;
  }

  override list(keyId: string): Tag[] {
    const former = this.#shown.former(keyId);
    return former === undefined ? super.list(keyId) : [...(former.was?.tags ?? [])];
  }
}

class LaggingGrants extends Grants {
  readonly #shown: Shown<KeyImage>;

  constructor(database: DatabaseSync, account: Account, shown: Shown<KeyImage>) {
    super(database, account);
    this.#shown = shown;
  }

  override find(id: string): Grant | undefined {
    const grant = super.find(id);
    return grant === undefined ? undefined : this.ofKey(grant.keyId).find((each) => each.id === id);
  }

  override ofKey(keyId: string): Grant[] {
    const former = this.#shown.former(keyId);
    return former === undefined ? super.ofKey(keyId) : [...(former.was?.grants ?? [])];
  }
}
