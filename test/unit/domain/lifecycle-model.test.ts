import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPolicies } from '../../../lambdas/adapters/policy-files.ts';
import type { Registry } from '../../../lambdas/adapters/registry/registry.ts';
import { completeDestruction } from '../../../lambdas/domain/certificate.ts';
import type { Change } from '../../../lambdas/domain/change.ts';
import { plusDuration } from '../../../lambdas/domain/cryptoperiod.ts';
import { cancelRequest, decide, expireRequest } from '../../../lambdas/domain/decision.ts';
import { KeywardError, RowConflict } from '../../../lambdas/domain/errors.ts';
import {
  assertExecuting,
  awaitApproval,
  beginExecution,
  beginUndo,
  recordEvidence,
  recordProbe,
  recordVersion,
} from '../../../lambdas/domain/execution.ts';
import type { KeyRecord, KeyState, VersionRecord } from '../../../lambdas/domain/key.ts';
import { classNamed } from '../../../lambdas/domain/key-class.ts';
import { type LedgerEntry, verifyChain } from '../../../lambdas/domain/ledger.ts';
import {
  completeActivation,
  completeCancellation,
  completeReinstatement,
  completeRevocation,
  completeScheduling,
  failExecution,
  interruptDestruction,
} from '../../../lambdas/domain/outcome.ts';
import type { Principal } from '../../../lambdas/domain/principal.ts';
import {
  type DecisionRecord,
  finalRequestStates,
  type RequestParameters,
  type RequestRecord,
} from '../../../lambdas/domain/request.ts';
import { submitGenerate, submitOperation } from '../../../lambdas/domain/submission.ts';
import { memoryRegistry } from '../../machines/memory-registry.ts';
import { KEY_ID, person } from './examples.ts';

// A key's life by chance: whatever is asked, decided, begun, broken off and repeated, in any order. A model far simpler
// than the domain foretells what goes through; the invariants are read from the registry after every command.

const { classes } = readPolicies(join(import.meta.dirname, '../../../policies'));
const keyClass = classNamed(classes, 'code-signing');

const alice = person('alice', 'payments');
const sam = person('sam', 'security');
const people = [alice, sam, person('omar', 'payments'), person('sue', 'security'), person('eve', 'guests')];
const actor = { kind: 'service', id: 'service:test', name: 'test' } as const;

const MINUTE = 60_000;
const LEASE = 15 * MINUTE;
const DAY = 24 * 60 * MINUTE;

const operations = [
  { operation: 'rotate', cause: 'request' },
  { operation: 'rotate', cause: 'schedule' },
  { operation: 'revoke', mode: 'suspend' },
  { operation: 'revoke', mode: 'compromise' },
  { operation: 'reinstate' },
  { operation: 'destroy', windowDays: 30 },
  { operation: 'cancel-destruction' },
] as const satisfies readonly RequestParameters[];

interface ModelRequest {
  readonly requestId: string;
  readonly parameters: RequestParameters;
  readonly requester: string;
  readonly expiresAt: number;
  phase: 'accepted' | 'awaiting' | 'approved' | 'executing' | 'undoing' | 'over';
  made: 'nothing' | 'version' | 'proven version';
  readonly said: Map<string, 'approve' | 'deny'>;
}

interface Model {
  state: KeyState;
  destruction?: { status: 'scheduled' | 'interrupted'; prior: KeyState; at: number } | undefined;
  lease?: { holder: ModelRequest; until: number } | undefined;
  readonly requests: ModelRequest[];
}

/** What the registry holds, read at once. */
interface Seen {
  readonly key: KeyRecord;
  readonly versions: readonly VersionRecord[];
  readonly requests: ReadonlyMap<string, RequestRecord>;
  readonly ledger: readonly LedgerEntry[];
}

interface Real {
  readonly registry: Registry;
  now: string;
  seen: Seen;
  /** What a process wanted to commit that has stopped for a while. */
  zombie?: Change | undefined;
}

const nowOf = (real: Real): number => Date.parse(real.now);

/** Of which groups and how many must agree, as the class says it. */
function quorumOf({ parameters, said, requester }: ModelRequest): 'denied' | 'approved' | 'waiting' {
  const { quorum, groups } = keyClass.approvals[parameters.operation];
  const may = people.filter(
    ({ id, groups: [group = ''] }) =>
      id !== requester && groups.includes(group === 'payments' ? 'owner' : group),
  );
  const verdicts = may.flatMap(({ id }) => said.get(id) ?? []);
  if (verdicts.includes('deny')) return 'denied';
  return verdicts.length >= quorum ? 'approved' : 'waiting';
}

function allows({ state, destruction }: Model, parameters: RequestParameters): boolean {
  if (parameters.operation === 'cancel-destruction')
    return destruction !== undefined && state !== 'destroyed';
  if (destruction?.status === 'scheduled') return false;
  switch (parameters.operation) {
    case 'generate':
      return state === 'pre-activation';
    case 'rotate':
      return state === 'active';
    case 'revoke':
      return parameters.mode === 'suspend'
        ? state === 'active'
        : state === 'active' || state === 'suspended' || state === 'deactivated';
    case 'reinstate':
      return state === 'suspended';
    case 'destroy':
      return state !== 'pre-activation' && state !== 'destroyed';
  }
}

const holds = (model: Model, request: ModelRequest, real: Real): boolean =>
  model.lease?.holder === request && nowOf(real) < model.lease.until;
const isFree = (model: Model, request: ModelRequest, real: Real): boolean =>
  model.lease === undefined || model.lease.holder === request || nowOf(real) >= model.lease.until;

function end(model: Model, request: ModelRequest): void {
  request.phase = 'over';
  if (model.lease?.holder === request) model.lease = undefined;
  if (request.parameters.operation === 'generate' && model.state === 'pre-activation')
    model.state = 'destroyed';
}

/** What a key is after an operation that was carried through. */
function carryThrough(model: Model, { parameters }: ModelRequest, real: Real): void {
  const { state, destruction } = model;
  switch (parameters.operation) {
    case 'generate':
    case 'rotate':
      model.state = 'active';
      return;
    case 'revoke':
      model.state = parameters.mode === 'compromise' ? 'compromised' : 'suspended';
      model.destruction = undefined;
      return;
    case 'reinstate':
      model.state = 'active';
      model.destruction = undefined;
      return;
    case 'destroy':
      model.state = state === 'active' ? 'suspended' : state;
      model.destruction = {
        status: 'scheduled',
        prior: destruction?.prior ?? state,
        at: nowOf(real) + 30 * DAY,
      };
      return;
    case 'cancel-destruction':
      model.state = destruction?.prior ?? state;
      model.destruction = undefined;
  }
}

/** The change that completes a request, as the step builds it. */
function completion(work: Work): Change {
  assertExecuting(work, work.decisions, 'forward');
  switch (work.request.parameters.operation) {
    case 'generate':
    case 'rotate':
      return completeActivation({ ...work, keyClass });
    case 'revoke':
      return completeRevocation(work);
    case 'reinstate':
      return completeReinstatement(work);
    case 'destroy':
      return completeScheduling({ ...work, deletionDate: plusDuration(work.now, 'P30D') });
    case 'cancel-destruction':
      return completeCancellation(work);
  }
}

interface Work {
  readonly now: string;
  readonly actor: typeof actor;
  readonly key: KeyRecord;
  readonly versions: readonly VersionRecord[];
  readonly request: RequestRecord;
  readonly decisions: readonly DecisionRecord[];
}

async function workOf(real: Real, { requestId }: ModelRequest): Promise<Work> {
  const request = await real.registry.getRequest(requestId);
  if (request === undefined) throw new Error(`There is no request ${requestId}.`);
  const { key, versions } = real.seen;
  const decisions = await real.registry.getDecisions(requestId);
  return { now: real.now, actor, key, versions, request, decisions };
}

/** Commits what is built, as the model has foretold: whole, and a second time without a trace; or refused by name. */
async function commits(
  real: Real,
  foretold: boolean,
  build: () => Change | Promise<Change>,
): Promise<boolean> {
  let change: Change;
  try {
    change = await build();
  } catch (error) {
    if (!(error instanceof KeywardError)) throw error;
    expect(foretold, `refused with ${error.code}: ${error.message}`).toBe(false);
    return false;
  }
  expect(foretold, 'built, against the model').toBe(true);
  await real.registry.commit(change);
  await real.registry.commit(change); // its answer was lost, and it was sent again
  return true;
}

/** A command on one of the requests there are, chosen by a number. */
class OnRequest implements fc.AsyncCommand<Model, Real> {
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

class OnKey implements fc.AsyncCommand<Model, Real> {
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

const submit = (parameters: RequestParameters, requester: Principal) =>
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
    if (done) model.requests.push(accepted(requestId, parameters, requester, real));
  });

function accepted(
  requestId: string,
  parameters: RequestParameters,
  requester: Principal,
  real: Real,
): ModelRequest {
  return {
    requestId,
    parameters,
    requester: requester.id,
    expiresAt: nowOf(real) + 7 * DAY,
    phase: 'accepted',
    made: 'nothing',
    said: new Map(),
  };
}

const evidence = (which: number) =>
  new OnRequest('gathers evidence', which, async (_model, real, request) => {
    await commits(real, request.phase === 'accepted', async () =>
      recordEvidence({
        ...(await workOf(real, request)),
        evidence: { collectedAt: real.now, kmsKeys: [], gaps: [] },
      }),
    );
  });

const ask = (which: number) =>
  new OnRequest('asks the approvers', which, async (_model, real, request) => {
    const done = await commits(real, request.phase === 'accepted', async () =>
      awaitApproval(await workOf(real, request)),
    );
    if (done) request.phase = 'awaiting';
  });

const say = (which: number, who: Principal, verdict: 'approve' | 'deny') =>
  new OnRequest(`${who.name}: ${verdict}`, which, async (model, real, request) => {
    const groups = keyClass.approvals[request.parameters.operation].groups.map((group) =>
      group === 'owner' ? 'payments' : group,
    );
    const may =
      request.phase === 'awaiting' &&
      nowOf(real) < request.expiresAt &&
      who.id !== request.requester &&
      who.groups.some((group) => groups.includes(group)) &&
      !request.said.has(who.id);
    const done = await commits(real, may, async () => {
      const work = await workOf(real, request);
      return decide({
        ...work,
        person: who,
        verdict,
        reason: 'By chance.',
        digest: work.request.digest,
        channel: 'api',
      });
    });
    if (!done) return;
    request.said.set(who.id, verdict);
    const outcome = quorumOf(request);
    if (outcome === 'denied') end(model, request);
    if (outcome === 'approved') request.phase = 'approved';
  });

const cancel = (which: number, who: Principal) =>
  new OnRequest(`${who.name} cancels`, which, async (model, real, request) => {
    const may = who.id === request.requester && ['accepted', 'awaiting'].includes(request.phase);
    const done = await commits(real, may, async () =>
      cancelRequest({ ...(await workOf(real, request)), requester: who }),
    );
    if (done) end(model, request);
  });

const expire = (which: number) =>
  new OnRequest('expires', which, async (model, real, request) => {
    const done = await commits(real, ['accepted', 'awaiting'].includes(request.phase), async () =>
      expireRequest(await workOf(real, request)),
    );
    if (done) end(model, request);
  });

const begin = (which: number) =>
  new OnRequest('begins', which, async (model, real, request) => {
    const { quorum } = keyClass.approvals[request.parameters.operation];
    const may =
      request.phase === (quorum === 0 ? 'accepted' : 'approved') &&
      allows(model, request.parameters) &&
      isFree(model, request, real);
    const done = await commits(real, may, async () => beginExecution(await workOf(real, request)));
    if (!done) return;
    request.phase = 'executing';
    model.lease = { holder: request, until: nowOf(real) + LEASE };
  });

/** The steps that make a version and prove it: only for what brings one. */
const make = (which: number) =>
  new OnRequest('makes a version', which, async (model, real, request) => {
    if (!['generate', 'rotate'].includes(request.parameters.operation)) return;
    if (request.made === 'proven version') return;
    const done = await commits(
      real,
      request.phase === 'executing' && holds(model, request, real),
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
    model.lease = { holder: request, until: nowOf(real) + LEASE };
  });

const complete = (which: number) =>
  new OnRequest('completes', which, async (model, real, request) => {
    const proven =
      !['generate', 'rotate'].includes(request.parameters.operation) || request.made === 'proven version';
    const may = request.phase === 'executing' && holds(model, request, real) && proven;
    if (!(await commits(real, may, async () => completion(await workOf(real, request))))) return;
    carryThrough(model, request, real);
    end(model, request);
  });

/** Builds what would complete a request and stops: what it wanted to commit lies in wait. */
const stall = (which: number) =>
  new OnRequest('stalls before its commit', which, async (_model, real, request) => {
    try {
      real.zombie = completion(await workOf(real, request));
    } catch (error) {
      if (!(error instanceof KeywardError)) throw error;
    }
  });

const wakeUp = new OnKey('a stalled process goes on', async (_model, real) => {
  const { zombie } = real;
  real.zombie = undefined;
  const moved = zombie !== undefined && zombie.key.before?.rowVersion !== real.seen.key.rowVersion;
  if (moved) await expect(real.registry.commit(zombie)).rejects.toThrow(RowConflict);
});

const undo = (which: number) =>
  new OnRequest('is undone', which, async (model, real, request) => {
    const may =
      (request.phase === 'executing' || request.phase === 'undoing') && isFree(model, request, real);
    const done = await commits(real, may, async () =>
      beginUndo({ ...(await workOf(real, request)), error: { code: 'ProbeFailed', message: 'By chance.' } }),
    );
    if (!done) return;
    request.phase = 'undoing';
    model.lease = { holder: request, until: nowOf(real) + LEASE };
  });

/** As the step does: a request that has ended some other way stays as it is. */
const fail = (which: number) =>
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

const interrupt = new OnKey('somebody else cancels the deletion', async (model, real) => {
  const { key, versions } = real.seen;
  const done = await commits(real, model.destruction?.status === 'scheduled', () =>
    interruptDestruction({ now: real.now, actor, key, versions, by: 'mallory' }),
  );
  if (done && model.destruction !== undefined)
    model.destruction = { ...model.destruction, status: 'interrupted' };
});

const observe = new OnKey('the deletion is observed', async (model, real) => {
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

const wait = (duration: string) =>
  new OnKey(`waits ${duration}`, async (_model, real) => {
    real.now = plusDuration(real.now, duration);
  });

/** What can be seen of a key agrees with the model. */
function expectAsForetold(model: Model, real: Real): void {
  const { key, requests } = real.seen;
  expect(key.state).toBe(model.state);
  const { destruction } = key;
  const open = destruction?.status === 'scheduled' || destruction?.status === 'interrupted';
  expect(open ? destruction.status : undefined).toBe(model.destruction?.status);
  for (const request of model.requests) {
    const over = finalRequestStates.has(requests.get(request.requestId)?.state ?? 'accepted');
    expect(over, request.requestId).toBe(request.phase === 'over');
  }
}

/** Reads everything anew, and compares it with what must hold, and with what was before. */
async function expectInvariants(real: Real): Promise<void> {
  const before = real.seen;
  const { key, versions, requests, ledger } = await look(real.registry);
  real.seen = { key, versions, requests, ledger };

  // 7. The chain verifies, only grows, and ends in what the records say.
  expect(verifyChain(ledger, key)).toMatchObject({ ok: true });
  expect(ledger.slice(0, before.ledger.length)).toEqual(before.ledger);
  if (before.key.rowVersion !== key.rowVersion) expect(ledger.length).toBeGreaterThan(before.ledger.length);
  else expect([key, versions, [...requests]]).toEqual([before.key, before.versions, [...before.requests]]);

  // 3. It begins at most once, and what has ended stays.
  for (const [requestId, request] of requests) {
    const begun = ledger.filter(
      (entry) => entry.requestId === requestId && entry.event === 'execution-started',
    );
    expect(begun.length).toBeLessThanOrEqual(1);
    const former = before.requests.get(requestId);
    if (former !== undefined && finalRequestStates.has(former.state)) expect(request).toEqual(former);
  }

  // 4. Who records something holds the key: it was the last to begin, or to begin its undoing.
  const fresh = ledger.slice(before.ledger.length);
  const last = ledger.findLast(({ event }) => event === 'execution-started' || event === 'undo-started');
  for (const { event, requestId } of fresh.filter(({ event: what }) => acting.has(what))) {
    expect(requestId, event).toBe(last?.requestId);
  }

  // 1. and 2. What takes a KMS key out of use was approved: by as many as the class asks, none of them the requester.
  const taken = versions.some(({ version, backendState }) => {
    const former = before.versions.find((other) => other.version === version);
    return backendState !== 'Enabled' && former?.backendState === 'Enabled';
  });
  if (taken) {
    const request = requests.get(fresh.find(({ event }) => acting.has(event))?.requestId ?? '');
    expect(['revoke', 'destroy']).toContain(request?.parameters.operation);
    const decisions = await real.registry.getDecisions(request?.requestId ?? '');
    const approvers = new Set(decisions.map(({ person: { id } }) => id));
    approvers.delete(request?.requester.id ?? '');
    expect(approvers.size).toBeGreaterThanOrEqual(2);
    expect(
      decisions.every(({ verdict, digest }) => verdict === 'approve' && digest === request?.digest),
    ).toBe(true);
  }

  // A compromise is for ever, and a key that is out of use has no version in use.
  if (before.key.state === 'compromised') expect(['compromised', 'destroyed']).toContain(key.state);
  if (['suspended', 'compromised', 'destroyed'].includes(key.state)) {
    expect(versions.filter(({ state }) => state === 'active')).toEqual([]);
  }
  if (key.state === 'active') {
    expect(versions.filter(({ state }) => state === 'active').map(({ version }) => version)).toEqual([
      key.currentVersion,
    ]);
  }
}

/** What only the holder of a key records. */
const acting: ReadonlySet<string> = new Set([
  'version-created',
  'version-probed',
  'activated',
  'rotated',
  'suspended',
  'compromised',
  'reinstated',
  'destruction-scheduled',
  'destruction-cancelled',
]);

async function look(registry: Registry): Promise<Seen> {
  const found = await registry.getKeyWithVersions(KEY_ID);
  if (found === undefined) throw new Error('The key is gone.');
  const ledger = await registry.getWholeLedger(KEY_ID);
  const requestIds = [...new Set(ledger.flatMap(({ requestId }) => requestId ?? []))];
  const requests = await Promise.all(
    requestIds.map(async (requestId) => [requestId, await registry.getRequest(requestId)] as const),
  );
  return {
    ...found,
    ledger,
    requests: new Map(
      requests.flatMap(([requestId, request]) => (request === undefined ? [] : [[requestId, request]])),
    ),
  };
}

/** A key that alice has asked for. */
async function beginning(): Promise<{ model: Model; real: Real }> {
  const registry = memoryRegistry();
  const now = '2026-11-25T03:02:22.000Z';
  const requestId = `req_${'0'.repeat(26)}`;
  await registry.commit(
    submitGenerate({
      now,
      requester: alice,
      keyClass,
      reason: 'By chance.',
      ids: { keyId: KEY_ID, requestId, nonce: 'e'.repeat(64) },
      newKey: { name: 'orders', owner: 'payments', description: '', spec: 'ECC_NIST_P256' },
    }),
  );
  const real: Real = { registry, now, seen: await look(registry) };
  const model: Model = {
    state: 'pre-activation',
    requests: [accepted(requestId, { operation: 'generate' }, alice, real)],
  };
  return { model, real };
}

/** Most often the latest request. */
const which = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(6) });
const requester = fc.constantFrom(alice, sam);
const parameters = fc.constantFrom<RequestParameters>(...operations);

/** An operation that nothing comes in between: without it chance would hardly get anywhere. */
const whole = (asked: RequestParameters): OnKey =>
  new OnKey(`goes through: ${JSON.stringify(asked)}`, async (model, real) => {
    const approvals = [
      evidence(0),
      ask(0),
      ...people.filter(({ groups }) => groups.includes('security')).map((who) => say(0, who, 'approve')),
    ];
    const steps = [
      ...(keyClass.approvals[asked.operation].quorum > 0 ? approvals : []),
      begin(0),
      make(0),
      make(0),
      complete(0),
    ];
    if (asked.operation !== 'generate') await submit(asked, alice).run(model, real);
    for (const step of steps) await step.run(model, real);
  });

const commands = fc.commands<Model, Real, false>(
  [
    fc.constantFrom<RequestParameters>({ operation: 'generate' }, ...operations).map(whole),
    parameters.map(whole),
    parameters.map(whole),
    fc.tuple(parameters, requester).map((how) => submit(...how)),
    which.map(evidence),
    which.map(ask),
    fc
      .tuple(
        which,
        fc.constantFrom(...people),
        fc.constantFrom<'approve' | 'deny'>('approve', 'approve', 'approve', 'deny'),
      )
      .map((how) => say(...how)),
    fc.tuple(which, requester).map((how) => cancel(...how)),
    which.map(expire),
    which.map(begin),
    which.map(make),
    which.map(complete),
    which.map(stall),
    fc.constant(wakeUp),
    which.map(undo),
    which.map(fail),
    fc.constant(interrupt),
    fc.constant(observe),
    fc.constantFrom('PT1M', 'PT16M', 'P8D', 'P31D').map(wait),
  ],
  { maxCommands: 30, size: 'max' },
);

test('a key’s life goes as a simple model foretells, and keeps its invariants after every step', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (life) => fc.asyncModelRun(beginning, life)),
    { numRuns: 150 },
  );
}, 60_000);
