import type { VirtualClock } from '../clock/virtual-time.ts';

/** The longest that one timer of Node takes. */
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

interface Traveller<T> {
  readonly item: T;
  /** Epoch milliseconds. */
  readonly arrival: number;
}

/**
 * Holds items until their time comes on the virtual clock: when it is moved there, or when real time has passed. Its timer
 * does not keep the process alive.
 */
export class OnTheWay<T> {
  readonly #clock: VirtualClock;
  readonly #arrive: (item: T) => void;
  readonly #ignoreClock: () => void;
  #travellers: Traveller<T>[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: VirtualClock, arrive: (item: T) => void) {
    this.#clock = clock;
    this.#arrive = arrive;
    this.#ignoreClock = clock.onAdvance(() => this.#letArrive());
  }

  /** `arrival` in epoch milliseconds; an item whose time has come arrives at once. */
  add(item: T, arrival: number): void {
    this.#travellers.push({ item, arrival });
    this.#letArrive();
  }

  /** Lets all arrive now, in the order of their times. */
  hurry(): void {
    this.#letArrive(Number.POSITIVE_INFINITY);
  }

  close(): void {
    this.hurry();
    this.#ignoreClock();
  }

  #letArrive(until = this.#clock.now().getTime()): void {
    const arrived = this.#travellers.filter(({ arrival }) => arrival <= until);
    this.#travellers = this.#travellers.filter(({ arrival }) => arrival > until);
    for (const { item } of arrived.toSorted((a, b) => a.arrival - b.arrival)) this.#arrive(item);
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#travellers.length === 0) return;
    const next = Math.min(...this.#travellers.map(({ arrival }) => arrival));
    const wait = Math.min(next - this.#clock.now().getTime(), LONGEST_TIMER_MILLISECONDS);
    this.#timer = setTimeout(() => this.#letArrive(), wait).unref();
  }
}
