import * as z from 'zod';
import { type LedgerEntry, ledgerEntry } from '../../lambdas/domain/ledger.ts';
import type { ApiClient } from './api-client.ts';
import { expectStatus } from './story.ts';

const page = z.looseObject({ entries: z.array(ledgerEntry), nextPageToken: z.string().optional() });

/** A key's whole ledger, page by page: what an auditor takes away and verifies alone. */
export async function copyLedger(who: ApiClient, keyId: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  let token: string | undefined;
  do {
    const query = token === undefined ? '' : `?pageToken=${encodeURIComponent(token)}`;
    const next = page.parse(expectStatus(await who.get(`/v1/keys/${keyId}/ledger${query}`), 200));
    entries.push(...next.entries);
    token = next.nextPageToken;
  } while (token !== undefined);
  return entries;
}

/** The same ledger with one bit of one byte of its text turned. */
export function withOneByteChanged(entries: readonly LedgerEntry[]): unknown[] {
  const text = JSON.stringify(entries);
  const at = text.indexOf('"reason":"') + '"reason":"'.length;
  const bytes = Buffer.from(text);
  const position = Buffer.byteLength(text.slice(0, at));
  bytes[position] = (bytes[position] ?? 0) ^ 1;
  return z.array(z.unknown()).parse(JSON.parse(bytes.toString()));
}
