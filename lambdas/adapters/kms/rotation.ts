import {
  GetKeyRotationStatusCommand,
  type KMSClient,
  paginateListKeyRotations,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms';
import type { ListedMaterial } from '../../domain/material.ts';
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

/** Every material the KMS key has had, the first included. A rotation is listed when it is complete. */
export async function listMaterials(client: KMSClient, kmsKeyId: string): Promise<ListedMaterial[]> {
  return awsCall('kms:ListKeyRotations', async () => {
    const materials: ListedMaterial[] = [];
    const pages = paginateListKeyRotations(
      { client },
      { KeyId: kmsKeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' },
    );
    for await (const { Rotations: listed = [] } of pages) {
      for (const { KeyMaterialId: materialId, RotationDate: rotated, RotationType: type } of listed) {
        materials.push({
          onDemand: type === 'ON_DEMAND',
          ...(materialId === undefined ? {} : { materialId }),
          ...(rotated === undefined ? {} : { rotatedAt: rotated.toISOString() }),
        });
      }
    }
    return materials;
  });
}
