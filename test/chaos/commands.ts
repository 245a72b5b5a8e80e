import assert from 'node:assert/strict';
import type { AsyncCommand } from 'fast-check';
import { ulid } from 'ulid';
import { absenceOf } from '../../lambdas/domain/absence.ts';
import { cancelRequest, expireRequest } from '../../lambdas/domain/decision.ts';
import { beginExecution, renewEvidence } from '../../lambdas/domain/execution.ts';
import { verifyChain } from '../../lambdas/domain/ledger.ts';
import { completeRevocation } from '../../lambdas/domain/outcome.ts';
import { actorOf, type Principal } from '../../lambdas/domain/principal.ts';
import type { ApprovalRule } from '../../lambdas/domain/request.ts';
import { type Act, type Asked, comesTo, foretell, type Model } from './oracle.ts';
import type { Forgery } from './page-channel.ts';
import { alice } from './people.ts';
import { type SlackForgery, slackForgeries } from './slack-channel.ts';
import type { ChaosWorld, Click } from './world.ts';
import { LIFETIME } from './world.ts';

export interface Real extends ChaosWorld {
  /** Clicks that were made and have not arrived, or may arrive again. */
  readonly pending: { readonly click: Click; readonly channel: ChannelName; readonly request: Asked }[];
  nonce: number;
}
export type ChannelName = keyof ChaosWorld['channels'];
type Deed = (model: Model, real: Real) => Promise<void>;

/** A command; the invariants are read from the registry after each. */
class Step implements AsyncCommand<Model, Real> {
  readonly name: string;
  readonly act: Deed;

  constructor(name: string, act: Deed) {
    this.name = name;
    this.act = act;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    await expectInvariants(model, real);
  }

  toString(): string {
    return this.name;
  }
}

const pick = (model: Model, which: number): Asked | undefined =>
  model.requests.at(-1 - (which % Math.max(1, model.requests.length)));

export const ask = (rule: ApprovalRule) =>
  new Step(`alice asks under ${JSON.stringify(rule)}`, async (model, real) => {
    const { requestId, digest } = await real.ask(rule);
    model.requests.push({
      requestId,
      rule,
      requester: alice.id,
      createdAt: model.now,
      expiresAt: model.now + LIFETIME,
      digest,
      state: 'waiting',
      voices: new Map(),
    });
  });

export interface Clicked {
  readonly which: number;
  readonly who: Principal;
  readonly verdict: 'approve' | 'deny';
  readonly channel: ChannelName;
}

/** A click arrives. */
export const click = ({ which, who, verdict, channel }: Clicked) =>
  new Step(`${who.name} clicks ${verdict} (${channel}, ${which})`, async (model, real) => {
    const request = pick(model, which);
    if (request === undefined) return;
    await arrive(model, real, channel, { who, request, verdict, digest: request.digest });
  });

/** Somebody clicks, and it takes its time to arrive: by then everything may be different. */
export const clickLate = ({ which, who, verdict, channel }: Clicked) =>
  new Step(`${who.name} clicks ${verdict}, which is late (${channel}, ${which})`, async (model, real) => {
    const request = pick(model, which);
    if (request === undefined) return;
    const { requestId, digest } = request;
    real.pending.push({ click: { who, requestId, verdict, digest }, channel, request });
  });

/** A late click arrives, and may arrive again. */
export const arrivesLate = (which: number) =>
  new Step(`a late click arrives (${which})`, async (model, real) => {
    const late = real.pending[which % Math.max(1, real.pending.length)];
    if (late === undefined) return;
    const { click: made, channel, request } = late;
    await arrive(model, real, channel, { ...made, request });
  });

/** Two clicks in the same instant: what both are told must be what one after the other would have been told. */
export const clickTogether = (one: Clicked, other: Clicked) =>
  new Step(
    `${one.who.name} ${one.verdict} (${one.channel}) and ${other.who.name} ${other.verdict} (${other.channel}) at once (${one.which})`,
    async (model, real) => {
      const request = pick(model, one.which);
      if (request === undefined) return;
      const acts = [one, other].map(
        ({ who, verdict }): Act => ({ who, request, verdict, digest: request.digest }),
      );
      const told = await Promise.all(
        [one, other].map(({ channel, who, verdict }) =>
          real.channels[channel]({ who, requestId: request.requestId, verdict, digest: request.digest }),
        ),
      );
      const orders = [
        [0, 1],
        [1, 0],
      ].map((order) => {
        const trial = structuredClone({ ...request });
        const world = { ...model, requests: [trial] };
        const codes: string[] = [];
        for (const index of order) {
          const [act, clicked] = [acts[index], [one, other][index]];
          if (act === undefined || clicked === undefined) continue;
          codes[index] = foretell(world, { ...act, request: trial }, clicked.channel);
        }
        return { codes, trial };
      });
      const right = orders.find(({ codes }) => codes.join() === told.join());
      const foretold = orders.map(({ codes }) => codes.join()).join(' or ');
      assert.ok(right, `Told ${told.join()}, and one after the other it would have been ${foretold}.`);
      request.state = right.trial.state;
      for (const [digest, voices] of right.trial.voices) request.voices.set(digest, voices);
    },
  );

async function arrive(model: Model, real: Real, channel: ChannelName, act: Act): Promise<void> {
  const { who, request, verdict, digest } = act;
  const told = await real.channels[channel]({ who, requestId: request.requestId, verdict, digest });
  assert.equal(told, foretell(model, act, channel), `${who.name} ${verdict} over ${channel}`);
}

/** Nobody learns from an answer whether a request is there that they may not see. */
export const probe = (who: Principal, channel: ChannelName, which: number) =>
  new Step(`${who.name} looks for what is there (${channel}, ${which})`, async (model, real) => {
    const request = pick(model, which);
    if (request === undefined) return;
    const act = { who, verdict: 'approve', digest: request.digest } as const;
    if (foretell(model, { ...act, request: structuredClone(request) }, channel) !== 'RequestNotFound') return;
    const about = (requestId: string) => real.channels[channel]({ ...act, requestId });
    assert.equal(await about(request.requestId), await about(`req_${ulid()}`));
  });

/** A click that somebody forged in another's name does nothing; the invariants after it show that. */
export const forge = (which: number, who: Principal, forgery: Forgery | SlackForgery, forger: Principal) =>
  new Step(`${forger.name} forges a click of ${who.name}: ${forgery} (${which})`, async (model, real) => {
    const request = pick(model, which);
    if (request === undefined) return;
    const { requestId, digest } = request;
    const click = { who, requestId, verdict: 'approve', digest } as const;
    const told = isSlackForgery(forgery)
      ? await real.forgers.slack(click, forgery)
      : await real.forgers.page(click, forgery, forger);
    assert.ok(refusals.has(told), `${forgery}: ${told}`);
  });

const refusals: ReadonlySet<string> = new Set([
  'SessionEnded',
  'FormForged',
  'BodyUnreadable',
  'refused with 401',
]);

function isSlackForgery(forgery: Forgery | SlackForgery): forgery is SlackForgery {
  return slackForgeries.some((each) => each === forgery);
}

export const cancel = (which: number) =>
  new Step(`alice cancels (${which})`, async (model, real) => {
    const request = pick(model, which);
    if (request === undefined) return;
    const done = await real.change(request.requestId, (work) => cancelRequest({ ...work, requester: alice }));
    assert.equal(done, request.state === 'waiting');
    if (done) request.state = 'cancelled';
  });

export const wait = (milliseconds: number) =>
  new Step(`${milliseconds / 60_000} minutes go by`, async (model, real) => {
    model.now += milliseconds;
    real.world.now = model.now;
  });

/** The sweep finds what is over. */
export const expire = new Step('the sweep expires what is over', async (model, real) => {
  for (const request of model.requests) {
    if (model.now < request.expiresAt) continue;
    const done = await real.change(request.requestId, (work) => expireRequest(work));
    assert.equal(done, request.state === 'waiting');
    if (done) request.state = 'expired';
  }
});

export const evidenceChanges = (which: number) =>
  new Step(`the evidence changes (${which})`, async (model, real) => {
    const request = pick(model, which);
    if (request === undefined) return;
    real.nonce += 1;
    const gaps = [`Gap ${real.nonce}`];
    const done = await real.change(request.requestId, (work) =>
      renewEvidence({ ...work, evidence: { collectedAt: work.now, kmsKeys: [], gaps } }),
    );
    assert.equal(done, request.state === 'waiting');
    if (done) request.digest = (await real.read(request.requestId)).request.digest;
  });

/** The machine begins and completes, or is told that it may not. */
export const execute = (which: number) =>
  new Step(`the machine begins (${which})`, async (model, real) => {
    const request = pick(model, which);
    if (request === undefined) return;
    const begun = await real.change(request.requestId, (work) => beginExecution(work));
    assert.equal(begun, request.state === 'approved');
    if (!begun) return;
    request.state = 'executing';
    const done = await real.change(request.requestId, (work) => completeRevocation(work));
    assert.equal(done, true);
    request.state = 'succeeded';
  });

export const joins = (who: Principal, groups: readonly string[]) =>
  new Step(`${who.name} is now in ${groups.join(', ') || 'no group'}`, async (model, real) => {
    model.groups.set(who.id, groups);
    real.directory.add({ ...who, groups: [...groups] });
  });

export const leaves = (who: Principal) =>
  new Step(`${who.name} leaves the organisation`, async (model, real) => {
    model.groups.delete(who.id);
    real.directory.remove(who.id);
  });

export const goesAway = (who: Principal, substitute: Principal, milliseconds: number) =>
  new Step(
    `${who.name} is away for ${milliseconds / 3_600_000} h, ${substitute.name} stands in`,
    async (model, real) => {
      if (who.id === substitute.id) return;
      const [from, until] = [model.now, model.now + milliseconds];
      const iso = (time: number): string => new Date(time).toISOString();
      await real.registry.putAbsence(
        absenceOf(
          {
            absenceId: `abs_${ulid()}`,
            person: actorOf(who),
            substitute: actorOf(substitute),
            from: iso(from),
            until: iso(until),
          },
          // Two that were begun at once may overlap all the same.
          [],
          iso(model.now),
        ),
      );
      model.away.push({ person: who, substitute, from, until });
    },
  );

export const directory = (answers: boolean) =>
  new Step(`the directory ${answers ? 'answers' : 'is down'}`, async (model, real) => {
    model.directoryAnswers = answers;
    real.world.directoryAnswers = answers;
  });

/** What must be true of the registry after every step, whatever the model says. */
async function expectInvariants(model: Model, real: Real): Promise<void> {
  for (const request of model.requests) {
    const { request: stored, key, decisions } = await real.read(request.requestId);
    const state = stored.state === 'awaiting-approval' ? 'waiting' : stored.state;
    assert.equal(state, request.state);
    assert.equal(stored.digest, request.digest);

    // No decision is lost, and none is there that nobody took.
    const voices = [...request.voices].flatMap(([digest, all]) =>
      all.map(({ person, verdict }) => `${digest} ${person} ${verdict}`),
    );
    assert.deepEqual(
      decisions.map(({ digest, person, verdict }) => `${digest} ${person.id} ${verdict}`).toSorted(),
      voices.toSorted(),
    );

    const entries = await real.registry.getWholeLedger(key.keyId);
    assert.equal(verifyChain(entries, key).ok, true);
    const count = (event: string): number => entries.filter((entry) => entry.event === event).length;
    assert.equal(count('decided'), voices.length);
    assert.ok(count('execution-started') <= 1);
    // No execution without its quorum.
    if (count('execution-started') === 1) assert.equal(comesTo(request), 'approved');
  }
}
