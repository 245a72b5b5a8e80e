import * as z from 'zod';
import { log } from '../adapters/log.ts';
import type { SendMail } from '../adapters/mail.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Clock } from '../domain/clock.ts';
import { RecordCorrupt, RequestNotFound } from '../domain/errors.ts';
import { awaitApproval } from '../domain/execution.ts';
import { identifier } from '../domain/formats.ts';
import type { KeyRecord } from '../domain/key.ts';
import { addressesOf, type Notifications } from '../domain/notifications.ts';
import { approverGroups } from '../domain/quorum.ts';
import type { RequestRecord } from '../domain/request.ts';
import { approvalMail } from './approval-mail.ts';

export const openInput = z.strictObject({
  requestId: identifier('req'),
  taskToken: z.string().min(1).max(2048),
});

export interface OpenDependencies {
  readonly registry: Pick<Registry, 'getRequest' | 'getKey' | 'commit' | 'putTaskToken'>;
  readonly clock: Clock;
  readonly notifications: Notifications;
  readonly sendMail: SendMail;
  readonly portalUrl: string;
}

/**
 * Opens the wait for a quorum.
 *
 * 1. The token is stored before anything else: whatever is decided from here on can wake the wait. Storing it is seen
 *    by the dispatcher too, so that a decision or a cancellation from before is not slept through.
 * 2. Those who may decide are told. A mail that cannot be sent does not stop the request, which waits on the page.
 *    A retry after a crash may tell them twice.
 * 3. The request is marked as waiting.
 */
export function openApproval(deps: OpenDependencies) {
  return async ({ requestId, taskToken }: z.infer<typeof openInput>): Promise<{ opened: boolean }> => {
    const { registry, clock } = deps;
    await registry.putTaskToken(requestId, taskToken, await clock()); // 1
    const request = await registry.getRequest(requestId);
    if (request === undefined) throw new RequestNotFound(`There is no request ${requestId}.`, { requestId });
    if (request.state !== 'accepted') return { opened: false };
    const key = await registry.getKey(request.keyId);
    if (key === undefined) {
      throw new RecordCorrupt(`Request ${requestId} names the key ${request.keyId}, which is not there.`, {
        requestId,
      });
    }
    await tell(deps, request, key); // 2
    const actor = { kind: 'service', id: 'service:open-approval', name: 'open-approval' } as const;
    await registry.commit(awaitApproval({ now: await clock(), actor, request, key })); // 3
    return { opened: true };
  };
}

async function tell(
  { notifications, sendMail, portalUrl }: OpenDependencies,
  request: RequestRecord,
  key: KeyRecord,
): Promise<void> {
  const to = addressesOf(notifications, approverGroups(request.approval, key.owner));
  const { requestId } = request;
  if (to.length === 0) {
    log.warn('no address for any approver group', { code: 'NobodyToTell', requestId });
    return;
  }
  try {
    await sendMail(approvalMail(request, key, to, portalUrl));
    log.info('approvers told', { code: 'ApproversTold', requestId, addresses: to.length });
  } catch (error) {
    log.error('approvers not told', { code: 'ApproversNotTold', requestId, error: error as Error });
  }
}
