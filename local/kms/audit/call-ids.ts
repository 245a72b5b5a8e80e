import { randomUUID } from 'node:crypto';

/** Name a call in its answer, and in its records: those of one call in several accounts have an event id each. */
export class CallIds {
  readonly requestId = randomUUID();
  readonly #eventIds = new Map<string, string>();

  /** The same whenever it is asked for. */
  eventIdIn(accountId: string): string {
    const known = this.#eventIds.get(accountId);
    if (known !== undefined) return known;
    const eventId = randomUUID();
    this.#eventIds.set(accountId, eventId);
    return eventId;
  }
}
