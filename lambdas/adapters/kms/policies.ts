import { GetKeyPolicyCommand, type KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { awsCall } from '../aws-call.ts';

/** The `default` policy of a KMS key, as JSON text. */
export async function getKmsPolicy(client: KMSClient, kmsKeyId: string): Promise<string> {
  const { Policy: policy } = await awsCall('kms:GetKeyPolicy', () =>
    client.send(new GetKeyPolicyCommand({ KeyId: kmsKeyId, PolicyName: 'default' })),
  );
  return policy ?? '';
}

export async function putKmsPolicy(client: KMSClient, kmsKeyId: string, policy: string): Promise<void> {
  await awsCall('kms:PutKeyPolicy', () =>
    client.send(new PutKeyPolicyCommand({ KeyId: kmsKeyId, PolicyName: 'default', Policy: policy })),
  );
}
