import { requestDigest } from '../../../lambdas/domain/digest.ts';
import type { KeyRecord } from '../../../lambdas/domain/key.ts';
import { GENESIS } from '../../../lambdas/domain/ledger.ts';
import { actorOf, type Principal } from '../../../lambdas/domain/principal.ts';
import type { DecisionRecord, PasskeyAssertion, RequestRecord } from '../../../lambdas/domain/request.ts';

/** Complete, valid records; a test changes what it is about. */

/** The form of one; it verifies nowhere. */
export const aPasskeyAssertion: PasskeyAssertion = {
  credentialId: 'Y3JlZGVudGlhbA',
  publicKey: 'cHVibGljIGtleQ',
  authenticatorData: 'ZGF0YQ',
  clientDataJSON: 'e30',
  signature: 'c2lnbmF0dXJl',
};

export const KEY_ID = 'key_01KAWXCYJ7P8M2Q4R6S8T0V2W4';
export const REQUEST_ID = 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W5';

export function person(name: string, ...groups: string[]): Principal {
  return { kind: 'person', id: `person:${name}`, name, groups, mfa: true };
}

export const olga = person('olga', 'payments');
export const omar = person('omar', 'payments');
export const sami = person('sami', 'security');

export const aKey: KeyRecord = {
  keyId: KEY_ID,
  name: 'orders',
  owner: 'payments',
  alias: 'alias/keyward/payments/orders',
  description: 'Encrypts orders.',
  className: 'data-protection',
  classHash: 'c'.repeat(64),
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  backend: 'kms',
  state: 'active',
  currentVersion: 1,
  openRequests: {},
  rowVersion: 3,
  ledgerSeq: 0,
  ledgerHead: GENESIS,
  createdAt: '2026-11-25T03:02:22.000Z',
  createdBy: actorOf(olga),
  updatedAt: '2026-11-25T03:02:22.000Z',
};

const undigested: RequestRecord = {
  requestId: REQUEST_ID,
  keyId: KEY_ID,
  owner: 'payments',
  parameters: { operation: 'revoke', mode: 'suspend' },
  requester: actorOf(olga),
  reason: 'Suspected leak of a backup.',
  className: 'data-protection',
  classHash: 'c'.repeat(64),
  approval: { quorum: 2, groups: ['owner', 'security'], expiresAfter: 'P7D' },
  evidence: {
    collectedAt: '2026-11-25T03:02:23.000Z',
    kmsKeys: [],
    gaps: ['Usage before 2026-11-01 is unknown.'],
  },
  nonce: 'd'.repeat(64),
  digest: '0'.repeat(64),
  expiresAt: '2026-12-02T03:02:22.000Z',
  state: 'awaiting-approval',
  rowVersion: 2,
  createdAt: '2026-11-25T03:02:22.000Z',
  updatedAt: '2026-11-25T03:02:23.000Z',
};
/** Asked for by olga; two people of payments or security have to agree. */
export const aRequest: RequestRecord = { ...undigested, digest: requestDigest(undigested) };

export function decisionOf(principal: Principal, changes: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    requestId: REQUEST_ID,
    person: actorOf(principal),
    groups: principal.groups,
    verdict: 'approve',
    reason: 'Agreed.',
    digest: aRequest.digest,
    channel: 'api',
    mfa: true,
    decidedAt: '2026-11-25T04:00:00.000Z',
    ...changes,
  };
}
