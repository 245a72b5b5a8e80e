import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { BackendStateUnexpected } from '../domain/errors.ts';
import { awsCall } from './aws-call.ts';
import { timeouts } from './timeouts.ts';

/** How long a value is used before it is read again: a changed secret is in force everywhere after that. */
const KEPT_MILLISECONDS = 5 * 60_000;

export function secretsClient(): SecretsManagerClient {
  return new SecretsManagerClient({ maxAttempts: 3, requestHandler: timeouts });
}

/** Reads one secret text. Throws BackendBusy or BackendRefused, and BackendStateUnexpected when it holds no text. */
export function secretReader(
  client: Pick<SecretsManagerClient, 'send'>,
  secretArn: string,
  milliseconds: () => number = Date.now,
): () => Promise<string> {
  let kept: { readonly value: string; readonly until: number } | undefined;
  return async () => {
    if (kept !== undefined && milliseconds() < kept.until) return kept.value;
    const { SecretString: value } = await awsCall('secretsmanager:GetSecretValue', () =>
      client.send(new GetSecretValueCommand({ SecretId: secretArn })),
    );
    if (value === undefined || value === '') {
      throw new BackendStateUnexpected(`The secret ${secretArn} holds no text. Give it a new value.`, {
        secretArn,
      });
    }
    kept = { value, until: milliseconds() + KEPT_MILLISECONDS };
    return value;
  };
}
