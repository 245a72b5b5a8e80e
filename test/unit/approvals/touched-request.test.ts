import { describe, expect, it } from 'vitest';
import { log } from '../../../lambdas/adapters/log.ts';
import type { Registry } from '../../../lambdas/adapters/registry/registry.ts';
import { openApproval } from '../../../lambdas/approvals/open-approval.ts';
import { waitingList } from '../../../lambdas/approvals/portal/contract.ts';
import { draftDecision } from '../../../lambdas/domain/decision.ts';
import type { KeyRecord } from '../../../lambdas/domain/key.ts';
import type { RequestRecord } from '../../../lambdas/domain/request.ts';
import { alice, apiWorld, bob, refusal } from '../api/world.ts';
import { aKey, aRequest, REQUEST_ID, sami } from '../domain/examples.ts';
import { portalWorld, refusalIn } from './portal-world.ts';
import { LATER, waitingWorld } from './waiting-world.ts';

log.setLogLevel('SILENT');
const corrupt = expect.objectContaining({ code: 'RecordCorrupt' });

const inRequest: [string, Partial<RequestRecord>][] = [
  ['another operation', { parameters: { operation: 'destroy', windowDays: 7 } }],
  ['another reason', { reason: 'Nothing of importance.' }],
  ['a lower quorum', { approval: { quorum: 1, groups: ['owner', 'security'], expiresAfter: 'P7D' } }],
  ['less evidence', { evidence: undefined }],
  ['an earlier time', { createdAt: '2026-11-20T03:02:22.000Z' }],
  ['another class', { className: 'sandbox' }],
];
const inKey: [string, Partial<KeyRecord>][] = [
  ['another owner', { owner: 'marketing' }],
  ['the alias of another owner', { alias: 'alias/keyward/marketing/orders' }],
];

/** A registry that shows the request, or the key, otherwise than it was asked for. */
function showing(registry: Registry, request: Partial<RequestRecord>, key: Partial<KeyRecord>) {
  return {
    getRequest: async (id: string) => {
      const found = await registry.getRequest(id);
      return found && { ...found, ...request };
    },
    getKey: async (id: string) => {
      const found = await registry.getKey(id);
      return found && { ...found, ...key };
    },
    listRequests: async (...asked: Parameters<Registry['listRequests']>) => {
      const page = await registry.listRequests(...asked);
      return { ...page, items: page.items.map((each) => Object.assign(each, request)) };
    },
  };
}

const touched = [
  ...inRequest.map(([what, change]) => [what, change, {}] as const),
  ...inKey.map(([what, change]) => [what, {}, change] as const),
];

describe.each(touched)('a request that is shown with %s than was asked', (_what, request, key) => {
  it('is shown on no page, and decided there by nobody', async () => {
    const { pageOf, decisions, registry } = await portalWorld({
      registry: (all) => showing(all, request, key),
    });
    const { get, decide } = await pageOf(sami);
    for (const answer of [await get(`requests/${REQUEST_ID}`), await decide()]) {
      expect(refusalIn(answer)).toMatchObject({ status: 500, code: 'InternalError' });
    }
    const list = waitingList.parse((await get('requests')).json());
    expect(list).toEqual({ requests: [], complete: false });
    expect(await decisions()).toEqual([]);
    expect((await registry.getRequest(REQUEST_ID))?.state).toBe('awaiting-approval');
  });

  it('is decided on no channel', async () => {
    const { decide, deps, registry, decisions } = await waitingWorld();
    Object.assign(deps.registry, showing({ ...registry }, request, key));
    for (const channel of ['api', 'slack', 'page'] as const) {
      await expect(decide(sami, { channel })).rejects.toThrow(corrupt);
    }
    expect(await decisions()).toEqual([]);
  });

  it('has no decision drafted, whoever has read it', () => {
    const deciding = {
      now: LATER,
      person: sami,
      decisions: [],
      verdict: 'approve',
      reason: 'I looked at it.',
      digest: aRequest.digest,
      channel: 'page',
    } as const;
    expect(draftDecision({ ...deciding, request: aRequest, key: aKey })).toMatchObject({
      verdict: 'approve',
    });
    const shown = { request: { ...aRequest, ...request }, key: { ...aKey, ...key } };
    expect(() => draftDecision({ ...deciding, ...shown })).toThrow(corrupt);
  });

  it('is told of in no mail', async () => {
    const { registry, time } = await waitingWorld({ request: { state: 'accepted' } });
    const mails: unknown[] = [];
    const open = openApproval({
      registry: { ...registry, ...showing(registry, request, key) },
      clock: async () => time.now,
      notifications: { mail: { security: ['security@example.test'] } },
      sendMail: async (...mail) => void mails.push(mail),
      portalUrl: 'https://keyward.test/portal',
    });
    await expect(open({ requestId: REQUEST_ID, taskToken: 't' })).rejects.toThrow(corrupt);
    expect(mails).toEqual([]);
    expect((await registry.getRequest(REQUEST_ID))?.state).toBe('accepted');
  });
});

describe('the API', () => {
  it('shows nobody a request that is not the one that was asked for', async () => {
    let change: Partial<RequestRecord> = {};
    const world = apiWorld((registry) => ({
      getRequest: async (id) => {
        const found = await registry.getRequest(id);
        return found && { ...found, ...change };
      },
    }));
    const { requestId } = await world.waiting(alice, await world.newKey());
    change = { reason: 'Nothing of importance.' };
    refusal(await world.ask(bob, `GET /v1/requests/${requestId}`), 500, 'InternalError');
  });
});
