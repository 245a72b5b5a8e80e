import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { log } from '../../lambdas/adapters/log.ts';
import { createPasskeys } from '../../lambdas/adapters/passkeys.ts';
import { readPolicies } from '../../lambdas/adapters/policy-files.ts';
import { createDecisions } from '../../lambdas/api/decisions.ts';
import { type Change, recordChange } from '../../lambdas/domain/change.ts';
import { requestDigest } from '../../lambdas/domain/digest.ts';
import { BackendBusy } from '../../lambdas/domain/errors.ts';
import { actorOf, type Principal } from '../../lambdas/domain/principal.ts';
import type { ApprovalRule, RequestRecord } from '../../lambdas/domain/request.ts';
import { memoryRegistry } from '../machines/memory-registry.ts';
import { eventOf } from '../unit/api/world.ts';
import { approvalKey, authorization, TestDirectory } from '../unit/approvals/proofs.ts';
import { aKey, aRequest } from '../unit/domain/examples.ts';
import { pageChannel } from './page-channel.ts';
import { alice, everybody } from './people.ts';
import { slackChannel } from './slack-channel.ts';

log.setLogLevel('SILENT');
const policies = readPolicies(join(import.meta.dirname, '../../policies'));

export const BEGINNING = Date.parse('2026-11-25T03:02:22.000Z');
export const LIFETIME = 24 * 3_600_000;

/** What a channel is asked to bring: a person's click. */
export interface Click {
  readonly who: Principal;
  readonly requestId: string;
  readonly verdict: 'approve' | 'deny';
  readonly digest: string;
}

/** Brings a click to Keyward as that channel does, and says what the person is told: a code, `recorded` or `stood`. */
export type Channel = (click: Click) => Promise<string>;

/** Keyward's own handlers over a registry in memory, with everything around them under the test's thumb. */
export function chaosWorld() {
  const registry = memoryRegistry();
  const directory = new TestDirectory().add(...everybody);
  const world = { now: BEGINNING, directoryAnswers: true };
  const clock = async (): Promise<string> => new Date(world.now).toISOString();
  const down = () => Promise.reject(new BackendBusy('The directory does not answer.'));
  const deps = {
    registry,
    policies,
    access: policies.access,
    clock,
    directory: {
      groupsOf: (id: string, among: readonly string[]) =>
        world.directoryAnswers ? directory.groupsOf(id, among) : down(),
      async *allGroupsOf(id: string) {
        if (!world.directoryAnswers) await down();
        yield* directory.allGroupsOf(id);
      },
      personOf: (id: string) => (world.directoryAnswers ? directory.personOf(id) : down()),
      async *membersOf(group: string) {
        if (!world.directoryAnswers) await down();
        yield* directory.membersOf(group);
      },
    },
    approvalKey,
    authorization,
    passkeys: createPasskeys({ origin: 'https://keyward.test' }),
  };

  const decisions = createDecisions(deps);
  const api: Channel = async ({ who, requestId, verdict, digest }) => {
    const body = { verdict, digest, reason: 'By chance.' };
    const { statusCode, body: text } = await decisions(
      eventOf(who, `POST /v1/requests/${requestId}/decisions`, {
        body,
        headers: { 'idempotency-key': randomUUID() },
      }),
    );
    if (statusCode === 200) return 'recorded';
    const { code }: { code: string } = JSON.parse(text);
    return code === 'AlreadyDecided' ? 'stood' : code;
  };

  /** Alice asks for a suspension under a rule; it waits for its approval. */
  const ask = async (rule: ApprovalRule): Promise<RequestRecord> => {
    const [keyId, requestId] = [`key_${ulid()}`, `req_${ulid()}`];
    const now = await clock();
    const { evidence: _none, ...bare } = aRequest;
    const draft: RequestRecord = {
      ...bare,
      requestId,
      keyId,
      requester: actorOf(alice),
      approval: rule,
      evidence: { collectedAt: now, kmsKeys: [], gaps: [] },
      createdAt: now,
      updatedAt: now,
      expiresAt: new Date(world.now + LIFETIME).toISOString(),
      rowVersion: 1,
    };
    const request = { ...draft, digest: requestDigest(draft) };
    await registry.commit(
      recordChange({
        now,
        actor: actorOf(alice),
        key: { after: { ...aKey, keyId, alias: `alias/keyward/payments/${keyId.slice(4).toLowerCase()}` } },
        request: { after: request },
        entries: [{ event: 'requested', details: {} }],
      }),
    );
    return request;
  };

  /** Reads a request and commits what is made of it; says whether it went through. */
  const change = async (
    requestId: string,
    build: (work: Awaited<ReturnType<typeof read>>) => Change | undefined,
  ): Promise<boolean> => {
    const work = await read(requestId);
    try {
      const built = build(work);
      if (built === undefined) return false;
      await registry.commit(built);
      return true;
    } catch {
      return false;
    }
  };

  const read = async (requestId: string) => {
    const request = await registry.getRequest(requestId);
    const found = await registry.getKeyWithVersions(request?.keyId ?? '');
    if (request === undefined || found === undefined) throw new Error(`${requestId} is lost.`);
    const actor = { kind: 'service', id: 'service:chaos', name: 'chaos' } as const;
    return {
      now: await clock(),
      actor,
      request,
      ...found,
      decisions: await registry.getDecisions(requestId),
    };
  };

  const page = pageChannel(deps);
  const slack = slackChannel(deps);
  const channels = { api, page: page.click, slack: slack.click };
  const forgers = { page: page.forge, slack: slack.forge };
  return { registry, directory, world, channels, forgers, ask, change, read };
}

export type ChaosWorld = ReturnType<typeof chaosWorld>;
