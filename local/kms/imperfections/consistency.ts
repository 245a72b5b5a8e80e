import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { VirtualClock } from '../../clock/virtual-time.ts';
import { type Account, isSameAccount } from '../account.ts';
import { aliasArn, keyArn, partsOf } from '../key-reference.ts';
import { type KmsOfAccount, onePerAccount } from '../kms.ts';
import { type LocatedKey, relatedKeys } from '../multi-region.ts';
import type { Touch } from '../operation.ts';
import type { Principal } from '../principal.ts';
import type { ControlRoutes } from '../protocol/control-routes.ts';
import type { Alias } from '../store/aliases.ts';
import type { KmsKey } from '../store/keys.ts';
import { type KeyImage, laggingStores, type Shown } from '../store/lagging.ts';
import { affectedCallers, isAffected } from './affected-callers.ts';
import { type Change, Formers } from './formers.ts';

const schema = z.strictObject({
  seed: z.int(),
  /** How many of those calls see what was before, from 0 to 1. */
  probability: z.number().min(0).max(1),
  /** How many calls after a change may see what was before it. */
  reads: z.int().min(1).max(10_000),
  callers: affectedCallers,
});

type Settings = z.infer<typeof schema>;

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
  readonly #truth: KmsOfAccount;
  readonly #clock: VirtualClock;
  #settings: Settings | undefined;
  #changes = 0;
  readonly #keys = new Formers<KeyImage>('key');
  readonly #index = new Formers<KeyImage>('index');
  readonly #aliases = new Formers<Alias>('alias');

  constructor(database: DatabaseSync, truth: KmsOfAccount, clock: VirtualClock) {
    this.#database = database;
    this.#truth = truth;
    this.#clock = clock;
  }

  /** What one call sees: the truth, the very same object, unless something lags. */
  seen(caller: Principal): KmsOfAccount {
    return this.#seen(caller, this.#keys);
  }

  /** What one call sees in the index of tags. */
  seenInIndex(caller: Principal): KmsOfAccount {
    return this.#seen(caller, this.#index);
  }

  before(touches: readonly Touch[]): Before | undefined {
    if (this.#settings === undefined) return undefined;
    const keys = touches.flatMap((touch) => (touch.kind === 'key' ? this.#keysOf(touch) : []));
    const aliases = touches.flatMap((touch) => (touch.kind === 'alias' ? [touch.arn] : []));
    return {
      keys: new Map(keys.map((arn) => [arn, this.#imageOf(arn)])),
      aliases: new Map(aliases.map((arn) => [arn, this.#alias(arn)])),
    };
  }

  /** Remembers what has been changed, and the key that has been made. */
  changed(before: Before | undefined, created?: KmsKey): void {
    if (before === undefined) return;
    for (const [arn, was] of before.keys) {
      if (!isDeepStrictEqual(was, this.#imageOf(arn))) this.#noteKey(arn, was);
    }
    for (const [arn, was] of before.aliases) {
      if (!isDeepStrictEqual(was, this.#alias(arn))) this.#aliases.note(arn, was, this.#next());
    }
    if (created !== undefined) this.#noteKey(created.arn, undefined);
  }

  /** A key that is about to be deleted for good: only the index may know it any longer. */
  deleting({ arn }: KmsKey): void {
    if (this.#settings === undefined) return;
    this.#keys.forget(arn);
    this.#index.note(arn, this.#imageOf(arn), this.#next());
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

  #seen(caller: Principal, keys: Formers<KeyImage>): KmsOfAccount {
    if (this.#settings === undefined || !isAffected(caller, this.#settings.callers)) return this.#truth;
    const now = this.#clock.now().getTime();
    if (keys.isSettled(now) && this.#aliases.isSettled(now)) return this.#truth;
    const shownKeys = keys.toOneCall(this.#settings);
    const shownAliases = this.#aliases.toOneCall(this.#settings);
    return onePerAccount((account, all) => ({
      ...this.#truth(account),
      ...laggingStores(
        this.#database,
        account,
        shownIn(account, shownKeys, (id) => keyArn(account, id)),
        shownIn(account, shownAliases, (name) => aliasArn(account, name)),
      ),
      in: all,
    }));
  }

  #noteKey(arn: string, was: KeyImage | undefined): void {
    this.#keys.note(arn, was, this.#next());
    this.#index.note(arn, was, this.#next());
  }

  #next(): Change {
    this.#changes += 1;
    return { number: this.#changes, at: this.#clock.now().getTime() };
  }

  /** The key in all its Regions: much of what is done to it is done to it in each. */
  #keysOf({ kms, key }: LocatedKey): string[] {
    return relatedKeys(this.#truth(kms.account), key).map((related) => related.key.arn);
  }

  #alias(arn: string): Alias | undefined {
    const { account, resource } = partsOf(arn);
    return this.#truth(account).aliases.find(resource);
  }

  #imageOf(arn: string): KeyImage | undefined {
    const { account, resource } = partsOf(arn);
    const { keys, tags, grants, materials } = this.#truth(account);
    const id = resource.replace('key/', '');
    const key = keys.find(id);
    if (key === undefined) return undefined;
    return { key, tags: tags.list(id), grants: grants.ofKey(id), materials: materials.list(id) };
  }
}

/** What is shown of the things of one account and Region, which have their ids there. */
function shownIn<T>(account: Account, shown: Shown<T>, arnOf: (id: string) => string): Shown<T> {
  return {
    former: (id) => shown.former(arnOf(id)),
    changed: () =>
      shown.changed().flatMap(({ id: arn, was }) => {
        const { account: owner, resource } = partsOf(arn);
        return isSameAccount(owner, account) ? [{ id: resource.replace(/^key\//, ''), was }] : [];
      }),
  };
}
