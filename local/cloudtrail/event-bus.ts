import {
  PutEventsCommand,
  type PutEventsCommandOutput,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import type { CloudTrailRecord } from './record.ts';
import type { Undelivered } from './retrying-queue.ts';

/** AWS's own sources are closed to everybody else, so records come under this one. */
const EVENT_SOURCE = 'keyward.local.cloudtrail';

const ENTRIES_PER_CALL = 10;
/** Below the 256 KB that one call may have. */
const BYTES_PER_CALL = 200_000;

export interface EventBus {
  readonly client: { send(command: PutEventsCommand): Promise<PutEventsCommandOutput> };
  readonly busName: string;
}

/** Puts the records on the bus, in order, until a call throws; entries that the bus refused come back. */
export async function putOnBus(
  { client, busName }: EventBus,
  records: readonly CloudTrailRecord[],
): Promise<Undelivered<CloudTrailRecord>> {
  const left: CloudTrailRecord[] = [];
  let reason: string | undefined;
  const calls = inCalls(records);
  for (const [index, call] of calls.entries()) {
    try {
      const entries = call.map((record) => entryOf(record, busName));
      const result = await client.send(new PutEventsCommand({ Entries: entries }));
      for (const [position, entry] of (result.Entries ?? []).entries()) {
        const record = call[position];
        if (entry.ErrorCode === undefined || record === undefined) continue;
        left.push(record);
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

function entryOf(record: CloudTrailRecord, busName: string): PutEventsRequestEntry {
  const kind = record.eventType === 'AwsApiCall' ? 'API Call' : 'Service Event';
  return {
    EventBusName: busName,
    Source: EVENT_SOURCE,
    DetailType: `AWS ${kind} via CloudTrail`,
    Time: new Date(record.eventTime),
    Detail: JSON.stringify(record),
  };
}

function inCalls(records: readonly CloudTrailRecord[]): CloudTrailRecord[][] {
  const calls: CloudTrailRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const size = Buffer.byteLength(JSON.stringify(record));
    const last = calls.at(-1);
    if (last === undefined || last.length === ENTRIES_PER_CALL || bytes + size > BYTES_PER_CALL) {
      calls.push([record]);
      bytes = size;
    } else {
      last.push(record);
      bytes += size;
    }
  }
  return calls;
}
