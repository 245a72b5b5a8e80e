import { Temporal } from 'temporal-polyfill';

/**
 * Real time plus an offset that only grows: deadlines of weeks can be reached at once, and time still passes.
 */
export class VirtualClock {
  readonly #realNow: () => number;
  readonly #listeners = new Set<() => void>();
  #offset: number;

  /** `offsetMilliseconds` is where the clock starts, ahead of real time; `realNow` is in epoch milliseconds. */
  constructor(options: { offsetMilliseconds?: number; realNow?: () => number } = {}) {
    this.#realNow = options.realNow ?? Date.now;
    this.#offset = options.offsetMilliseconds ?? 0;
  }

  get offsetMilliseconds(): number {
    return this.#offset;
  }

  now(): Date {
    return new Date(this.#realNow() + this.#offset);
  }

  /**
   * Moves the clock forward by an ISO-8601 duration (`P30D`, `PT2H`; months and years count from now, in UTC)
   * or by milliseconds. Throws RangeError for anything else, and for a move backwards.
   */
  advance(by: string | number): void {
    const milliseconds = typeof by === 'number' ? by : this.#millisecondsOf(by);
    if (!Number.isFinite(milliseconds) || milliseconds < 0) {
      throw new RangeError(`The clock moves only forward: ${by} is not a positive duration.`);
    }
    this.#offset += Math.round(milliseconds);
    for (const listener of this.#listeners) listener();
  }

  /** Calls the listener after each move, until the function that is returned is called. */
  onAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #millisecondsOf(duration: string): number {
    const from = Temporal.Instant.fromEpochMilliseconds(this.now().getTime()).toZonedDateTimeISO('UTC');
    return Temporal.Duration.from(duration).total({ unit: 'milliseconds', relativeTo: from });
  }
}
