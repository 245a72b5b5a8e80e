import { type KMSClient, paginateListGrants, RevokeGrantCommand } from '@aws-sdk/client-kms';
import { awsCall } from '../aws-call.ts';

export interface Grant {
  readonly grantId: string;
  readonly grantee: string;
  readonly operations: string[];
}

export async function listGrants(client: KMSClient, kmsKeyId: string): Promise<Grant[]> {
  return awsCall('kms:ListGrants', async () => {
    const grants: Grant[] = [];
    for await (const page of paginateListGrants({ client }, { KeyId: kmsKeyId })) {
      for (const grant of page.Grants ?? []) {
        grants.push({
          grantId: grant.GrantId ?? '',
          grantee: grant.GranteePrincipal ?? '',
          operations: grant.Operations ?? [],
        });
      }
    }
    return grants;
  });
}

export async function revokeGrant(client: KMSClient, kmsKeyId: string, grantId: string): Promise<void> {
  await awsCall('kms:RevokeGrant', () =>
    client.send(new RevokeGrantCommand({ KeyId: kmsKeyId, GrantId: grantId })),
  );
}
