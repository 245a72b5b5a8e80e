import * as z from 'zod';
import { timestamp } from './formats.ts';

/** A passkey (WebAuthn credential) that a person has enrolled to sign approvals with. Base64url throughout. */
export const passkeyRecord = z.strictObject({
  credentialId: z.string().max(1366),
  personId: z.string(),
  /** What the person calls it. */
  name: z.string().min(1).max(64),
  /** COSE_Key. */
  publicKey: z.string().max(4096),
  transports: z.array(z.string().max(32)).max(10),
  createdAt: timestamp,
  removedAt: timestamp.optional(),
});
export type PasskeyRecord = z.infer<typeof passkeyRecord>;
