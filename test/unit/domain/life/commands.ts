import type { AsyncCommand } from 'fast-check';
import { expect } from 'vitest';
import { completeDestruction } from '../../../../lambdas/domain/certificate.ts';
import { plusDuration } from '../../../../lambdas/domain/cryptoperiod.ts';
import { cancelRequest, expireRequest } from '../../../../lambdas/domain/decision.ts';
import { beginEmergency, submitRatification } from '../../../../lambdas/domain/emergency.ts';
import { KeywardError, RowConflict } from '../../../../lambdas/domain/errors.ts';
import {
  assertExecuting,
  awaitApproval,
  beginExecution,
  beginUndo,
  recordEvidence,
  recordProbe,
  recordVersion,
  resumeExecution,
} from '../../../../lambdas/domain/execution.ts';
import { interruptDestruction } from '../../../../lambdas/domain/interruption.ts';
import { approvalOf } from '../../../../lambdas/domain/key-class.ts';
import { failExecution } from '../../../../lambdas/domain/outcome.ts';
import type { Principal } from '../../../../lambdas/domain/principal.ts';
import type { RequestParameters } from '../../../../lambdas/domain/request.ts';
import { submitOperation } from '../../../../lambdas/domain/submission.ts';
import { live } from '../../../../lambdas/domain/versions.ts';
import { assertionOf, decisionBy, passkeyOf } from '../deciding.ts';
import { expectAsForetold, expectInvariants } from './invariants.ts';
import {
  accepted,
  alice,
  allows,
  carryThrough,
  cora,
  end,
  hold,
  holds,
  isAsked,
  isFree,
  judged,
  keyClass,
  type Model,
  type ModelRequest,
  people,
  quorumOf,
  takesMore,
} from './model.ts';
import { actor, commits, completion, nowOf, type Real, workOf } from './real.ts';

/** A command on one of the requests there are, chosen by a number. */
class OnRequest implements AsyncCommand<Model, Real> {
  readonly name: string;
  readonly which: number;
  readonly act: (model: Model, real: Real, request: ModelRequest) => Promise<void>;

  constructor(name: string, which: number, act: OnRequest['act']) {
    this.name = name;
    this.which = which;
    this.act = act;
  }

  check({ requests }: Readonly<Model>): boolean {
    return requests.length > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    // The latest first: they are the ones that may still do something.
    const request = model.requests.at(-1 - (this.which % model.requests.length));
    if (request === undefined) throw new Error('There is no request.');
    await this.act(model, real, request);
    await expectInvariants(real);
    expectAsForetold(model, real);
  }

  toString(): string {
    return `${this.name}(${this.which})`;
  }
}

class OnKey implements AsyncCommand<Model, Real> {
  readonly name: string;
  readonly act: (model: Model, real: Real) => Promise<void>;

  constructor(name: string, act: OnKey['act']) {
    this.name = name;
    this.act = act;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    await expectInvariants(real);
    expectAsForetold(model, real);
  }

  toString(): string {
    return this.name;
  }
}

export const submit = (parameters: RequestParameters, requester: Principal) =>
  new OnKey(`${requester.name} asks: ${JSON.stringify(parameters)}`, async (model, real) => {
    const requestId = `req_${String(model.requests.length).padStart(26, '0')}`;
    const open = model.requests.some(
      (other) => other.phase !== 'over' && other.parameters.operation === parameters.operation,
    );
    const ids = { requestId, nonce: 'e'.repeat(64) };
    const done = await commits(real, allows(model, parameters) && !open, () =>
      submitOperation({
        now: real.now,
        requester,
        keyClass,
        reason: 'By chance.',
        ids,
        key: real.seen.key,
        parameters,
      }),
    );
    if (done) model.requests.push(accepted(requestId, parameters, requester, nowOf(real)));
  });

/** A custodian stops the key, whoever holds it. */
export const stop = new OnKey('cora stops it at once', async (model, real) => {
  const requestId = `req_${String(model.requests.length).padStart(26, '0')}`;
  const parameters = { operation: 'emergency-revoke' } as const;
  const open = model.requests.some(
    (other) => other.phase !== 'over' && other.parameters.operation === parameters.operation,
  );
  const done = await commits(real, allows(model, parameters) && !open, () =>
    beginEmergency({
      now: real.now,
      custodian: cora,
      via: 'api',
      keyClass,
      reason: 'By chance.',
      ids: { requestId, nonce: 'e'.repeat(64) },
      key: real.seen.key,
      versions: real.seen.versions,
    }),
  );
  if (!done) return;
  const request = accepted(requestId, parameters, cora, nowOf(real));
  request.phase = 'executing';
  model.requests.push(request);
  hold(model, request, nowOf(real));
});

export const askToRatify = new OnKey('the quorum is asked to ratify', async (model, real) => {
  const requestId = `req_${String(model.requests.length).padStart(26, '0')}`;
  const open = model.requests.some(
    (other) => other.phase !== 'over' && other.parameters.operation === 'ratify',
  );
  const { emergency } = model;
  const done = await commits(real, emergency?.status === 'unratified' && !open, () =>
    submitRatification({
      now: real.now,
      keyClass,
      reason: 'By chance.',
      ids: { requestId, nonce: 'e'.repeat(64) },
      key: real.seen.key,
    }),
  );
  if (!done || emergency === undefined) return;
  const parameters = { operation: 'ratify', emergencyRequestId: emergency.by.requestId } as const;
  model.requests.push(accepted(requestId, parameters, cora, nowOf(real)));
});

export const evidence = (which: number) =>
  new OnRequest('gathers evidence', which, async (model, real, request) => {
    const kmsKeys = live(real.seen.versions).map(({ version, kmsKeyArn }) => ({
      version,
      kmsKeyArn,
      keyState: 'Enabled',
      aliases: [],
      grants: [],
    }));
    const done = await commits(real, request.phase === 'accepted', async () =>
      recordEvidence({
        ...(await workOf(real, request)),
        evidence: { collectedAt: real.now, kmsKeys, gaps: [] },
      }),
    );
    if (done) request.shown = model.lived;
  });

export const ask = (which: number) =>
  new OnRequest('asks the approvers', which, async (_model, real, request) => {
    const done = await commits(real, request.phase === 'accepted', async () =>
      awaitApproval(await workOf(real, request)),
    );
    if (done) request.phase = 'awaiting';
  });

export const say = (which: number, who: Principal, verdict: 'approve' | 'deny') =>
  new OnRequest(`${who.name}: ${verdict}`, which, async (model, real, request) => {
    const may =
      request.phase === 'awaiting' &&
      nowOf(real) < request.expiresAt &&
      isAsked(request, who) &&
      !request.said.has(who.id);
    const done = await commits(real, may, async () => {
      const work = await workOf(real, request);
      await real.registry.putPasskey(passkeyOf(who));
      return decisionBy({
        ...work,
        person: who,
        verdict,
        reason: 'By chance.',
        digest: work.request.digest,
        channel: 'api',
        passkey: assertionOf(who),
      });
    });
    if (!done) return;
    request.said.set(who.id, verdict);
    const outcome = quorumOf(request);
    if (outcome === 'denied') {
      const emergency = judged(model, request);
      if (emergency !== undefined) emergency.status = 'rejected';
      end(model, request);
    }
    if (outcome === 'approved') request.phase = 'approved';
  });

const isOpen = ({ phase }: ModelRequest): boolean => phase === 'accepted' || phase === 'awaiting';

export const cancel = (which: number, who: Principal) =>
  new OnRequest(`${who.name} cancels`, which, async (model, real, request) => {
    const mine = who.id === request.requester && request.parameters.operation !== 'ratify';
    const done = await commits(real, mine && isOpen(request), async () =>
      cancelRequest({ ...(await workOf(real, request)), requester: who }),
    );
    if (done) end(model, request);
  });

export const expire = (which: number) =>
  new OnRequest('expires', which, async (model, real, request) => {
    const done = await commits(real, isOpen(request), async () => expireRequest(await workOf(real, request)));
    if (done) end(model, request);
  });

export const begin = (which: number) =>
  new OnRequest('begins', which, async (model, real, request) => {
    const { quorum } = approvalOf(keyClass, request.parameters.operation);
    const may =
      request.phase === (quorum === 0 ? 'accepted' : 'approved') &&
      allows(model, request.parameters) &&
      !takesMore(model, request) &&
      isFree(model, request, nowOf(real));
    const done = await commits(real, may, async () => beginExecution(await workOf(real, request)));
    if (!done) return;
    request.phase = 'executing';
    hold(model, request, nowOf(real));
  });

/** As the step does for an execution that comes after a long pause. */
export const carryOn = (which: number) =>
  new OnRequest('is carried on', which, async (model, real, request) => {
    const may =
      request.phase === 'executing' &&
      (request.parameters.operation === 'emergency-revoke' ||
        (allows(model, request.parameters) &&
          !takesMore(model, request) &&
          isFree(model, request, nowOf(real))));
    const done = await commits(real, may, async () => resumeExecution(await workOf(real, request)));
    if (done) hold(model, request, nowOf(real));
  });

/** The steps that make a version and prove it: only for what brings one. */
export const make = (which: number) =>
  new OnRequest('makes a version', which, async (model, real, request) => {
    if (!['generate', 'rotate'].includes(request.parameters.operation)) return;
    if (request.made === 'proven version') return;
    const done = await commits(
      real,
      request.phase === 'executing' && holds(model, request, nowOf(real)),
      async () => {
        const work = await workOf(real, request);
        assertExecuting(work, work.decisions, 'forward');
        const unborn = work.versions.find(
          ({ requestId, state }) => requestId === request.requestId && state === 'pre-activation',
        );
        const probe = { kind: 'signature', signature: 'AA==', algorithm: 'ECDSA_SHA_256' } as const;
        if (unborn !== undefined) return recordProbe({ ...work, version: unborn, probe });
        const version = work.versions.length + 1;
        return recordVersion({
          ...work,
          version: { version, kmsKeyId: `k${version}`, kmsKeyArn: `arn:k${version}` },
        });
      },
    );
    if (!done) return;
    request.made = request.made === 'nothing' ? 'version' : 'proven version';
    hold(model, request, nowOf(real));
  });

export const complete = (which: number) =>
  new OnRequest('completes', which, async (model, real, request) => {
    const proven =
      !['generate', 'rotate'].includes(request.parameters.operation) || request.made === 'proven version';
    const may = request.phase === 'executing' && holds(model, request, nowOf(real)) && proven;
    if (!(await commits(real, may, async () => completion(await workOf(real, request))))) return;
    carryThrough(model, request, nowOf(real));
    end(model, request);
  });

/** Builds what would complete a request and stops: what it wanted to commit lies in wait. */
export const stall = (which: number) =>
  new OnRequest('stalls before its commit', which, async (_model, real, request) => {
    try {
      real.zombie = completion(await workOf(real, request));
    } catch (error) {
      if (!(error instanceof KeywardError)) throw error;
    }
  });

export const wakeUp = new OnKey('a stalled process goes on', async (_model, real) => {
  const { zombie } = real;
  real.zombie = undefined;
  const moved = zombie !== undefined && zombie.key.before?.rowVersion !== real.seen.key.rowVersion;
  if (moved) await expect(real.registry.commit(zombie)).rejects.toThrow(RowConflict);
});

export const undo = (which: number) =>
  new OnRequest('is undone', which, async (model, real, request) => {
    const may =
      (request.phase === 'executing' || request.phase === 'undoing') && isFree(model, request, nowOf(real));
    const done = await commits(real, may, async () =>
      beginUndo({ ...(await workOf(real, request)), error: { code: 'ProbeFailed', message: 'By chance.' } }),
    );
    if (!done) return;
    request.phase = 'undoing';
    hold(model, request, nowOf(real));
  });

/** As the step does: a request that has ended some other way stays as it is. */
export const fail = (which: number) =>
  new OnRequest('fails', which, async (model, real, request) => {
    if (request.phase === 'over') return;
    await commits(real, true, async () =>
      failExecution({
        ...(await workOf(real, request)),
        error: { code: 'ProbeFailed', message: 'By chance.' },
      }),
    );
    end(model, request);
  });

export const interrupt = new OnKey('somebody else cancels the deletion', async (model, real) => {
  const { key, versions } = real.seen;
  const done = await commits(real, model.destruction?.status === 'scheduled', () =>
    interruptDestruction({
      now: real.now,
      actor,
      key,
      versions,
      saved: versions.map(({ kmsKeyArn }) => kmsKeyArn),
      by: 'mallory',
    }),
  );
  if (done && model.destruction !== undefined)
    model.destruction = { ...model.destruction, status: 'interrupted' };
});

export const observe = new OnKey('the deletion is observed', async (model, real) => {
  const { key, versions } = real.seen;
  const over = model.destruction !== undefined && nowOf(real) >= model.destruction.at;
  if (model.destruction?.status !== 'scheduled' || !over) return;
  const { requestId = '' } = key.destruction ?? {};
  const request = await real.registry.getRequest(requestId);
  if (request === undefined) throw new Error('The destruction names no request.');
  const decisions = await real.registry.getDecisions(requestId);
  await commits(real, true, () =>
    completeDestruction({ now: real.now, actor, key, versions, request, decisions, observations: [] }),
  );
  model.state = 'destroyed';
  model.destruction = undefined;
});

export const wait = (duration: string) =>
  new OnKey(`waits ${duration}`, async (_model, real) => {
    real.now = plusDuration(real.now, duration);
  });

/** A request that is asked for and approved, and has yet to begin. */
export const approved = (asked: RequestParameters): OnKey =>
  new OnKey(`is approved: ${JSON.stringify(asked)}`, async (model, real) => {
    if (asked.operation !== 'generate') await submit(asked, alice).run(model, real);
    if (approvalOf(keyClass, asked.operation).quorum === 0) return;
    const approvers = people.filter(({ groups }) => groups.includes('security'));
    const steps = [evidence(0), ask(0), ...approvers.map((who) => say(0, who, 'approve'))];
    for (const step of steps) await step.run(model, real);
  });

/** An emergency that nothing comes in between, and the quorum asked, which has yet to decide or has agreed. */
export const emergency = (ratified: boolean): OnKey =>
  new OnKey(`is stopped at once${ratified ? ', which is ratified' : ''}`, async (model, real) => {
    await stop.run(model, real);
    await complete(0).run(model, real);
    await askToRatify.run(model, real);
    const approvers = people.filter(({ groups }) => groups.includes('security'));
    const agreement = [...approvers.map((who) => say(0, who, 'approve')), begin(0), complete(0)];
    for (const step of [ask(0), ...(ratified ? agreement : [])]) await step.run(model, real);
  });

/** An operation that nothing comes in between: without it chance would hardly get anywhere. */
export const whole = (asked: RequestParameters): OnKey =>
  new OnKey(`goes through: ${JSON.stringify(asked)}`, async (model, real) => {
    const steps = [approved(asked), begin(0), make(0), make(0), complete(0)];
    for (const step of steps) await step.run(model, real);
  });
