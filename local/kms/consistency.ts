import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { affectedCallers, isAffected } from './affected-callers.ts';
import { chance } from './chance.ts';
import type { ControlRoutes } from './control-routes.ts';
import type { Kms } from './kms.ts';
import type { Touch } from './operation.ts';
import type { Principal } from './principal.ts';
import type { Alias } from './store/aliases.ts';
import type { KmsKey } from './store/keys.ts';
import { type KeyImage, laggingStores, type Shown } from './store/lagging.ts';

const schema = z.strictObject({
  seed: z.int(),
  /** How many of those calls see what was before, from 0 to 1. */
  probability: z.number().min(0).max(1),
  /** How many calls after a change may see what was before it. */
  reads: z.int().min(1).max(10_000),
  callers: affectedCallers,
});

type Settings = z.infer<typeof schema>;

/** No change is hidden for longer than this on the server's clock, however few calls there were. */
const LONGEST_LAG_MILLISECONDS = 5 * 60 * 1000;

/** What the things were that a call is about to change. */
export interface Before {
  readonly keys: ReadonlyMap<string, KeyImage | undefined>;
  readonly aliases: ReadonlyMap<string, Alias | undefined>;
}

/**
 * Eventual consistency, once a test asks for it: for some calls after a change, a key, with its policy, tags, grants and
 * materials, or an alias, is what it was before. It may go back and forth. The index of tags lags by itself.
 *
 * A call sees each thing one way. A call that only reads or uses a key goes by what it sees. One that changes something
 * is refused by what it sees too, and else carried out on what there is: nothing is ever changed on the word of the past.
 */
export class Consistency {
  readonly #database: DatabaseSync;
  readonly #kms: Kms;
  #settings: Settings | undefined;
  #changes = 0;
  readonly #keys = new Formers<KeyImage>('key');
  readonly #index = new Formers<KeyImage>('index');
  readonly #aliases = new Formers<Alias>('alias');

  constructor(database: DatabaseSync, kms: Kms) {
    this.#database = database;
    this.#kms = kms;
  }

  /** What one call sees: the truth, the very same object, unless something lags. */
  seen(caller: Principal): Kms {
    return this.#seen(caller, this.#keys);
  }

  /** What one call sees in the index of tags. */
  seenInIndex(caller: Principal): Kms {
    return this.#seen(caller, this.#index);
  }

  before(touches: readonly Touch[]): Before | undefined {
    if (this.#settings === undefined) return undefined;
    const keys = touches.flatMap((touch) => (touch.kind === 'key' ? [touch.key.id] : []));
    const aliases = touches.flatMap((touch) => (touch.kind === 'alias' ? [aliasName(touch.arn)] : []));
    return {
      keys: new Map(keys.map((id) => [id, this.#imageOf(id)])),
      aliases: new Map(aliases.map((name) => [name, this.#kms.aliases.find(name)])),
    };
  }

  /** Remembers what has been changed, and the key that has been made. */
  changed(before: Before | undefined, created?: KmsKey): void {
    if (before === undefined) return;
    for (const [id, was] of before.keys) {
      if (!isDeepStrictEqual(was, this.#imageOf(id))) this.#noteKey(id, was);
    }
    for (const [name, was] of before.aliases) {
      if (!isDeepStrictEqual(was, this.#kms.aliases.find(name))) this.#aliases.note(name, was, this.#next());
    }
    if (created !== undefined) this.#noteKey(created.id, undefined);
  }

  /** A key that is about to be deleted for good: only the index may know it any longer. */
  deleting({ id }: KmsKey): void {
    if (this.#settings === undefined) return;
    this.#keys.forget(id);
    this.#index.note(id, this.#imageOf(id), this.#next());
  }

  /**
   * `POST /_local/consistency` `{seed, probability, reads, callers?}`: changes from now on are seen late. Who sees what depends on
   * the seed, the number of the change, and how many calls have looked at the thing since. Posted again, it holds for
   * what has changed before too. `DELETE` shows all to all.
   */
  routes(): ControlRoutes {
    return {
      'POST /_local/consistency': ({ body }) => {
        this.#settings = schema.parse(body);
        return this.#settings;
      },
      'DELETE /_local/consistency': () => {
        this.#settings = undefined;
        this.#changes = 0;
        for (const formers of [this.#keys, this.#index, this.#aliases]) formers.clear();
        return {};
      },
    };
  }

  #seen(caller: Principal, keys: Formers<KeyImage>): Kms {
    if (this.#settings === undefined || !isAffected(caller, this.#settings.callers)) return this.#kms;
    const now = this.#kms.clock.now().getTime();
    const [shownKeys, shownAliases] = [keys, this.#aliases] as const;
    if (shownKeys.isSettled(now) && shownAliases.isSettled(now)) return this.#kms;
    return {
      ...this.#kms,
      ...laggingStores(
        this.#database,
        shownKeys.toOneCall(this.#settings),
        shownAliases.toOneCall(this.#settings),
      ),
    };
  }

  #noteKey(id: string, was: KeyImage | undefined): void {
    this.#keys.note(id, was, this.#next());
    this.#index.note(id, was, this.#next());
  }

  #next(): Change {
    this.#changes += 1;
    return { number: this.#changes, until: this.#kms.clock.now().getTime() + LONGEST_LAG_MILLISECONDS };
  }

  #imageOf(id: string): KeyImage | undefined {
    const { keys, tags, grants, materials } = this.#kms;
    const key = keys.find(id);
    if (key === undefined) return undefined;
    return { key, tags: tags.list(id), grants: grants.ofKey(id), materials: materials.list(id) };
  }
}

interface Change {
  readonly number: number;
  /** Epoch milliseconds. */
  readonly until: number;
}

interface Former<T> extends Change {
  readonly was: T | undefined;
  /** How many calls have looked since. */
  looks: number;
}

/** What things of one kind were before their latest changes, the newest first. */
class Formers<T> {
  readonly #kind: string;
  readonly #byId = new Map<string, Former<T>[]>();

  constructor(kind: string) {
    this.#kind = kind;
  }

  note(id: string, was: T | undefined, change: Change): void {
    this.#byId.set(id, [{ ...change, was, looks: 0 }, ...(this.#byId.get(id) ?? [])]);
  }

  forget(id: string): void {
    this.#byId.delete(id);
  }

  clear(): void {
    this.#byId.clear();
  }

  /** Whether everything is shown as it is; forgets what has had its time. */
  isSettled(now: number): boolean {
    for (const [id, formers] of this.#byId) {
      const left = formers.filter(({ until }) => until > now);
      if (left.length > 0) this.#byId.set(id, left);
      else this.#byId.delete(id);
    }
    return this.#byId.size === 0;
  }

  /** What a call is shown, the same however often it looks. */
  toOneCall(settings: Settings): Shown<T> {
    const seen = new Map<string, { readonly was: T | undefined } | undefined>();
    return {
      former: (id) => {
        if (!seen.has(id)) seen.set(id, this.#look(id, settings));
        return seen.get(id);
      },
      changed: () => [...this.#byId].flatMap(([id, formers]) => formers.map(({ was }) => ({ id, was }))),
    };
  }

  #look(id: string, { seed, probability, reads }: Settings): { readonly was: T | undefined } | undefined {
    const formers = this.#byId.get(id);
    if (formers === undefined) return undefined;
    for (const former of formers) former.looks += 1;
    const left = formers.filter(({ looks }) => looks < reads);
    if (left.length > 0) this.#byId.set(id, left);
    else this.#byId.delete(id);
    return formers.find(({ number, looks }) => chance(seed, this.#kind, number, looks) < probability);
  }
}

/** `alias/<name>` of an alias's ARN. */
function aliasName(arn: string): string {
  return arn.split(':').slice(5).join(':');
}
