import { CancelKeyDeletionCommand, type KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { awsCall } from '../aws-call.ts';

export async function scheduleKmsDeletion(
  client: KMSClient,
  kmsKeyId: string,
  windowDays: number,
): Promise<void> {
  await awsCall('kms:ScheduleKeyDeletion', () =>
    client.send(new ScheduleKeyDeletionCommand({ KeyId: kmsKeyId, PendingWindowInDays: windowDays })),
  );
}

/** Leaves the KMS key Disabled: KMS does not bring back the state from before. */
export async function cancelKmsDeletion(client: KMSClient, kmsKeyId: string): Promise<void> {
  await awsCall('kms:CancelKeyDeletion', () =>
    client.send(new CancelKeyDeletionCommand({ KeyId: kmsKeyId })),
  );
}
