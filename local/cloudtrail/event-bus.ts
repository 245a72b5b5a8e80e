import {
  PutEventsCommand,
  type PutEventsCommandOutput,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import type { Undelivered } from './retrying-queue.ts';

const ENTRIES_PER_CALL = 10;
/** Below the 256 KB that one call may have. */
const BYTES_PER_CALL = 200_000;

export interface EventBus {
  readonly client: { send(command: PutEventsCommand): Promise<PutEventsCommandOutput> };
  readonly busName: string;
}

/** An event as EventBridge takes it. */
export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  /** ISO-8601 UTC. */
  readonly time: string;
  /** ARNs. */
  readonly resources: readonly string[];
  readonly detail: object;
  /** AWS may lose such an event. */
  readonly bestEffort: boolean;
}

/** Puts the events on the bus, in order, until a call throws; entries that the bus refused come back. */
export async function putOnBus(
  { client, busName }: EventBus,
  events: readonly BusEvent[],
): Promise<Undelivered<BusEvent>> {
  const left: BusEvent[] = [];
  let reason: string | undefined;
  const calls = inCalls(events);
  for (const [index, call] of calls.entries()) {
    try {
      const entries = call.map((event) => entryOf(event, busName));
      const result = await client.send(new PutEventsCommand({ Entries: entries }));
      for (const [position, entry] of (result.Entries ?? []).entries()) {
        const event = call[position];
        if (entry.ErrorCode === undefined || event === undefined) continue;
        left.push(event);
        reason = `${entry.ErrorCode}: ${entry.ErrorMessage ?? ''}`;
      }
    } catch (error) {
      left.push(...calls.slice(index).flat());
      reason = error instanceof Error ? error.message : String(error);
      break;
    }
  }
  return reason === undefined ? { items: left } : { items: left, reason };
}

function entryOf(event: BusEvent, busName: string): PutEventsRequestEntry {
  return {
    EventBusName: busName,
    Source: event.source,
    DetailType: event.detailType,
    Time: new Date(event.time),
    Resources: [...event.resources],
    Detail: JSON.stringify(event.detail),
  };
}

function inCalls(events: readonly BusEvent[]): BusEvent[][] {
  const calls: BusEvent[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const event of events) {
    const size = Buffer.byteLength(JSON.stringify(event.detail));
    const last = calls.at(-1);
    if (last === undefined || last.length === ENTRIES_PER_CALL || bytes + size > BYTES_PER_CALL) {
      calls.push([event]);
      bytes = size;
    } else {
      last.push(event);
      bytes += size;
    }
  }
  return calls;
}
