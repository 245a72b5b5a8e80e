import * as z from 'zod';

// What Slack takes of a message and a modal, as its documentation says; whatever is more it refuses.

const text = (longest: number) =>
  z.strictObject({
    type: z.literal('plain_text'),
    text: z.string().min(1).max(longest),
    emoji: z.boolean().optional(),
  });

const button = z.strictObject({
  type: z.literal('button'),
  action_id: z.string().min(1).max(255),
  text: text(75),
  value: z.string().max(2000).optional(),
  url: z.url().max(3000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
});

const section = z
  .strictObject({
    type: z.literal('section'),
    block_id: z.string().max(255).optional(),
    text: text(3000).optional(),
    fields: z.array(text(2000)).min(1).max(10).optional(),
    accessory: button.optional(),
  })
  .refine(({ text: words, fields }) => words !== undefined || fields !== undefined, 'says nothing');

const input = z.strictObject({
  type: z.literal('input'),
  block_id: z.string().max(255),
  optional: z.boolean().optional(),
  label: text(2000),
  element: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('plain_text_input'),
      action_id: z.string().min(1).max(255),
      multiline: z.boolean().optional(),
      min_length: z.int().min(0).max(3000).optional(),
      max_length: z.int().min(1).max(3000).optional(),
    }),
    z.strictObject({
      type: z.literal('radio_buttons'),
      action_id: z.string().min(1).max(255),
      options: z
        .array(z.strictObject({ value: z.string().min(1).max(150), text: text(75) }))
        .min(1)
        .max(10),
    }),
  ]),
});

const common = [
  z.strictObject({ type: z.literal('header'), text: text(150) }),
  section,
  z.strictObject({ type: z.literal('divider') }),
  z.strictObject({ type: z.literal('actions'), elements: z.array(button).min(1).max(25) }),
] as const;

/** What Slack refuses with `msg_blocks_too_long`. It does not say what it counts: here it is all that is sent. */
const MOST_IN_A_MESSAGE = 13_200;
/** What it refuses with `view_too_large`. */
const MOST_IN_A_MODAL = 250_000;

/** How long blocks are as Slack keeps them, with its three characters of markup written out. */
export function lengthOf(blocks: unknown): number {
  const written = { '&': '&amp;', '<': '&lt;', '>': '&gt;' } as const;
  return JSON.stringify(blocks).replaceAll(/[&<>]/g, (each) => written[each as keyof typeof written]).length;
}

/** A message: mrkdwn is not among what it may hold, because ours never does. */
export const message = z.object({
  channel: z.string().min(1),
  text: z.string().min(1).max(40_000),
  blocks: z
    .array(z.discriminatedUnion('type', [...common]))
    .max(50)
    .refine((blocks) => lengthOf(blocks) <= MOST_IN_A_MESSAGE, 'msg_blocks_too_long')
    .optional(),
  unfurl_links: z.literal(false),
  unfurl_media: z.literal(false),
});

export const modal = z
  .strictObject({
    type: z.literal('modal'),
    callback_id: z.string().max(255).optional(),
    title: text(24),
    close: text(24).optional(),
    submit: text(24).optional(),
    private_metadata: z.string().max(3000).optional(),
    blocks: z.array(z.discriminatedUnion('type', [...common, input])).max(100),
  })
  .refine((view) => lengthOf(view) <= MOST_IN_A_MODAL, 'view_too_large');
export type Modal = z.infer<typeof modal>;
export type Message = z.infer<typeof message>;
