import { VirtualClock } from '../clock/virtual-time.ts';
import type { Account } from '../kms/account.ts';
import { busEventsOf } from './bus-events.ts';
import { type Channel, DeliveryConditions, type Parcel } from './delivery-conditions.ts';
import { type BusEvent, type EventBus, putOnBus } from './event-bus.ts';
import { OnTheWay } from './on-the-way.ts';
import type { CloudTrailRecord } from './record.ts';
import { RetryingQueue, type Undelivered } from './retrying-queue.ts';
import { putInBucket, type TrailBucket } from './trail-bucket.ts';

const INTERVAL_MILLISECONDS = 250;

export interface DeliveryOptions {
  /** Whose records: those of the account go to the trail, those of its Region to the bus. All of them, when left out. */
  readonly account?: Account;
  /** The bus that the records go to, as events of `keyward.local.cloudtrail`, and those of AWS KMS, of `keyward.local.kms`. */
  readonly events?: EventBus;
  /** The bucket that the records go to, as a trail's log files. The client needs `forcePathStyle` for a local S3. */
  readonly trail?: TrailBucket;
  /** The clock that log files are named by and records are late by. */
  readonly clock?: VirtualClock;
  /** How they are brought there; at once, once and in order when left out. */
  readonly conditions?: DeliveryConditions;
  readonly intervalMilliseconds?: number;
  /** Where failures are reported; stderr when left out. */
  readonly report?: (message: string) => void;
}

export interface Delivery {
  /** Takes a record; it goes out with the next batch after its time. Give it to the KMS server as `onRecord`. */
  deliver(record: CloudTrailRecord): void;
  /** Tries to send all whose time has come. */
  flush(): Promise<void>;
  /** One last attempt, also for what is late, then nothing more is sent; what is left is counted in a report. */
  close(): Promise<void>;
}

function isOf({ accountId }: Account, { recipientAccountId }: CloudTrailRecord): boolean {
  return recipientAccountId === accountId;
}

/** One of the places that records are brought to. */
interface Route {
  take(record: CloudTrailRecord): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Brings CloudTrail's records to where AWS brings them. A failed delivery is reported and tried again, with a
 * growing pause, for as long as it takes: the bus may be made long after the first record. Its timers do not
 * keep the process alive.
 */
export function createDelivery({
  account,
  events,
  trail,
  clock = new VirtualClock(),
  conditions = new DeliveryConditions(),
  intervalMilliseconds = INTERVAL_MILLISECONDS,
  report = (message) => void process.stderr.write(`CloudTrail delivery: ${message}\n`),
}: DeliveryOptions): Delivery {
  const common = { clock, conditions, intervalMilliseconds, report };
  const routes: Route[] = [];
  if (events !== undefined) {
    routes.push(
      route<BusEvent>({
        ...common,
        channel: 'bus',
        takes: (record) =>
          account === undefined || (isOf(account, record) && record.awsRegion === account.region),
        name: 'EventBridge',
        parcelsOf: (record) =>
          busEventsOf(record).map((item) => ({
            item,
            name: `${item.detailType} ${record.eventName}`,
            bestEffort: item.bestEffort,
          })),
        send: (items) => putOnBus(events, items),
      }),
    );
  }
  if (trail !== undefined) {
    routes.push(
      route<CloudTrailRecord>({
        ...common,
        channel: 'trail',
        takes: (record) => account === undefined || isOf(account, record),
        name: 'S3',
        parcelsOf: (record) => [{ item: record, name: record.eventName, bestEffort: false }],
        send: (items) => putInBucket(trail, items, clock.now()),
      }),
    );
  }
  return {
    deliver: (record) => {
      for (const one of routes) one.take(record);
    },
    flush: async () => {
      await Promise.all(routes.map((one) => one.flush()));
    },
    close: async () => {
      await Promise.all(routes.map((one) => one.close()));
    },
  };
}

interface RouteOptions<T> {
  readonly channel: Channel;
  /** For the messages about failures. */
  readonly name: string;
  readonly clock: VirtualClock;
  readonly conditions: DeliveryConditions;
  readonly intervalMilliseconds: number;
  readonly report: (message: string) => void;
  readonly takes: (record: CloudTrailRecord) => boolean;
  readonly parcelsOf: (record: CloudTrailRecord) => readonly (Parcel & { readonly item: T })[];
  readonly send: (items: readonly T[]) => Promise<Undelivered<T>>;
}

function route<T>(options: RouteOptions<T>): Route {
  const { channel, clock, conditions, takes, parcelsOf } = options;
  const queue = new RetryingQueue<T>(options);
  const onTheWay = new OnTheWay<T>(clock, (item) => queue.add(item));
  const forgetConditions = conditions.onEnd(() => onTheWay.hurry());
  return {
    take: (record) => {
      if (!takes(record)) return;
      const now = clock.now().getTime();
      for (const parcel of parcelsOf(record)) {
        for (const arrival of conditions.arrivals(channel, parcel, now)) onTheWay.add(parcel.item, arrival);
      }
    },
    flush: () => queue.flush(),
    close: async () => {
      forgetConditions();
      onTheWay.close();
      await queue.close();
    },
  };
}
