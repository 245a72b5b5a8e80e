import * as z from 'zod';
import { BackendStateUnexpected } from '../../domain/errors.ts';
import { parsedJson } from '../../domain/parsed-json.ts';

const slackSecrets = z.object({ botToken: z.string().min(1), signingSecret: z.string().min(1) });
export type SlackSecrets = z.infer<typeof slackSecrets>;

/** Reads the app's secrets, JSON in one secret. Throws BackendStateUnexpected when they are not there. */
export function slackSecretsReader(read: () => Promise<string>): () => Promise<SlackSecrets> {
  return async () => {
    const parsed = slackSecrets.safeParse(parsedJson(await read()));
    if (parsed.success) return parsed.data;
    throw new BackendStateUnexpected(
      'The secret for Slack must hold {"botToken": "xoxb-...", "signingSecret": "..."}. Give it that value.',
    );
  };
}
