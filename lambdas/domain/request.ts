import * as z from 'zod';
import { hash, identifier, timestamp } from './formats.ts';
import { actor } from './principal.ts';

export const operation = z.enum([
  'generate',
  'rotate',
  'revoke',
  'reinstate',
  'destroy',
  'cancel-destruction',
  'emergency-revoke',
  'ratify',
]);
export type Operation = z.infer<typeof operation>;

/** What a request asks for beyond its operation and key. */
export const requestParameters = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('generate') }),
  z.strictObject({ operation: z.literal('rotate'), cause: z.enum(['schedule', 'request', 'compromise']) }),
  /** `suspend` can be undone by a reinstatement, `compromise` never. */
  z.strictObject({ operation: z.literal('revoke'), mode: z.enum(['suspend', 'compromise']) }),
  z.strictObject({ operation: z.literal('reinstate') }),
  z.strictObject({ operation: z.literal('destroy'), windowDays: z.int().min(7).max(30) }),
  z.strictObject({ operation: z.literal('cancel-destruction') }),
  /** A custodian stops the key at once; nobody is asked before. */
  z.strictObject({ operation: z.literal('emergency-revoke') }),
  /** The quorum says afterwards whether the emergency was one. */
  z.strictObject({ operation: z.literal('ratify'), emergencyRequestId: identifier('req') }),
]);
export type RequestParameters = z.infer<typeof requestParameters>;

/**
 * `accepted -> (awaiting-approval -> approved ->) executing -> succeeded | failed`,
 * and `denied`, `expired`, `cancelled` from before the execution.
 */
export const requestState = z.enum([
  'accepted',
  'awaiting-approval',
  'approved',
  'executing',
  'succeeded',
  'failed',
  'denied',
  'expired',
  'cancelled',
]);
export type RequestState = z.infer<typeof requestState>;

export const finalRequestStates: ReadonlySet<RequestState> = new Set([
  'succeeded',
  'failed',
  'denied',
  'expired',
  'cancelled',
]);

export const LARGEST_QUORUM = 10;

/** How many different people of which groups must agree; a quorum of 0 asks nobody. */
export const approvalRule = z.strictObject({
  quorum: z.int().min(0).max(LARGEST_QUORUM),
  /** Group names; `owner` stands for the key's owner. */
  groups: z.array(z.string().min(1)).max(20),
  /** Of the quorum, how many must come from one group each. One person fills one place. */
  atLeast: z
    .array(z.strictObject({ people: z.int().min(1).max(10), group: z.string().min(1) }))
    .max(10)
    .optional(),
  /** Whether an approver's sign-in must have proved a second factor. */
  mfa: z.boolean().optional(),
  /** Whether an approver signs the digest with a passkey. */
  passkey: z.boolean().optional(),
  /** How long the request waits for its quorum. */
  expiresAfter: z.iso.duration(),
  /** How often those who can decide are told again. */
  remindEvery: z.iso.duration().optional(),
  /** Who is told, and can fill any place, when the request has waited so long. */
  escalation: z
    .strictObject({ after: z.iso.duration(), groups: z.array(z.string().min(1)).min(1).max(20) })
    .optional(),
});
export type ApprovalRule = z.infer<typeof approvalRule>;

/** What an approver is shown before deciding. It states its window and its gaps: unknown is never read as unused. */
export const evidence = z.strictObject({
  collectedAt: timestamp,
  kmsKeys: z.array(
    z.strictObject({
      version: z.int().positive(),
      kmsKeyArn: z.string(),
      keyState: z.string(),
      aliases: z.array(z.string()),
      grants: z.array(
        z.strictObject({ grantId: z.string(), grantee: z.string(), operations: z.array(z.string()) }),
      ),
      /** Whom the key policy lets use the key, beside those that IAM policies of the account let. */
      policyPrincipals: z.array(z.string()).optional(),
      /** The last use that KMS knows of, of any kind and by anybody. */
      lastUse: z
        .strictObject({
          operation: z.string().optional(),
          at: timestamp.optional(),
          /** KMS has watched since then: no use is known of before. */
          trackedSince: timestamp.optional(),
        })
        .optional(),
    }),
  ),
  /** Who has said that they rely on the key. */
  consumers: z.array(z.strictObject({ name: z.string(), contact: z.string(), uses: z.string() })).optional(),
  /** The time that the class wants looked at. */
  window: z.strictObject({ from: timestamp, to: timestamp }).optional(),
  /** What could not be looked at, in sentences a person can weigh. */
  gaps: z.array(z.string()),
});
export type Evidence = z.infer<typeof evidence>;

export const requestRecord = z.strictObject({
  requestId: identifier('req'),
  keyId: identifier('key'),
  owner: z.string(),
  parameters: requestParameters,
  requester: actor,
  /** The requester's address, when known: told of the end. */
  requesterEmail: z.email().optional(),
  reason: z.string().min(1).max(1024),
  className: z.string(),
  classHash: hash,
  approval: approvalRule,
  evidence: evidence.optional(),
  /** Makes the digest of each request its own. */
  nonce: hash,
  /** What an approval binds: see `requestDigest`. */
  digest: hash,
  /** When a request that still waits for its quorum ends as `expired`. */
  expiresAt: timestamp,
  state: requestState,
  /** When KMS was last about to be asked for new material: it may have been, and not show it yet. */
  rotationAskedAt: timestamp.optional(),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  rowVersion: z.int().positive(),
  createdAt: timestamp,
  updatedAt: timestamp,
  finishedAt: timestamp.optional(),
});
export type RequestRecord = z.infer<typeof requestRecord>;

/**
 * Whether a request is carried on until it is done, whatever fails on the way: giving up half-way would leave a
 * compromised key or one that a custodian stops in use, or a key that was to be saved on its way to deletion. One that is
 * being undone is not.
 */
export function isNeverGivenUp({ parameters, error }: RequestRecord): boolean {
  if (error !== undefined) return false;
  return (
    parameters.operation === 'cancel-destruction' ||
    parameters.operation === 'emergency-revoke' ||
    (parameters.operation === 'revoke' && parameters.mode === 'compromise')
  );
}

/** What a passkey of the person signed: an assertion of WebAuthn whose challenge is the digest. Base64url throughout. */
export const passkeyAssertion = z.strictObject({
  credentialId: z.string(),
  /** COSE_Key. */
  publicKey: z.string(),
  authenticatorData: z.string(),
  clientDataJSON: z.string(),
  signature: z.string(),
});
export type PasskeyAssertion = z.infer<typeof passkeyAssertion>;

/** One person's yes or no to one digest. */
export const decisionRecord = z.strictObject({
  requestId: identifier('req'),
  person: actor,
  /** The person's groups when deciding, as the directory had them: what the quorum counts. */
  groups: z.array(z.string()),
  /** In whose place the person decides, and with whose groups. */
  behalf: z
    .strictObject({ person: actor, groups: z.array(z.string()), absenceId: identifier('abs') })
    .optional(),
  verdict: z.enum(['approve', 'deny']),
  reason: z.string().min(1).max(1024),
  digest: hash,
  channel: z.enum(['api', 'page', 'slack']),
  mfa: z.boolean(),
  /** The person's own signature, where the rule wants one. */
  passkey: passkeyAssertion.optional(),
  decidedAt: timestamp,
  /** Keyward's signature over `decisionDigest`, by its approval key. */
  signature: z
    .strictObject({ keyArn: z.string(), algorithm: z.literal('ECDSA_SHA_256'), value: z.base64() })
    .optional(),
});
export type DecisionRecord = z.infer<typeof decisionRecord>;
