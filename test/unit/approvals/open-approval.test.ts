import { afterEach, describe, expect, it, vi } from 'vitest';
import { log } from '../../../lambdas/adapters/log.ts';
import type { SendMail } from '../../../lambdas/adapters/mail.ts';
import { openApproval } from '../../../lambdas/approvals/open-approval.ts';
import type { Change } from '../../../lambdas/domain/change.ts';
import { BackendBusy, BackendRefused, RowConflict } from '../../../lambdas/domain/errors.ts';
import type { RequestRecord } from '../../../lambdas/domain/request.ts';
import { aKey, aRequest, REQUEST_ID } from '../domain/examples.ts';

log.setLogLevel('SILENT');
afterEach(() => vi.restoreAllMocks());

const addresses = { security: ['security@example.test'], payments: ['payments@example.test'] };

function world(
  state: RequestRecord['state'],
  {
    sendMail = async () => {},
    mail = addresses,
    commit = async () => {},
  }: { sendMail?: SendMail; mail?: Record<string, string[]>; commit?: () => Promise<void> } = {},
) {
  const happened: string[] = [];
  const commits: Change[] = [];
  const open = openApproval({
    registry: {
      getRequest: async () => ({ ...aRequest, state }),
      getKey: async () => aKey,
      commit: async (change) => {
        happened.push('commit');
        await commit();
        commits.push(change);
      },
      putTaskToken: async (_id, token) => void happened.push(`token ${token}`),
    },
    clock: async () => '2026-11-25T04:00:00.000Z',
    notifications: { mail },
    sendMail: async (to, content, signal) => {
      happened.push(`mail ${to}`);
      await sendMail(to, content, signal);
    },
    portalUrl: 'https://keyward.test/portal',
  });
  return { open, happened, commits };
}

const call = { requestId: REQUEST_ID, taskToken: 'token-1' };

describe('opening an approval', () => {
  it('stores the token first, then waits, and only then tells each approver by itself', async () => {
    const { open, happened, commits } = world('accepted');
    expect(await open(call)).toEqual({ waiting: true, told: { sent: 2, failed: 0 } });
    expect(happened).toEqual([
      'token token-1',
      'commit',
      'mail payments@example.test',
      'mail security@example.test',
    ]);
    expect(commits[0]?.request?.after.state).toBe('awaiting-approval');
  });

  it('again, of a request that waits already, replaces the token and tells again: the first may not have come to it', async () => {
    const { open, happened } = world('awaiting-approval');
    expect(await open({ ...call, taskToken: 'token-2' })).toMatchObject({ waiting: true, told: { sent: 2 } });
    expect(happened).toEqual(['token token-2', 'mail payments@example.test', 'mail security@example.test']);
  });

  it.each(['approved', 'executing', 'denied', 'cancelled', 'expired', 'failed'] as const)(
    'of a request that is %s only stores the token, which wakes the wait',
    async (state) => {
      const { open, happened } = world(state);
      expect(await open(call)).toEqual({ waiting: false, told: { sent: 0, failed: 0 } });
      expect(happened).toEqual(['token token-1']);
    },
  );

  it('that loses to a decision or a cancellation is tried again by name, and has told nobody', async () => {
    const { open, happened } = world('accepted', {
      commit: () => Promise.reject(new RowConflict('A cancellation was first.')),
    });
    await expect(open(call)).rejects.toThrow(RowConflict);
    expect(happened).toEqual(['token token-1', 'commit']);
  });

  it.each([
    ['is refused', new BackendRefused('not verified: payments@example.test', { awsCode: 'MessageRejected' })],
    ['is throttled', new BackendBusy('later', { awsCode: 'TooManyRequestsException' })],
    ['fails in a way nobody thought of', new TypeError('boom')],
  ])('goes on when a mail %s, and tells the others', async (_how, error) => {
    const { open } = world('accepted', {
      sendMail: (to) => (to.startsWith('payments') ? Promise.reject(error) : Promise.resolve()),
    });
    expect(await open(call)).toEqual({ waiting: true, told: { sent: 1, failed: 1 } });
  });

  it('logs what went wrong with a mail without its address', async () => {
    const logged = vi.spyOn(log, 'error').mockReturnValue();
    const { open } = world('accepted', {
      sendMail: () =>
        Promise.reject(
          new BackendRefused('not verified: payments@example.test', { awsCode: 'MessageRejected' }),
        ),
    });
    await open(call);
    expect(JSON.stringify(logged.mock.calls)).toContain('ApproversNotTold');
    expect(JSON.stringify(logged.mock.calls)).toContain('MessageRejected');
    expect(JSON.stringify(logged.mock.calls)).not.toContain('example.test');
  });

  it('gives mails a time to be sent in, all together', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());
    const { open } = world('accepted', {
      sendMail: (_to, _mail, signal) =>
        signal.aborted ? Promise.reject(new Error('aborted')) : new Promise(() => {}),
    });
    expect(await open(call)).toEqual({ waiting: true, told: { sent: 0, failed: 2 } });
  });

  it('waits also when nobody has an address, and warns of it', async () => {
    const warned = vi.spyOn(log, 'warn').mockReturnValue();
    const { open, happened } = world('accepted', { mail: {} });
    expect(await open(call)).toEqual({ waiting: true, told: { sent: 0, failed: 0 } });
    expect(happened).toEqual(['token token-1', 'commit']);
    expect(JSON.stringify(warned.mock.calls)).toContain('NobodyToTell');
  });
});
