import { createHash } from 'node:crypto';
import type { KeyClasses } from '../lambdas/domain/key-class.ts';

/** What the verifier holds itself, from elsewhere than the export. */
export interface Trust {
  /** SHA-256 over the approval key's SubjectPublicKeyInfo, lower-case hex. */
  readonly approvalKeyFingerprint?: string | undefined;
  /** Where the page is: passkeys sign for one origin. */
  readonly origin?: string | undefined;
  /** By SHA-256 over its public key, lower-case hex: whose it is. */
  readonly passkeys?: ReadonlyMap<string, string> | undefined;
  /** The key classes as they were when the request was made. */
  readonly classes?: KeyClasses | undefined;
  /** Where the key's ledger ended when the verifier saw it last: the hash of an entry. */
  readonly ledgerHead?: string | undefined;
}

export function fingerprintOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
