import * as z from 'zod';
import { log } from '../adapters/log.ts';
import type { SendMail } from '../adapters/mail.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Clock } from '../domain/clock.ts';
import { KeywardError, RecordCorrupt, RequestNotFound } from '../domain/errors.ts';
import { awaitApproval } from '../domain/execution.ts';
import { identifier } from '../domain/formats.ts';
import type { KeyRecord } from '../domain/key.ts';
import { addressesOf, type Notifications } from '../domain/notifications.ts';
import { groupsDeciding } from '../domain/quorum.ts';
import { occasionOf } from '../domain/reminder.ts';
import type { RequestRecord } from '../domain/request.ts';
import { assertUntouched } from '../domain/untouched.ts';
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

export interface Opened {
  /** False when nothing is left to wait for: the token that was stored wakes the wait. */
  readonly waiting: boolean;
  /** How many addresses got the mail, and how many did not. */
  readonly told: { readonly sent: number; readonly failed: number };
}

/** All mails together, well within the time of the Lambda: a mail service that hangs must not end the wait. */
const MAIL_MILLISECONDS = 15_000;

/**
 * Opens the wait for a quorum.
 *
 * 1. The token is stored before anything else: whatever is decided from here on can wake the wait. Storing it is seen
 *    by the dispatcher too, so that a decision or a cancellation from before is not slept through.
 * 2. The request is marked as waiting, before any mail: whoever follows the link at once can decide.
 * 3. Those who may decide are told, each address by itself. A mail that cannot be sent, after the client's own retries,
 *    is logged and does not stop the request: it waits on the page all the same.
 *
 * The step is repeated for every reminder, after a crash and for a wait that was woken too early; each time approvers
 * are told again. That is rather chosen than a mark that says «told» for a mail that never went out.
 *
 * Throws RequestNotFound, and RecordCorrupt for a request that is not what was asked for: nobody is told of it.
 */
export function openApproval(deps: OpenDependencies) {
  return async ({ requestId, taskToken }: z.infer<typeof openInput>): Promise<Opened> => {
    const { registry, clock } = deps;
    await registry.putTaskToken(requestId, taskToken, await clock()); // 1
    const request = await registry.getRequest(requestId);
    if (request === undefined) throw new RequestNotFound(`There is no request ${requestId}.`, { requestId });
    if (request.state !== 'accepted' && request.state !== 'awaiting-approval') {
      return { waiting: false, told: { sent: 0, failed: 0 } };
    }
    const key = await registry.getKey(request.keyId);
    if (key === undefined) {
      throw new RecordCorrupt(`Request ${requestId} names the key ${request.keyId}, which is not there.`, {
        requestId,
      });
    }
    assertUntouched(request, key);
    if (request.state === 'accepted') {
      const actor = { kind: 'service', id: 'service:open-approval', name: 'open-approval' } as const;
      await registry.commit(awaitApproval({ now: await clock(), actor, request, key })); // 2
    }
    return { waiting: true, told: await tell(deps, request, key, await clock()) }; // 3
  };
}

async function tell(
  { notifications, sendMail, portalUrl }: OpenDependencies,
  request: RequestRecord,
  key: KeyRecord,
  now: string,
): Promise<Opened['told']> {
  const { requestId } = request;
  const addresses = addressesOf(notifications, groupsDeciding(request, now));
  if (addresses.length === 0) {
    log.warn('no address for any approver group', { code: 'NobodyToTell', requestId });
    return { sent: 0, failed: 0 };
  }
  const mail = approvalMail(request, key, portalUrl, occasionOf(request, now));
  const signal = AbortSignal.timeout(MAIL_MILLISECONDS);
  const results = await Promise.allSettled(addresses.map((to) => sendMail(to, mail, signal)));
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  const told = { sent: results.length - failures.length, failed: failures.length };
  if (failures.length === 0) log.info('approvers told', { code: 'ApproversTold', requestId, ...told });
  else {
    // What SES says names addresses: its codes are enough.
    const codes = [...new Set(failures.map(codeOf))];
    log.error('approvers not all told', { code: 'ApproversNotTold', requestId, ...told, codes });
  }
  return told;
}

function codeOf(error: unknown): string {
  if (!(error instanceof KeywardError)) return 'Unexpected';
  const { awsCode } = error.details;
  return typeof awsCode === 'string' ? awsCode : error.code;
}
