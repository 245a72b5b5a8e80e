import * as z from 'zod';
import { log } from '../adapters/log.ts';
import { BackendBusy, CertificateNotFound, RecordCorrupt } from '../domain/errors.ts';
import { hash } from '../domain/formats.ts';
import { type ChainVerification, verifyChain } from '../domain/ledger.ts';
import type { Principal } from '../domain/principal.ts';
import type { Handler } from './contract.ts';
import type * as contracts from './contracts.ts';
import type { ApiDependencies } from './dependencies.ts';
import { pageTokens } from './page-token.ts';
import { visibleKey } from './visibility.ts';

const certified = z.strictObject({ certificate: z.record(z.string(), z.json()), certificateDigest: hash });

export function getLedger(deps: ApiDependencies): Handler<typeof contracts.getLedger> {
  return async ({ principal, path: { keyId }, query: { pageSize, pageToken, verify } }) => {
    const tokens = pageTokens(principal, { list: 'ledger', keyId });
    const at = pageToken === undefined ? {} : tokens.read(pageToken);
    await visibleKey(deps, principal, keyId);
    const { items, next } = await deps.registry.getLedger(keyId, { limit: pageSize, ...at });
    const nextPageToken = next === undefined ? undefined : tokens.write({ cursor: next });
    const verification = verify ? await verified(deps, principal, keyId) : undefined;
    return { status: 200, body: { entries: items, verification, nextPageToken } };
  };
}

/** How often a chain that grows while it is read is read anew. */
const MOST_READS = 5;

/**
 * Whether the whole chain holds and ends where the key's record says. The record is the same before and after the
 * entries are read: an end that moved in between would look like a chain with entries missing or too many.
 */
async function verified(
  deps: ApiDependencies,
  principal: Principal,
  keyId: string,
): Promise<ChainVerification> {
  let key = await visibleKey(deps, principal, keyId);
  for (let reads = 0; reads < MOST_READS; reads += 1) {
    const entries = await deps.registry.getWholeLedger(keyId);
    const after = await visibleKey(deps, principal, keyId);
    if (after.rowVersion === key.rowVersion) {
      const verification = verifyChain(entries, key);
      if (!verification.ok) {
        log.error('ledger broken', { code: 'LedgerBroken', keyId, seq: verification.seq });
      }
      return verification;
    }
    key = after;
  }
  throw new BackendBusy(`${keyId} changed each time its ledger was read.`, { keyId });
}

export function getCertificate(deps: ApiDependencies): Handler<typeof contracts.getCertificate> {
  return async ({ principal, path: { keyId } }) => {
    await visibleKey(deps, principal, keyId);
    const entry = (await deps.registry.getWholeLedger(keyId)).findLast(({ event }) => event === 'destroyed');
    if (entry === undefined) {
      throw new CertificateNotFound(
        'There is no certificate: it is written when the end of every KMS key of this key has been seen. Ask again after the deletionDate of the key’s destruction.',
      );
    }
    const details = certified.safeParse(entry.details);
    if (!details.success) {
      throw new RecordCorrupt(`Entry ${entry.seq} of ${keyId} holds no certificate.`, { keyId });
    }
    const { seq, hash, at } = entry;
    return { status: 200, body: { ...details.data, ledger: { seq, hash, at } } };
  };
}
