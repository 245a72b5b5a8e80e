import { describe, expect, it } from 'vitest';
import { recordChange } from '../../../lambdas/domain/change.ts';
import { requestExport } from '../../../lambdas/domain/export.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { alice, apiWorld, expectStatus, refusal } from '../api/world.ts';
import { failing } from './exports.ts';

/** A request on a key that is written after each of the first `times` readings of its ledger. */
async function exportedWhileWritten(times: number) {
  let left = 0;
  const world = apiWorld((registry) => ({
    getWholeLedger: async (keyId) => {
      const entries = await registry.getWholeLedger(keyId);
      const key = await registry.getKey(keyId);
      left -= 1;
      if (key === undefined || left < 0) return entries;
      await registry.commit(
        recordChange({
          now: key.updatedAt,
          actor: actorOf(alice),
          key: { before: key, after: key },
          entries: [{ event: 'alert-repeated', details: {} }],
        }),
      );
      return entries;
    },
  }));
  const request = await world.waiting(alice, await world.newKey());
  left = times;
  return world.ask(alice, `GET /v1/requests/${request.requestId}/export`);
}

describe('an export of what is written meanwhile', () => {
  it('is of one moment', async () => {
    const answer = await exportedWhileWritten(4);
    expect(await failing(requestExport.parse(expectStatus(answer, 200)))).toEqual([]);
  });

  it('is put off when there is no such moment', async () => {
    refusal(await exportedWhileWritten(5), 503, 'BackendBusy');
  });
});
