import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { log } from '../../../lambdas/adapters/log.ts';
import { createRegistry } from '../../../lambdas/adapters/registry/registry.ts';
import { keyRow, requestRow } from '../../../lambdas/adapters/registry/rows.ts';
import { waitingFor } from '../../../lambdas/approvals/portal/waiting-requests.ts';
import { requestDigest } from '../../../lambdas/domain/digest.ts';
import { RecordCorrupt } from '../../../lambdas/domain/errors.ts';
import { memoryTable } from '../../machines/memory-table.ts';
import { aKey, aRequest, sami } from '../domain/examples.ts';
import { LATER } from './waiting-world.ts';

log.setLogLevel('SILENT');

const whole = { ...aRequest, digest: requestDigest(aRequest) };
const other = 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W1';

async function tableWith(...rows: readonly Record<string, unknown>[]) {
  const client = memoryTable();
  for (const Item of rows) await client.send(new PutCommand({ TableName: 'memory', Item }));
  return createRegistry({ client, tableName: 'memory' });
}

describe('what waits for somebody', () => {
  it('is shown beside a request that cannot be read, and not said to be all', async () => {
    const broken = { ...requestRow({ ...whole, requestId: other }), record: { requestId: other } };
    const registry = await tableWith(keyRow(aKey), broken, requestRow(whole));
    const { requests, complete } = await waitingFor(registry, sami, [], LATER);
    expect(requests.map(({ request }) => request.requestId)).toEqual([whole.requestId]);
    expect(complete).toBe(false);
    // Whoever does not look after those that cannot be read is stopped by them.
    await expect(registry.listRequests({ state: 'awaiting-approval' }, { limit: 9 })).rejects.toThrow(
      RecordCorrupt,
    );
  });

  it('is shown beside a request whose decisions cannot be read', async () => {
    const registry = await tableWith(
      keyRow(aKey),
      requestRow({ ...whole, requestId: other }),
      requestRow(whole),
    );
    const failing = {
      ...registry,
      getDecisions: (requestId: string) =>
        requestId === other
          ? Promise.reject(new RecordCorrupt('Unreadable.'))
          : registry.getDecisions(requestId),
    };
    const { requests, complete } = await waitingFor(failing, sami, [], LATER);
    expect(requests.map(({ request }) => request.requestId)).toEqual([whole.requestId]);
    expect(complete).toBe(false);
  });
});
