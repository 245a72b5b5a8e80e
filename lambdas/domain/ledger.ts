import * as z from 'zod';
import { sha256Canonical } from './canonical.ts';
import { hash, identifier, timestamp } from './formats.ts';
import { actor } from './principal.ts';

export const ledgerEvent = z.enum([
  'requested',
  'evidence-collected',
  'evidence-changed',
  'approval-asked',
  'decided',
  'approved',
  'denied',
  'expired',
  'cancelled',
  'execution-started',
  'execution-resumed',
  'rotation-asked',
  'version-created',
  'version-probed',
  'version-named',
  'version-retired',
  'version-discarded',
  'versions-lost',
  'undo-started',
  'activated',
  'rotated',
  'suspended',
  'compromised',
  'reinstated',
  'emergency-revoked',
  'ratified',
  'ratification-rejected',
  'alert-repeated',
  'destruction-scheduled',
  'destruction-cancelled',
  'destruction-interrupted',
  'destroyed',
  'abandoned',
  'failed',
]);
export type LedgerEvent = z.infer<typeof ledgerEvent>;

/** One link of a key's chain. `hash` is SHA-256 over the RFC 8785 form of all other fields, `previousHash` among them. */
export const ledgerEntry = z.strictObject({
  keyId: identifier('key'),
  seq: z.int().positive(),
  at: timestamp,
  event: ledgerEvent,
  actor,
  requestId: identifier('req').optional(),
  classHash: hash,
  /** Facts of the event as JSON: no secret, no personal data beyond the actor. */
  details: z.record(z.string(), z.json()),
  previousHash: hash,
  hash,
});
export type LedgerEntry = z.infer<typeof ledgerEntry>;

/** What the first entry of a chain follows. */
export const GENESIS = '0'.repeat(64);

/** Where a key's chain ends: the number and hash of its last entry, 0 and GENESIS before the first. */
interface ChainHead {
  readonly ledgerSeq: number;
  readonly ledgerHead: string;
}

/** The next entry of a key's chain. */
export function appendEntry(
  chain: ChainHead & { readonly keyId: string },
  draft: Omit<LedgerEntry, 'keyId' | 'seq' | 'previousHash' | 'hash'>,
): LedgerEntry {
  const entry = { ...draft, keyId: chain.keyId, seq: chain.ledgerSeq + 1, previousHash: chain.ledgerHead };
  return { ...entry, hash: sha256Canonical(entry) };
}

/** `seq` is where a broken chain breaks. */
export type ChainVerification =
  | { readonly ok: true; readonly length: number; readonly head: string }
  | { readonly ok: false; readonly seq: number; readonly problem: string };

/**
 * Verifies one key's whole chain, in order, from its first entry. Without a head it cannot know whether entries are
 * missing at the end; give it the one that the key's record or a checkpoint holds.
 */
export function verifyChain(entries: readonly LedgerEntry[], head?: ChainHead): ChainVerification {
  let previousHash = GENESIS;
  for (const [index, entry] of entries.entries()) {
    const seq = index + 1;
    const problem = brokenLink(entry, { seq, previousHash, keyId: entries[0]?.keyId });
    if (problem !== undefined) return { ok: false, seq, problem };
    previousHash = entry.hash;
  }
  if (head !== undefined && head.ledgerSeq !== entries.length) {
    const seq = Math.min(head.ledgerSeq, entries.length) + 1;
    return {
      ok: false,
      seq,
      problem: `the chain has ${entries.length} entries and its head says ${head.ledgerSeq}`,
    };
  }
  if (head !== undefined && head.ledgerHead !== previousHash) {
    return { ok: false, seq: entries.length, problem: 'the last entry is not the one the head names' };
  }
  return { ok: true, length: entries.length, head: previousHash };
}

function brokenLink(
  { hash, ...hashed }: LedgerEntry,
  expected: { readonly seq: number; readonly previousHash: string; readonly keyId: string | undefined },
): string | undefined {
  if (hashed.seq !== expected.seq) return `it is numbered ${hashed.seq}`;
  if (hashed.keyId !== expected.keyId) return `it belongs to another key, ${hashed.keyId}`;
  if (hashed.previousHash !== expected.previousHash) return 'it does not follow the entry before it';
  return hashOf(hashed) === hash ? undefined : 'its hash does not match its content';
}

/** Undefined for content that has no canonical form: no entry was ever written with it. */
function hashOf(content: Omit<LedgerEntry, 'hash'>): string | undefined {
  try {
    return sha256Canonical(content);
  } catch {
    return undefined;
  }
}
