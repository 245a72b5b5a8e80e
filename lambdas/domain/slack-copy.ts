import * as z from 'zod';
import { timestamp } from './formats.ts';

/** A message in Slack that shows a request, to be kept true. */
export const slackCopy = z.strictObject({
  channel: z.string(),
  ts: z.string(),
  at: timestamp,
  /** The version of the request that it shows: behind the request's own, it is no longer true. */
  rowVersion: z.int().min(0).default(0),
  /** It tells how the request ended, which changes no more. */
  final: z.boolean().default(false),
});
export type SlackCopy = z.infer<typeof slackCopy>;
