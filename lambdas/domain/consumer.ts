import * as z from 'zod';
import { identifier, timestamp } from './formats.ts';
import { actor } from './principal.ts';

/** Somebody who has said that they rely on a key: shown to whoever is asked to take it away. */
export const consumerRecord = z.strictObject({
  keyId: identifier('key'),
  /** A system or team, such as `checkout`. */
  name: z.string().min(1).max(64),
  /** Whom to ask: an address, a channel. */
  contact: z.string().min(1).max(256),
  /** For what, and what fails without it. */
  uses: z.string().min(1).max(1024),
  registeredBy: actor,
  registeredAt: timestamp,
  removedAt: timestamp.optional(),
});
export type ConsumerRecord = z.infer<typeof consumerRecord>;
