import type { Policies } from '../adapters/policy-files.ts';
import * as contracts from '../api/contracts.ts';
import { bind, createRouter } from '../api/router.ts';
import type { stopKey } from './stop-key.ts';

/** The route of custodians, in a Lambda of its own: no other may stop a key. */
export function createEmergencyApi(stop: ReturnType<typeof stopKey>, { access }: Pick<Policies, 'access'>) {
  return createRouter(
    [
      bind(contracts.emergencyRevoke, async ({ principal, path: { keyId }, body: { reason } }) => {
        const stopped = await stop({ keyId, reason, custodian: principal, via: 'api' });
        return { status: 200, body: stopped, headers: { Location: `/v1/requests/${stopped.requestId}` } };
      }),
    ],
    access,
  );
}
