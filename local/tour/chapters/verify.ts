import * as z from 'zod';
import { ledgerEntry, verifyChain } from '../../../lambdas/domain/ledger.ts';
import { copyLedger, withOneByteChanged } from '../ledger-copy.ts';
import type { Narrator } from '../narrator.ts';
import type { KeyView, Story } from '../story.ts';

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
}
