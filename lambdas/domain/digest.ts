import { canonicalJson, sha256Canonical } from './canonical.ts';
import type { DecisionRecord, RequestRecord } from './request.ts';

/** Says what was hashed, so that a digest of a request can never pass for that of anything else. */
const REQUEST_TAG = 'keyward/request/v1';
const DECISION_TAG = 'keyward/decision/v1';

/**
 * What an approval binds: SHA-256 (lower-case hex) over the RFC 8785 form of everything that decides what is done, to
 * which key, for whom, on what evidence and under which rules. Fields of the record that only tell of its progress are
 * not in it.
 */
export function requestDigest(
  fields: Pick<
    RequestRecord,
    | 'requestId'
    | 'keyId'
    | 'owner'
    | 'parameters'
    | 'requester'
    | 'reason'
    | 'classHash'
    | 'evidence'
    | 'expiresAt'
    | 'nonce'
    | 'approval'
  >,
): string {
  const { requestId, keyId, owner, parameters, requester, reason, classHash, evidence } = fields;
  const { expiresAt, nonce, approval } = fields;
  return sha256Canonical({
    tag: REQUEST_TAG,
    request: {
      requestId,
      keyId,
      owner,
      parameters,
      requester,
      reason,
      classHash,
      evidence,
      expiresAt,
      nonce,
      approval,
    },
  });
}

/** What the approval key vouches for: the RFC 8785 form of the whole decision, but for the signature itself. */
export function decisionText(decision: DecisionRecord): string {
  return canonicalJson(vouchedFor(decision));
}

/** SHA-256 (lower-case hex) of `decisionText`: what the approval key signs. */
export function decisionDigest(decision: DecisionRecord): string {
  return sha256Canonical(vouchedFor(decision));
}

function vouchedFor({ signature: _signature, ...decision }: DecisionRecord) {
  return { tag: DECISION_TAG, decision };
}

/** The beginning of a digest for people to compare, such as `3f9a-12bc-77de`; programs compare the whole. */
export function shortDigest(digest: string): string {
  return [digest.slice(0, 4), digest.slice(4, 8), digest.slice(8, 12)].join('-');
}
