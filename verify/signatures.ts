import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { decisionText } from '../lambdas/domain/digest.ts';
import type { RequestExport } from '../lambdas/domain/export.ts';
import { nameOf } from './name.ts';
import { fingerprintOf, type Trust } from './trust.ts';

/** Whether the approval key vouches for every decision, word by word. */
export function signatureFaults({ decisions, approvalKey }: RequestExport, trust: Trust): string[] {
  const der = Buffer.from(approvalKey.publicKey, 'base64');
  if (trust.approvalKeyFingerprint !== undefined && fingerprintOf(der) !== trust.approvalKeyFingerprint) {
    return [`The approval key of the export is ${fingerprintOf(der)}, and not the one you hold.`];
  }
  const key = approvalKeyIn(der);
  if (key === undefined) return ['The approval key of the export is no public key on P-256.'];
  return decisions.flatMap((decision) => {
    const { signature } = decision;
    if (signature === undefined)
      return [`Nobody vouches for the decision of ${nameOf(decision)}: it is not signed.`];
    const signed =
      signature.keyArn === approvalKey.keyArn &&
      Buffer.from(signature.value, 'base64').toString('base64') === signature.value &&
      verify('sha256', Buffer.from(decisionText(decision)), key, Buffer.from(signature.value, 'base64'));
    return signed
      ? []
      : [`The approval key does not vouch for the decision of ${nameOf(decision)} as it is here.`];
  });
}

function approvalKeyIn(der: Buffer): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}
