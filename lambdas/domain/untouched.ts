import { plusDuration } from './cryptoperiod.ts';
import { requestDigest } from './digest.ts';
import { RecordCorrupt } from './errors.ts';
import type { KeyRecord } from './key.ts';
import type { RequestRecord } from './request.ts';

type Asked = Parameters<typeof requestDigest>[0] &
  Pick<RequestRecord, 'className' | 'digest' | 'createdAt' | 'keyId'>;
type Concerned = Pick<KeyRecord, 'keyId' | 'owner' | 'alias' | 'className'>;

/**
 * What of a request is not what was asked for, in sentences; nothing when all of it is. Its digest holds most of it. The
 * digest holds the expiry and not the time of asking, from which it is counted when further groups can decide; and not
 * the class and the alias, which are the key's.
 */
export function changesOf(request: Asked, key: Concerned): string[] {
  const { keyId, owner, className, digest, createdAt, expiresAt, approval } = request;
  return [
    ...(requestDigest(request) === digest
      ? []
      : ['The request is not the one its digest was made of: a field of it was changed.']),
    ...(plusDuration(createdAt, approval.expiresAfter) === expiresAt
      ? []
      : ['The request was made at another time than its expiry says.']),
    ...(keyId === key.keyId ? [] : ['The request is on another key.']),
    ...(owner === key.owner && key.alias.startsWith(`alias/keyward/${owner}/`)
      ? []
      : ['The owner of the request is not the owner of the key.']),
    ...(className === key.className ? [] : ['The request is under another class than the key.']),
  ];
}

/**
 * Before a request is shown to somebody who decides it, and before their decision is taken: what they see has to be what
 * they sign. Throws RecordCorrupt.
 */
export function assertUntouched(request: RequestRecord, key: KeyRecord): void {
  const changes = changesOf(request, key);
  if (changes.length === 0) return;
  const { requestId, keyId } = request;
  throw new RecordCorrupt(
    `Request ${requestId} is not the one that was asked for: ${changes.join(' ')} Treat it as tampering.`,
    { requestId, keyId },
  );
}
