import { BackendBusy } from '../domain/errors.ts';
import type { RequestExport } from '../domain/export.ts';
import type { Handler } from './contract.ts';
import type * as contracts from './contracts.ts';
import type { ApiDependencies } from './dependencies.ts';
import { keyOf, visibleRequest } from './visibility.ts';

/** How often what changes while it is read is read anew. */
const MOST_READS = 5;

/** One moment of a request and its key: the key's record is the same before and after everything else is read. */
export function exportRequest(deps: ApiDependencies): Handler<typeof contracts.exportRequest> {
  const { registry, approvalKey, clock } = deps;
  return async ({ principal, path: { requestId } }) => {
    for (let reads = 0; reads < MOST_READS; reads += 1) {
      const { requesterEmail: _told, ...request } = await visibleRequest(deps, principal, requestId);
      const key = await keyOf(deps, { ...request });
      const [decisions, ledger] = await Promise.all([
        registry.getDecisions(requestId),
        registry.getWholeLedger(key.keyId),
      ]);
      const [after, again] = [await keyOf(deps, { ...request }), await registry.getRequest(requestId)];
      if (after.rowVersion !== key.rowVersion || again?.rowVersion !== request.rowVersion) continue;
      const { keyId, alias, owner, className, ledgerSeq, ledgerHead } = key;
      const body: RequestExport = {
        format: 'keyward/export/v1',
        exportedAt: await clock(),
        request,
        key: { keyId, alias, owner, className, ledger: { length: ledgerSeq, head: ledgerHead } },
        decisions,
        ledger,
        approvalKey: { keyArn: approvalKey.keyArn, publicKey: await approvalKey.publicKey() },
      };
      return { status: 200, body };
    }
    throw new BackendBusy(`The key of ${requestId} changed each time it was read.`, { requestId });
  };
}
