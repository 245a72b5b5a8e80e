import * as z from 'zod';
import { hash, identifier, timestamp } from './formats.ts';
import { actor } from './principal.ts';
import { operation } from './request.ts';

/** States of NIST SP 800-57 Part 1 Rev 5 section 7. */
export const keyState = z.enum([
  'pre-activation',
  'active',
  'suspended',
  'deactivated',
  'compromised',
  'destroyed',
]);
export type KeyState = z.infer<typeof keyState>;

/** The specs Keyward manages, in AWS KMS's names. */
export const keySpec = z.enum(['SYMMETRIC_DEFAULT', 'ECC_NIST_P256']);
export type KeySpec = z.infer<typeof keySpec>;

export const keyUsage = z.enum(['ENCRYPT_DECRYPT', 'SIGN_VERIFY']);
export type KeyUsage = z.infer<typeof keyUsage>;

/** The state Keyward last left a KMS key in: what the backend should show. */
export const backendState = z.enum(['Enabled', 'Disabled', 'PendingDeletion', 'Deleted']);
export type BackendState = z.infer<typeof backendState>;

/**
 * What a version once protected, kept so that later workflows can prove that it still processes:
 * a ciphertext (base64) of a known plaintext, or a signature (base64) over a known message. Neither is secret.
 */
export const probeArtefact = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ciphertext'), ciphertext: z.base64() }),
  z.strictObject({ kind: z.literal('signature'), signature: z.base64(), algorithm: z.string() }),
]);
export type ProbeArtefact = z.infer<typeof probeArtefact>;

/** A planned destruction: from the day it is scheduled to the day it is seen, taken back or interfered with. */
export const destruction = z.strictObject({
  status: z.enum(['scheduled', 'cancelled', 'interrupted', 'completed']),
  requestId: identifier('req'),
  scheduledAt: timestamp,
  /** The day KMS deletes the last of the key's KMS keys, as KMS itself said it. */
  deletionDate: timestamp,
  /** The state a cancellation brings back. */
  priorState: keyState,
  /** After an interruption: how many KMS keys of the key KMS still deletes, because nobody took them back. */
  dying: z.int().positive().optional(),
});
export type Destruction = z.infer<typeof destruction>;

/** Held by the one request that changes the key; void after `until`. */
export const lease = z.strictObject({ requestId: identifier('req'), until: timestamp });

/** A key that a custodian has stopped at once, and what the quorum has made of it. */
export const emergency = z.strictObject({
  /** The emergency request. */
  requestId: identifier('req'),
  by: actor,
  stoppedAt: timestamp,
  /**
   * `unratified`: the quorum has not agreed yet; `rejected`: it has not. Both ring until the key is put back
   * (`reinstated`) or taken further under an approval of its own (`superseded`).
   */
  status: z.enum(['unratified', 'ratified', 'rejected', 'reinstated', 'superseded']),
  /** When the time of the ratification is over, and then when the alert last rang and rings again. */
  ringsAt: timestamp,
});
export type Emergency = z.infer<typeof emergency>;

/** The logical key a team owns. */
export const keyRecord = z.strictObject({
  keyId: identifier('key'),
  name: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$/),
  /** The team (a group of the sign-in) that owns the key. */
  owner: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$/),
  /** `alias/keyward/<owner>/<name>`: the one name consumers use. */
  alias: z.string().regex(/^alias\/keyward\/[a-z0-9-]+\/[a-z0-9-]+$/),
  description: z.string().max(1024),
  className: z.string(),
  /** The class version the key was last changed under. */
  classHash: hash,
  spec: keySpec,
  usage: keyUsage,
  backend: z.literal('kms'),
  state: keyState,
  /** Number of the current version; 0 before the first is active. */
  currentVersion: z.int().nonnegative(),
  /** When the next rotation falls due; absent when none does. */
  rotationDue: timestamp.optional(),
  destruction: destruction.optional(),
  emergency: emergency.optional(),
  lease: lease.optional(),
  /** The requests on this key that have not ended, at most one an operation. */
  openRequests: z.partialRecord(operation, identifier('req')),
  /** Counts every write of this item; the ETag of the API. */
  rowVersion: z.int().positive(),
  ledgerSeq: z.int().nonnegative(),
  ledgerHead: hash,
  createdAt: timestamp,
  createdBy: actor,
  updatedAt: timestamp,
});
export type KeyRecord = z.infer<typeof keyRecord>;

/** One generation of a key: a KMS key of its own, or one key material inside a KMS key. */
export const versionRecord = z.strictObject({
  keyId: identifier('key'),
  version: z.int().positive(),
  state: keyState,
  kmsKeyId: z.string(),
  kmsKeyArn: z.string(),
  /** Only for specs that rotate in place: which material of the KMS key this version is. */
  keyMaterialId: hash.optional(),
  backendState,
  probe: probeArtefact.optional(),
  /** The request that made the version: the tag its KMS key carries. */
  requestId: identifier('req'),
  createdAt: timestamp,
  /** When the alias of a living key was about to lead to it: anybody may have protected something with it since. */
  namedAt: timestamp.optional(),
  activatedAt: timestamp.optional(),
  /** End of the originator-usage period: it protects no later than this. */
  protectUntil: timestamp.optional(),
  /** End of the recipient-usage period: it processes no later than this. */
  processUntil: timestamp.optional(),
  suspendedAt: timestamp.optional(),
  deactivatedAt: timestamp.optional(),
  compromisedAt: timestamp.optional(),
  destroyedAt: timestamp.optional(),
  rowVersion: z.int().positive(),
});
export type VersionRecord = z.infer<typeof versionRecord>;
