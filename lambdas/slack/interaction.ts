import * as z from 'zod';
import { hash, identifier } from '../domain/formats.ts';
import { principal } from '../domain/principal.ts';

const team = z.looseObject({ id: z.string().min(1).max(32), domain: z.string().max(128).default('') });
const user = z.looseObject({ id: z.string().min(1).max(32), name: z.string().max(128).default('') });

/** What Slack sends when somebody uses a message or a modal of ours. Whatever else there is in it is not looked at. */
export const interaction = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('block_actions'),
    team,
    user,
    trigger_id: z.string(),
    channel: z.looseObject({ id: z.string() }).optional(),
    actions: z.array(z.looseObject({ action_id: z.string(), value: z.string().optional() })).min(1),
  }),
  z.looseObject({
    type: z.literal('view_submission'),
    team,
    user,
    view: z.looseObject({
      id: z.string(),
      callback_id: z.string().default(''),
      private_metadata: z.string().default(''),
      state: z.looseObject({ values: z.record(z.string(), z.record(z.string(), z.unknown())) }),
    }),
  }),
]);
export type Interaction = z.infer<typeof interaction>;

/** What a modal of ours carries along. `personId` is whom it named: nobody else decides in it. */
export const carried = z.strictObject({
  requestId: identifier('req'),
  digest: hash,
  channel: z.string(),
  personId: principal.shape.id,
});

const who = z.strictObject({
  teamId: z.string(),
  userId: z.string(),
  teamName: z.string(),
  userName: z.string(),
});

/** What the door leaves for later: it answers within three seconds, and the work may take longer. */
export const slackWork = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('review'),
    who,
    viewId: z.string(),
    channel: z.string(),
    requestId: z.string(),
  }),
  z.strictObject({
    kind: z.literal('decide'),
    who,
    viewId: z.string(),
    ...carried.shape,
    verdict: z.enum(['approve', 'deny']),
    reason: z.string().min(1).max(1024),
    alias: z.string().max(256).optional(),
  }),
  /** Of the code nothing but its hash is passed on. `sentId` is the same however often the same is delivered. */
  z.strictObject({ kind: z.literal('link'), who, viewId: z.string(), codeHash: hash, sentId: hash }),
]);
export type SlackWork = z.infer<typeof slackWork>;
