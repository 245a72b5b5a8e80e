import { environment } from '../adapters/environment.ts';
import { secretReader, secretsClient } from '../adapters/secret.ts';
import { slackSecretsReader } from '../adapters/slack/secrets.ts';
import { createSlack } from '../adapters/slack/slack-client.ts';

/** What every Lambda that speaks to Slack is wired with. */
export const slackSecrets = slackSecretsReader(
  secretReader(secretsClient(), environment('SLACK_SECRET_ARN')),
);

export const slack = createSlack(async () => (await slackSecrets()).botToken, process.env.SLACK_API_URL);
