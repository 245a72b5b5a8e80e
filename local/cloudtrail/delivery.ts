import { type EventBus, putOnBus } from './event-bus.ts';
import type { CloudTrailRecord } from './record.ts';
import { RetryingQueue } from './retrying-queue.ts';
import { putInBucket, type TrailBucket } from './trail-bucket.ts';

const INTERVAL_MILLISECONDS = 250;

export interface DeliveryOptions {
  /** The bus that the records go to, as events of the source `keyward.local.cloudtrail`. */
  readonly events?: EventBus;
  /** The bucket that they go to, as a trail's log files. The client needs `forcePathStyle` for a local S3. */
  readonly trail?: TrailBucket;
  readonly intervalMilliseconds?: number;
  /** Where failures are reported; stderr when left out. */
  readonly report?: (message: string) => void;
}

export interface Delivery {
  /** Takes a record; it goes out with the next batch. Give it to the KMS server as `onRecord`. */
  deliver(record: CloudTrailRecord): void;
  /** Tries to send all that waits. */
  flush(): Promise<void>;
  /** One last attempt, then nothing more is sent; what is left is counted in a report. */
  close(): Promise<void>;
}

/**
 * Brings CloudTrail's records to where AWS brings them. A failed delivery is reported and tried again, with a
 * growing pause, for as long as it takes: the bus may be made long after the first record. Its timers do not
 * keep the process alive.
 */
export function createDelivery({
  events,
  trail,
  intervalMilliseconds = INTERVAL_MILLISECONDS,
  report = (message) => void process.stderr.write(`CloudTrail delivery: ${message}\n`),
}: DeliveryOptions): Delivery {
  const common = { intervalMilliseconds, report };
  const queues: RetryingQueue<CloudTrailRecord>[] = [];
  if (events !== undefined) {
    queues.push(
      new RetryingQueue({ ...common, name: 'EventBridge', send: (records) => putOnBus(events, records) }),
    );
  }
  if (trail !== undefined) {
    queues.push(new RetryingQueue({ ...common, name: 'S3', send: (records) => putInBucket(trail, records) }));
  }
  return {
    deliver: (record) => {
      for (const queue of queues) queue.add(record);
    },
    flush: async () => {
      await Promise.all(queues.map((queue) => queue.flush()));
    },
    close: async () => {
      await Promise.all(queues.map((queue) => queue.close()));
    },
  };
}
