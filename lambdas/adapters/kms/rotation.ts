import {
  GetKeyRotationStatusCommand,
  type KMSClient,
  paginateListKeyRotations,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms';
import { awsCall } from '../aws-call.ts';

/** How often a KMS key may be rotated on demand in its life: a fixed quota of AWS KMS. */
export const ON_DEMAND_ROTATIONS = 25;

export async function rotateOnDemand(client: KMSClient, kmsKeyId: string): Promise<void> {
  await awsCall('kms:RotateKeyOnDemand', () =>
    client.send(new RotateKeyOnDemandCommand({ KeyId: kmsKeyId })),
  );
}

/** Whether an on-demand rotation has been asked for and not finished. */
export async function rotationRuns(client: KMSClient, kmsKeyId: string): Promise<boolean> {
  const status = await awsCall('kms:GetKeyRotationStatus', () =>
    client.send(new GetKeyRotationStatusCommand({ KeyId: kmsKeyId })),
  );
  return status.OnDemandRotationStartDate !== undefined;
}

export async function countOnDemandRotations(client: KMSClient, kmsKeyId: string): Promise<number> {
  return awsCall('kms:ListKeyRotations', async () => {
    let count = 0;
    for await (const page of paginateListKeyRotations({ client }, { KeyId: kmsKeyId })) {
      count += (page.Rotations ?? []).filter(({ RotationType: type }) => type === 'ON_DEMAND').length;
    }
    return count;
  });
}
