import * as z from 'zod';
import type { BusEvent } from './event-bus.ts';
import type { CloudTrailRecord } from './record.ts';

/** AWS sends these as `aws.kms`, a source that is closed to everybody else. */
const SOURCE = 'keyward.local.kms';

const rotation = z
  .object({
    rotationType: z.string(),
    keyOrigin: z.string(),
    previousKeyMaterialId: z.string(),
    currentKeyMaterialId: z.string(),
  })
  .transform((details) => ({
    'key-origin': details.keyOrigin,
    'rotation-type': details.rotationType,
    'previous-key-material-id': details.previousKeyMaterialId,
    'current-key-material-id': details.currentKeyMaterialId,
  }));

/** Only symmetric keys name their material. */
const expiration = z
  .object({ keyMaterialId: z.string().optional() })
  .transform(({ keyMaterialId }) => ({ 'key-material-id': keyMaterialId }));

interface Kind {
  readonly detailType: string;
  readonly details?: z.ZodType<Readonly<Record<string, string | undefined>>>;
  /** AWS guarantees the end of a key, the others are sent as best it can. */
  readonly bestEffort: boolean;
}

/** By the eventName of the record beside it. */
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['RotateKey', { detailType: 'KMS CMK Rotation', details: rotation, bestEffort: true }],
  [
    'DeleteExpiredKeyMaterial',
    { detailType: 'KMS Imported Key Material Expiration', details: expiration, bestEffort: true },
  ],
  ['DeleteKey', { detailType: 'KMS CMK Deletion', bestEffort: false }],
]);

/**
 * The event that AWS KMS itself sends to EventBridge for what it has done by itself; undefined for a record of anything
 * else. There is none for calls: those are seen by their records only.
 */
export function kmsEventOf(record: CloudTrailRecord): BusEvent | undefined {
  const kind = record.eventType === 'AwsServiceEvent' ? KINDS.get(record.eventName) : undefined;
  const keyArn = record.resources?.[0]?.ARN;
  if (kind === undefined || keyArn === undefined) return undefined;
  return {
    source: SOURCE,
    detailType: kind.detailType,
    time: record.eventTime,
    resources: [keyArn],
    detail: { 'key-id': keyArn.split('/')[1], ...kind.details?.parse(record.serviceEventDetails) },
    bestEffort: kind.bestEffort,
  };
}
