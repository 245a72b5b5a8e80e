import type { BusEvent } from './event-bus.ts';
import { kmsEventOf } from './kms-events.ts';
import type { CloudTrailRecord } from './record.ts';

/** AWS's own sources are closed to everybody else, so records come under this one. */
const SOURCE = 'keyward.local.cloudtrail';

/** What EventBridge has of a record: the record, and the event that AWS KMS sends beside it, if there is one. */
export function busEventsOf(record: CloudTrailRecord): readonly BusEvent[] {
  const kind = record.eventType === 'AwsApiCall' ? 'API Call' : 'Service Event';
  const recordEvent: BusEvent = {
    source: SOURCE,
    detailType: `AWS ${kind} via CloudTrail`,
    time: record.eventTime,
    resources: [],
    detail: record,
    bestEffort: false,
  };
  const kmsEvent = kmsEventOf(record);
  return kmsEvent === undefined ? [recordEvent] : [recordEvent, kmsEvent];
}
