import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { ledgerEntry, verifyChain } from '../../../lambdas/domain/ledger.ts';
import type { ApiClient } from '../api-client.ts';
import { copyLedger, withOneByteChanged } from '../ledger-copy.ts';
import type { Narrator } from '../narrator.ts';
import { expectStatus, type KeyView, type Story } from '../story.ts';

/** An auditor takes the ledger away and verifies it alone; a copy with one byte changed does not pass. */
export async function verifyLedger({ erin }: Story, tell: Narrator, key: KeyView): Promise<void> {
  tell.chapter('The ledger is verified');
  const entries = await copyLedger(erin, key.keyId);
  const verified = verifyChain(entries);
  if (!verified.ok) throw new Error(`LEDGER_BROKEN: entry ${verified.seq}: ${verified.problem}`);
  tell.seen(
    `${verified.length} entries, from «${entries[0]?.event}» to «${entries.at(-1)?.event}»: the chain holds`,
  );
  const forged = verifyChain(z.array(ledgerEntry).parse(withOneByteChanged(entries)));
  if (forged.ok) throw new Error('FORGERY_PASSED: a changed ledger verifies.');
  tell.seen(`one byte of a copy changed: refused at entry ${forged.seq} (${forged.problem})`);

  const approved = entries.findLast(({ event }) => event === 'approved');
  await verifyRequest(erin, tell, approved?.requestId ?? '');
}

const verifier = fileURLToPath(new URL('../../../verify/verify.ts', import.meta.url));

/** As `npm run verify` does it, from nothing but the export of a request. */
async function verifyRequest(erin: ApiClient, tell: Narrator, requestId: string): Promise<void> {
  const exported = expectStatus(await erin.get(`/v1/requests/${requestId}/export`), 200);
  const run = promisify(execFile)(process.execPath, [verifier, '-']);
  run.child.stdin?.end(JSON.stringify(exported));
  const { stdout } = await run;
  if (!stdout.trimEnd().endsWith('Verified.')) throw new Error(`NOT_VERIFIED: ${stdout}`);
  tell.seen(
    'the export of the last approved request verifies offline: digest, decisions, signatures, quorum',
  );
}
