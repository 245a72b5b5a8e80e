import * as z from 'zod';
import { hash, identifier, timestamp } from '../../domain/formats.ts';
import { operation, requestState } from '../../domain/request.ts';

/**
 * What the page and its Lambda say to each other, as JSON under `portal/api/`. Every answer that is not of these shapes
 * is a problem (RFC 9457, `application/problem+json`, see `problem`). Every POST carries the header `X-Form-Token` with
 * the token that `session` gave.
 */
export const formTokenHeader = 'X-Form-Token';

export const problem = z.looseObject({
  /** Stable, such as `SessionEnded`: the page then leads to the sign-in. */
  code: z.string(),
  title: z.string(),
  /** What is wrong and what to do. */
  detail: z.string(),
  status: z.int(),
  /** Names the request in the logs. */
  requestId: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});

const person = z.object({ id: z.string(), name: z.string() });

/** `GET session`. `POST sign-out`, with an empty body, ends it and is answered with an empty object. */
export const session = z.object({
  person: person.extend({ groups: z.array(z.string()) }),
  /** Whether this sign-in proved a second factor. */
  mfa: z.boolean(),
  formToken: z.string(),
  /** When the session ends. */
  until: timestamp,
});

const fact = z.object({ label: z.string(), value: z.string() });

export const requestSummary = z.object({
  requestId: identifier('req'),
  operation,
  /** `payments/orders`. */
  key: z.string(),
  className: z.string(),
  requestedBy: z.string(),
  reason: z.string(),
  shortDigest: z.string(),
  createdAt: timestamp,
  expiresAt: timestamp,
  /** People who have approved so far, of those who must. */
  approved: z.int(),
  quorum: z.int(),
});

/** `GET requests`: what waits for the signed-in person, oldest first. */
export const waitingList = z.object({
  requests: z.array(requestSummary),
  /** False when not all were looked at. */
  complete: z.boolean(),
});

export const decisionShown = z.object({
  person: z.string(),
  /** Taken by the signed-in person. */
  mine: z.boolean(),
  verdict: z.enum(['approve', 'deny']),
  reason: z.string(),
  channel: z.string(),
  mfa: z.boolean(),
  /** The decision carries the person's own signature. */
  passkey: z.boolean(),
  /** In whose place, when the person stands in for somebody. */
  behalf: z.string().optional(),
  decidedAt: timestamp,
  /** False for one that was taken on an earlier digest: it no longer counts. */
  counts: z.boolean(),
});

const kmsKeyShown = z.object({
  version: z.int(),
  kmsKeyArn: z.string(),
  keyState: z.string(),
  aliases: z.array(z.string()),
  grants: z.array(z.object({ grantee: z.string(), operations: z.array(z.string()) })),
  /** Whom the key policy lets use the key. */
  principals: z.array(z.string()),
  /** Such as `Decrypt, 2026-11-20 10:31 UTC` or `None since 2026-01-02`. */
  lastUse: z.string(),
});

/** `GET requests/{requestId}`. */
export const requestDetail = requestSummary.extend({
  state: requestState,
  digest: hash,
  alias: z.string(),
  /** What is asked, of which key, by whom, why; and what follows. */
  asked: z.array(fact),
  /** Who decides, until when. */
  rule: z.array(fact),
  evidence: z
    .object({
      collectedAt: timestamp,
      kmsKeys: z.array(kmsKeyShown),
      consumers: z.array(z.object({ name: z.string(), contact: z.string(), uses: z.string() })),
      /** What will fail when the key goes, in sentences. */
      consequences: z.array(z.string()),
      /** What could not be looked at, in sentences. */
      gaps: z.array(z.string()),
    })
    .optional(),
  decisions: z.array(decisionShown),
  /** The ledger entries of the request, oldest first. */
  history: z.array(z.object({ at: timestamp, event: z.string(), actor: z.string(), text: z.string() })),
  /** What the signed-in person may do now. */
  may: z.object({
    decide: z.boolean(),
    /** Why not, in a sentence with what to do instead. */
    why: z.string().optional(),
    /** To approve, the sign-in must prove a second factor and this one has not: lead to `stepUp`. */
    needsMfa: z.boolean(),
    /** To approve, the digest is signed with a passkey. */
    needsPasskey: z.boolean(),
    /** The person has none yet: lead to the enrolment. */
    needsEnrolment: z.boolean(),
    /** To approve, the alias is typed. */
    needsAlias: z.boolean(),
    cancel: z.boolean(),
  }),
});

/** `POST requests/{requestId}/decisions`; answered with `decided`. Faults are at `/reason` and `/alias`. */
export const decisionBody = z.strictObject({
  verdict: z.enum(['approve', 'deny']),
  reason: z.string(),
  digest: hash,
  alias: z.string().optional(),
  /** AuthenticationResponseJSON of WebAuthn, over the options of `POST requests/{requestId}/passkey-options`. */
  passkey: z.looseObject({ id: z.string() }).optional(),
});

export const decided = z.object({
  /** `stood`: the person had decided before, and that decision stands. */
  done: z.enum(['recorded', 'stood']),
  /** As it is now; left out when it could not be read after the decision, which stands: read it with a GET. */
  request: requestDetail.optional(),
});

/** `POST requests/{requestId}/cancel`, with an empty body; answered with `requestDetail`. */
export const nothing = z.strictObject({});

/** `POST requests/{requestId}/passkey-options` and `POST passkeys/options`: what the browser's WebAuthn is given. */
export const passkeyOptions = z.object({ options: z.looseObject({ challenge: z.string() }) });

/** `GET passkeys`, and the answer to `POST passkeys` and `POST passkeys/{credentialId}/remove`. */
export const passkeyList = z.object({
  passkeys: z.array(
    z.object({
      credentialId: z.string(),
      name: z.string(),
      /** To read to the auditors, who keep it: the SHA-256 of the public key. */
      fingerprint: hash,
      createdAt: timestamp,
    }),
  ),
});

/** `POST passkeys`: RegistrationResponseJSON over the options of `POST passkeys/options`. Wants a sign-in with MFA. */
export const enrolment = z.strictObject({
  name: z.string().min(1).max(64),
  response: z.looseObject({ id: z.string() }),
});

const absenceShown = z.object({
  absenceId: identifier('abs'),
  person: z.string(),
  substitute: z.string().optional(),
  from: timestamp,
  until: timestamp,
});

/** `GET absences`, and the answer to `POST absences` and `POST absences/{absenceId}/end`. */
export const absenceList = z.object({
  mine: z.array(absenceShown),
  /** Of others, whom the signed-in person stands in for. */
  standingIn: z.array(absenceShown),
  /** Whom the signed-in person could name as a substitute; only in the answer to a GET, while the directory answers. */
  colleagues: z.array(person).optional(),
  /** False when there are more than could be listed: those can be named by their id all the same. */
  colleaguesComplete: z.boolean().optional(),
});

export const absenceBody = z.strictObject({
  from: timestamp,
  until: timestamp,
  substitute: z.string().optional(),
});

/** `GET custody`: the keys that the signed-in person may stop in an emergency, and what is not ratified yet. */
export const custody = z.object({
  keys: z.array(
    z.object({
      keyId: identifier('key'),
      key: z.string(),
      alias: z.string(),
      className: z.string(),
      state: z.string(),
      /** Stopped in an emergency, and the quorum has not ratified it. */
      unratifiedSince: timestamp.optional(),
    }),
  ),
  complete: z.boolean(),
});

/** `POST custody/{keyId}/stop`: stops the key at once; wants MFA and the typed alias. Answered with `stopped`. */
export const stopBody = z.strictObject({ reason: z.string(), alias: z.string() });
export const stopped = z.object({
  requestId: identifier('req'),
  /** The request by which the quorum ratifies it. */
  ratification: identifier('req').optional(),
});

/** `GET slack-link`, and the answer to `POST slack-link/unlink`, with an empty body: the account that is linked. */
export const slackLink = z.object({
  linked: z.object({ team: z.string(), user: z.string(), since: timestamp }).optional(),
});

/** `POST slack-link/code`, with an empty body; wants MFA. The code is shown once, to be typed in Slack. */
export const slackCodeShown = z.object({ code: z.string(), until: timestamp });

export type SessionShown = z.infer<typeof session>;
export type RequestSummary = z.infer<typeof requestSummary>;
export type RequestDetail = z.infer<typeof requestDetail>;
export type WaitingList = z.infer<typeof waitingList>;
export type DecisionBody = z.infer<typeof decisionBody>;
export type Decided = z.infer<typeof decided>;
export type PasskeyList = z.infer<typeof passkeyList>;
export type Enrolment = z.infer<typeof enrolment>;
export type AbsenceList = z.infer<typeof absenceList>;
export type AbsenceBody = z.infer<typeof absenceBody>;
export type Custody = z.infer<typeof custody>;
export type StopBody = z.infer<typeof stopBody>;
export type Stopped = z.infer<typeof stopped>;
export type PasskeyOptions = z.infer<typeof passkeyOptions>;
export type SlackLink = z.infer<typeof slackLink>;
export type SlackCodeShown = z.infer<typeof slackCodeShown>;
export type Problem = z.infer<typeof problem>;
