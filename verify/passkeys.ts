import { type AuthenticationResponseJSON, verifyAuthenticationResponse } from '@simplewebauthn/server';
import * as z from 'zod';
import type { RequestExport } from '../lambdas/domain/export.ts';
import type { DecisionRecord } from '../lambdas/domain/request.ts';
import { nameOf } from './name.ts';
import { fingerprintOf, type Trust } from './trust.ts';

/** Whether everybody who had to, and everybody who says so, signed the digest with a passkey of their own. */
export async function passkeyFaults({ request, decisions }: RequestExport, trust: Trust): Promise<string[]> {
  const faults = await Promise.all(
    decisions.map(async (decision) => {
      const { passkey, verdict, digest } = decision;
      if (passkey === undefined) {
        return request.approval.passkey === true && verdict === 'approve'
          ? [`${nameOf(decision)} approved without a passkey, which the rule wants.`]
          : [];
      }
      const fingerprint = fingerprintOf(Buffer.from(passkey.publicKey, 'base64url'));
      if (trust.passkeys !== undefined && trust.passkeys.get(fingerprint) !== decision.person.id) {
        return [`The passkey of ${nameOf(decision)} (${fingerprint}) is none that you hold of theirs.`];
      }
      return (await isSigned(decision, digest, trust.origin))
        ? []
        : [`The passkey of ${nameOf(decision)} did not sign this digest.`];
    }),
  );
  return [...faults.flat(), ...sharedPasskeys(decisions)];
}

/** One person with one passkey is one person, whatever names they decide under. */
function sharedPasskeys(decisions: readonly DecisionRecord[]): string[] {
  const holders = new Map<string, string>();
  return decisions.flatMap(({ passkey, person }) => {
    if (passkey === undefined) return [];
    const holder = holders.get(passkey.publicKey) ?? person.id;
    holders.set(passkey.publicKey, holder);
    return holder === person.id ? [] : [`${holder} and ${person.id} signed with the same passkey.`];
  });
}

const clientData = z.looseObject({ origin: z.url() });

async function isSigned(
  { passkey }: DecisionRecord,
  digest: string,
  pinned: string | undefined,
): Promise<boolean> {
  if (passkey === undefined) return false;
  const { credentialId, publicKey, authenticatorData, clientDataJSON, signature } = passkey;
  try {
    const { origin } = clientData.parse(JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString()));
    const response: AuthenticationResponseJSON = {
      id: credentialId,
      rawId: credentialId,
      type: 'public-key',
      clientExtensionResults: {},
      response: { clientDataJSON, authenticatorData, signature },
    };
    const { verified } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: Buffer.from(digest, 'hex').toString('base64url'),
      expectedOrigin: pinned ?? origin,
      expectedRPID: new URL(pinned ?? origin).hostname,
      requireUserVerification: true,
      credential: {
        id: credentialId,
        publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')),
        counter: 0,
      },
    });
    return verified;
  } catch {
    return false;
  }
}
