import * as z from 'zod';

/**
 * What the Slack door seals (purpose `slack-link`) into the link that it gives to a Slack account, which nobody else is
 * shown: whose account is to be linked to whoever follows the link and signs in.
 */
export const slackLinkNonce = z.strictObject({
  teamId: z.string().min(1).max(32),
  userId: z.string().min(1).max(32),
  teamName: z.string().max(128),
  userName: z.string().max(128),
});
export type SlackLinkNonce = z.infer<typeof slackLinkNonce>;
