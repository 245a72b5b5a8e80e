import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { awsCall } from '../../adapters/aws-call.ts';
import { timeouts } from '../../adapters/timeouts.ts';
import { BackendStateUnexpected } from '../../domain/errors.ts';

const SHORTEST = 32;

/** Reads the secret that sessions are sealed with: once, and again only after a failure. */
export function sessionSecret(secretArn: string): () => Promise<string> {
  const client = new SecretsManagerClient({ maxAttempts: 3, requestHandler: timeouts });
  let secret: string | undefined;
  return async () => {
    secret ??= await read(client, secretArn);
    return secret;
  };
}

async function read(client: SecretsManagerClient, secretArn: string): Promise<string> {
  const { SecretString: secret } = await awsCall('secretsmanager:GetSecretValue', () =>
    client.send(new GetSecretValueCommand({ SecretId: secretArn })),
  );
  if (secret === undefined || secret.length < SHORTEST) {
    throw new BackendStateUnexpected(
      `The session secret is not a text of ${SHORTEST} characters or more. Set it again.`,
    );
  }
  return secret;
}
