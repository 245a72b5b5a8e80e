import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientConfig } from './account.ts';

/** Keeps the secrets of the app in the local AWS, as an organisation does before it deploys. Returns the secret's ARN. */
export async function keepSlackSecrets(
  endpoint: string,
  secrets: { readonly botToken: string; readonly signingSecret: string },
): Promise<string> {
  const { ARN: arn } = await new SecretsManagerClient(clientConfig(endpoint)).send(
    new CreateSecretCommand({
      // A user's own local AWS may have one of an earlier run.
      Name: `keyward/slack-${Date.now()}`,
      SecretString: JSON.stringify(secrets),
    }),
  );
  if (arn === undefined) throw new Error('SLACK_SECRET_MISSING: the local AWS keeps no secret.');
  return arn;
}
