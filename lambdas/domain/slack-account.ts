import * as z from 'zod';
import { hash, timestamp } from './formats.ts';
import { actor } from './principal.ts';

/** Which person a Slack account belongs to, as the person proved when signed in. */
export const slackAccount = z.strictObject({
  teamId: z.string().min(1).max(32),
  userId: z.string().min(1).max(32),
  /** What Slack called them then: for people to read, and for nothing else. */
  teamName: z.string().max(128).default(''),
  userName: z.string().max(128).default(''),
  person: actor,
  linkedAt: timestamp,
  /** It stands for nobody since then. */
  unlinkedAt: timestamp.optional(),
});
export type SlackAccount = z.infer<typeof slackAccount>;

/** What a signed-in person was shown once, to type it in Slack: who types it there is that person. */
export const slackCode = z.strictObject({
  /** Of the code, which is kept nowhere. */
  codeHash: hash,
  person: actor,
  expiresAt: timestamp,
  usedAt: timestamp.optional(),
});
export type SlackCode = z.infer<typeof slackCode>;
