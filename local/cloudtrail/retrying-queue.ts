/** A queue that sends what it holds in batches, in order, and keeps what could not be sent. */
export interface QueueOptions<T> {
  /** For the messages about failures, such as `EventBridge`. */
  readonly name: string;
  /** How long after an item the batch with it goes out. */
  readonly intervalMilliseconds: number;
  /** Sends what it can of the items; resolves to those not sent. Throwing means that none was. */
  readonly send: (items: readonly T[]) => Promise<Undelivered<T>>;
  /** Where a failure is reported. */
  readonly report: (message: string) => void;
}

export interface Undelivered<T> {
  readonly items: readonly T[];
  /** Why, when there are any. */
  readonly reason?: string;
}

const FIRST_BACKOFF_MILLISECONDS = 500;
const LONGEST_BACKOFF_MILLISECONDS = 10_000;

export class RetryingQueue<T> {
  readonly #options: QueueOptions<T>;
  #waiting: T[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();
  #failures = 0;

  constructor(options: QueueOptions<T>) {
    this.#options = options;
  }

  add(item: T): void {
    this.#waiting.push(item);
    this.#schedule();
  }

  /** Tries to send all that waits; resolves when that attempt is over, also when it failed. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending = this.#sending.then(() => this.#send());
    return this.#sending;
  }

  /** One last attempt; what it leaves behind is counted in a report. */
  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0) {
      this.#options.report(`${this.#options.name}: ${this.#waiting.length} records were not delivered.`);
    }
  }

  async #send(): Promise<void> {
    const items = this.#waiting;
    if (items.length === 0) return;
    this.#waiting = [];
    const left = await this.#attempt(items);
    this.#waiting = [...left.items, ...this.#waiting];
    this.#failures = left.items.length === 0 ? 0 : this.#failures + 1;
    if (left.items.length > 0) {
      this.#options.report(
        `${this.#options.name}: ${left.items.length} records are not delivered yet, trying again: ${left.reason}`,
      );
    }
    if (this.#waiting.length > 0) this.#schedule();
  }

  async #attempt(items: readonly T[]): Promise<Undelivered<T>> {
    try {
      return await this.#options.send(items);
    } catch (error) {
      return { items, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Doubles the wait with each failure. */
  #schedule(): void {
    const backoff = Math.min(
      FIRST_BACKOFF_MILLISECONDS * 2 ** (this.#failures - 1),
      LONGEST_BACKOFF_MILLISECONDS,
    );
    this.#timer ??= setTimeout(
      () => void this.flush(),
      this.#failures === 0 ? this.#options.intervalMilliseconds : backoff,
    ).unref();
  }
}
