import * as z from 'zod';
import { timestamp } from './formats.ts';
import { actor } from './principal.ts';

/** Which person a Slack account belongs to, as the person said when signed in. */
export const slackAccount = z.strictObject({
  teamId: z.string().min(1).max(32),
  userId: z.string().min(1).max(32),
  person: actor,
  linkedAt: timestamp,
});
export type SlackAccount = z.infer<typeof slackAccount>;

/** A message in Slack that shows a request, to be kept true. */
export const slackCopy = z.strictObject({ channel: z.string(), ts: z.string(), at: timestamp });
export type SlackCopy = z.infer<typeof slackCopy>;
