import { CreateEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { clientConfig } from './account.ts';

/** Who sends Keyward's mail on the local AWS. */
export const MAIL_SENDER = 'keyward@example.test';

/** Makes the sender one that SES accepts. */
export async function verifySender(endpoint: string): Promise<void> {
  await new SESv2Client(clientConfig(endpoint)).send(
    new CreateEmailIdentityCommand({ EmailIdentity: MAIL_SENDER }),
  );
}
