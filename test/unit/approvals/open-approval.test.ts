import { describe, expect, it } from 'vitest';
import type { Mail } from '../../../lambdas/adapters/mail.ts';
import { openApproval } from '../../../lambdas/approvals/open-approval.ts';
import type { Change } from '../../../lambdas/domain/change.ts';
import type { RequestRecord } from '../../../lambdas/domain/request.ts';
import { aKey, aRequest, REQUEST_ID } from '../domain/examples.ts';

function world(state: RequestRecord['state'], sendMail = async (_mail: Mail): Promise<void> => {}) {
  const happened: string[] = [];
  const commits: Change[] = [];
  const mails: Mail[] = [];
  const open = openApproval({
    registry: {
      getRequest: async () => ({ ...aRequest, state }),
      getKey: async () => aKey,
      commit: async (change) => {
        happened.push('commit');
        commits.push(change);
      },
      putTaskToken: async (_id, token) => void happened.push(`token ${token}`),
    },
    clock: async () => '2026-11-25T04:00:00.000Z',
    notifications: { mail: { security: ['security@example.test'], payments: ['payments@example.test'] } },
    sendMail: async (mail) => {
      happened.push('mail');
      mails.push(mail);
      await sendMail(mail);
    },
    portalUrl: 'https://keyward.test/portal',
  });
  return { open, happened, commits, mails };
}

const call = { requestId: REQUEST_ID, taskToken: 'token-1' };

describe('opening an approval', () => {
  it('stores the token first, tells the approvers, and then waits', async () => {
    const { open, happened, commits, mails } = world('accepted');
    expect(await open(call)).toEqual({ opened: true });
    expect(happened).toEqual(['token token-1', 'mail', 'commit']);
    expect(commits[0]?.request?.after.state).toBe('awaiting-approval');
    expect(mails[0]?.to).toEqual(['payments@example.test', 'security@example.test']);
  });

  it.each(['awaiting-approval', 'approved', 'denied', 'cancelled', 'expired'] as const)(
    'of a request that is %s only replaces the token',
    async (state) => {
      const { open, happened } = world(state);
      expect(await open(call)).toEqual({ opened: false });
      expect(happened).toEqual(['token token-1']);
    },
  );

  it('waits also when no mail can be sent', async () => {
    const { open, happened } = world('accepted', () => Promise.reject(new Error('SES is down')));
    expect(await open(call)).toEqual({ opened: true });
    expect(happened).toEqual(['token token-1', 'mail', 'commit']);
  });
});
