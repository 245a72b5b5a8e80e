import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { clientConfig } from './account.ts';

/** Makes the key that signs decisions, which a deployed stack makes itself. Returns its ARN. */
export async function createApprovalKey(kmsUrl: string): Promise<string> {
  const { KeyMetadata: made } = await new KMSClient(clientConfig(kmsUrl)).send(
    new CreateKeyCommand({
      Description: 'Keyward: signs every decision of an approver',
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
    }),
  );
  if (made?.Arn === undefined) throw new Error('APPROVAL_KEY_MISSING: the local KMS made no signing key.');
  return made.Arn;
}
