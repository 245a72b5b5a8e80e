import type { Change } from '../../../lambdas/domain/change.ts';
import { type Deciding, decide, draftDecision, provedDecision } from '../../../lambdas/domain/decision.ts';
import type { PasskeyRecord } from '../../../lambdas/domain/passkey.ts';
import type { Principal } from '../../../lambdas/domain/principal.ts';
import type { PasskeyAssertion } from '../../../lambdas/domain/request.ts';
import { aPasskeyAssertion } from './examples.ts';

/** A person's decision as a channel takes it, but for the signature of the approval key. */
export function decisionBy(deciding: Deciding & { readonly passkey?: PasskeyAssertion }): Change {
  const decision = provedDecision(draftDecision(deciding), deciding, deciding.passkey);
  return decide({ ...deciding, decision });
}

/** The passkey of a person: the form of one, as `assertionOf` signs with it. */
export function passkeyOf({ id, name }: Principal): PasskeyRecord {
  return {
    credentialId: Buffer.from(`credential of ${name}`).toString('base64url'),
    personId: id,
    name: 'Laptop',
    publicKey: Buffer.from(`key of ${name}`).toString('base64url'),
    transports: [],
    createdAt: '2026-11-24T00:00:00.000Z',
  };
}

/** What the passkey of a person has signed; it verifies nowhere. */
export function assertionOf(who: Principal): PasskeyAssertion {
  const { credentialId, publicKey } = passkeyOf(who);
  return { ...aPasskeyAssertion, credentialId, publicKey };
}
