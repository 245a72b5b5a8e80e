import type { Shown } from '../store/lagging.ts';
import { chance } from './chance.ts';

/** No change is hidden for longer than this on the server's clock, however few calls there were. */
const LONGEST_LAG_MILLISECONDS = 5 * 60 * 1000;

export interface Change {
  readonly number: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

interface Former<T> extends Change {
  readonly was: T | undefined;
  /** How many calls have looked since. */
  looks: number;
}

/** Who sees what was before a change: so many of the first `reads` calls. */
interface Lag {
  readonly seed: number;
  readonly probability: number;
  readonly reads: number;
}

/** What things of one kind were before their latest changes, the newest first. */
export class Formers<T> {
  readonly #kind: string;
  /** What was changed last is last. */
  readonly #byId = new Map<string, Former<T>[]>();

  constructor(kind: string) {
    this.#kind = kind;
  }

  /** Forgets what has had its time too: nobody may ever look. */
  note(id: string, was: T | undefined, change: Change): void {
    this.#forgetBefore(change.at);
    const earlier = this.#byId.get(id)?.filter((former) => isShown(former, change.at)) ?? [];
    this.#byId.delete(id);
    this.#byId.set(id, [{ ...change, was, looks: 0 }, ...earlier]);
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
      const left = formers.filter((former) => isShown(former, now));
      if (left.length > 0) this.#byId.set(id, left);
      else this.#byId.delete(id);
    }
    return this.#byId.size === 0;
  }

  /** What a call is shown, the same however often it looks. */
  toOneCall(lag: Lag): Shown<T> {
    const seen = new Map<string, { readonly was: T | undefined } | undefined>();
    return {
      former: (id) => {
        if (!seen.has(id)) seen.set(id, this.#look(id, lag));
        return seen.get(id);
      },
      changed: () => [...this.#byId].flatMap(([id, formers]) => formers.map(({ was }) => ({ id, was }))),
    };
  }

  #look(id: string, { seed, probability, reads }: Lag): { readonly was: T | undefined } | undefined {
    const formers = this.#byId.get(id);
    if (formers === undefined) return undefined;
    for (const former of formers) former.looks += 1;
    const left = formers.filter(({ looks }) => looks < reads);
    if (left.length > 0) this.#byId.set(id, left);
    else this.#byId.delete(id);
    return formers.find(({ number, looks }) => chance(seed, this.#kind, number, looks) < probability);
  }

  /** What was changed long ago comes first: it stops at the first that was not. */
  #forgetBefore(now: number): void {
    for (const [id, [newest]] of this.#byId) {
      if (newest !== undefined && isShown(newest, now)) return;
      this.#byId.delete(id);
    }
  }
}

const isShown = ({ at }: Change, now: number) => at + LONGEST_LAG_MILLISECONDS > now;
