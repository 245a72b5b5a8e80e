import { GetKeyLastUsageCommand, type KMSClient } from '@aws-sdk/client-kms';
import { awsCall } from '../aws-call.ts';

/** The last use of a KMS key that KMS knows of: it says which operation and when, and not whose. */
export interface LastUse {
  readonly operation?: string;
  readonly at?: string;
  /** No use is known of before. */
  readonly trackedSince?: string;
}

/** Reads it; KMS may be an hour behind. 5 calls a second are allowed in an account. */
export async function lastUseOf(client: KMSClient, kmsKeyId: string): Promise<LastUse> {
  const { KeyLastUsage: usage, TrackingStartDate: tracked } = await awsCall('kms:GetKeyLastUsage', () =>
    client.send(new GetKeyLastUsageCommand({ KeyId: kmsKeyId })),
  );
  return {
    ...(usage?.Operation === undefined ? {} : { operation: usage.Operation }),
    ...(usage?.Timestamp === undefined ? {} : { at: usage.Timestamp.toISOString() }),
    ...(tracked === undefined ? {} : { trackedSince: tracked.toISOString() }),
  };
}
