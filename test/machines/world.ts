import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { ulid } from 'ulid';
import * as z from 'zod';
import type { Executions, Start } from '../../lambdas/adapters/executions.ts';
import { readPolicies } from '../../lambdas/adapters/policy-files.ts';
import { createRegistry, type Registry } from '../../lambdas/adapters/registry/registry.ts';
import { openApproval, openInput } from '../../lambdas/approvals/open-approval.ts';
import { outcomeInput, readOutcome } from '../../lambdas/approvals/read-outcome.ts';
import type { Change } from '../../lambdas/domain/change.ts';
import { isTransient } from '../../lambdas/domain/errors.ts';
import type { Principal } from '../../lambdas/domain/principal.ts';
import type { Operation } from '../../lambdas/domain/request.ts';
import { admitCustodian } from '../../lambdas/emergency/admission.ts';
import { type Stopped, stopKey } from '../../lambdas/emergency/stop-key.ts';
import { dispatch } from '../../lambdas/requests/dispatch.ts';
import { begin } from '../../lambdas/steps/begin-execution.ts';
import { bindAlias, bindAliasInput } from '../../lambdas/steps/bind-alias.ts';
import { cancelDeletion } from '../../lambdas/steps/cancel-deletion.ts';
import { completeInput, completeRequest } from '../../lambdas/steps/complete-request.ts';
import { createVersion } from '../../lambdas/steps/create-version.ts';
import { disableKey } from '../../lambdas/steps/disable-key.ts';
import { discardVersion } from '../../lambdas/steps/discard-version.ts';
import { enableKey } from '../../lambdas/steps/enable-key.ts';
import { failInput, failRequest } from '../../lambdas/steps/fail-request.ts';
import { stepInput } from '../../lambdas/steps/held-key.ts';
import { prepareInput, prepareRequest } from '../../lambdas/steps/prepare-request.ts';
import { probeInput, probeVersion } from '../../lambdas/steps/probe-version.ts';
import { restrictInput, restrictVersions } from '../../lambdas/steps/restrict-version.ts';
import { rotateInPlace } from '../../lambdas/steps/rotate-in-place.ts';
import { scheduleDeletion } from '../../lambdas/steps/schedule-deletion.ts';
import { tendKey } from '../../lambdas/sweep/due-key.ts';
import { tendRequest } from '../../lambdas/sweep/due-request.ts';
import { discardOrphans } from '../../lambdas/sweep/orphans.ts';
import { sweep } from '../../lambdas/sweep/sweep.ts';
import { startLocalKms } from '../../local/kms/server.ts';
import { beAtItsBest, beImperfect, kmsIsImperfect, type reasonsForTheBest } from '../imperfection.ts';
import { authorization } from '../unit/approvals/proofs.ts';
import { allowedByTags, callingAs, everyRole, introduce, roles } from './callers.ts';
import { Crashes } from './crash.ts';
import { type Machine, named, type Outcome, parseMachine, runMachine } from './interpreter.ts';
import { memoryTable } from './memory-table.ts';

const root = join(import.meta.dirname, '../..');
/** `former` are the definitions of the last release: an execution of theirs may be waiting when a new one is deployed. */
const definitionFolders = {
  today: join(root, 'statemachines'),
  former: join(import.meta.dirname, 'former'),
} as const;
export const policies = readPolicies(join(root, 'policies'));

const machineOf: Readonly<Record<Operation, string>> = {
  generate: 'generate',
  rotate: 'rotate',
  revoke: 'revoke',
  reinstate: 'revoke',
  destroy: 'destroy',
  'cancel-destruction': 'destroy',
  'emergency-revoke': 'revoke',
  ratify: 'revoke',
};

const invocation = z.object({ FunctionName: z.string(), Payload: z.unknown() });
const childStart = z.object({ StateMachineArn: z.string(), Name: z.string(), Input: z.unknown() });

interface Deed {
  /** The name of the role; empty when no step did it. */
  readonly by: string;
  readonly did: string;
  /** ARNs of the KMS keys. */
  readonly to: readonly string[];
}

/** A wait for a task token. */
interface Wait {
  readonly until: number;
  readonly wake: () => void;
  readonly timeOut: () => void;
}

interface Run {
  readonly ended: Promise<Outcome>;
  outcome?: Outcome;
}

/** Keyward in one process: its own machines and steps over a real KMS, with the table in memory. */
export type World = Awaited<ReturnType<typeof createWorld>>;

export async function createWorld() {
  /** What was done to KMS keys, in order: every call that changed one. */
  const trail: Deed[] = [];
  const kmsServer = await startLocalKms({
    onRecord: ({ eventName, errorCode, readOnly, userIdentity, resources = [] }) => {
      if (readOnly || errorCode !== undefined) return;
      const by = userIdentity.sessionContext?.sessionIssuer.userName ?? '';
      trail.push({ by, did: eventName, to: resources.map(({ ARN: arn }) => arn) });
    },
  });
  await introduce(kmsServer.url);
  if (kmsIsImperfect) {
    await beImperfect(kmsServer.url, [everyRole], { reads: 10, probability: 0.4 });
  }
  const config = {
    endpoint: kmsServer.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const crashes = new Crashes();
  const bareKms = new KMSClient(config);
  const kmsFor = (step: Parameters<typeof callingAs>[0], client = bareKms) =>
    crashes.around(callingAs(step, allowedByTags(client)), 'KMS');
  const bareTagging = new ResourceGroupsTaggingAPIClient(config);
  const tagIndex = { lags: false };
  const tagging = crashes.around(callingAs('CreateVersion', lagging(bareTagging, tagIndex)), 'KMS');
  const clock = async (): Promise<string> => kmsServer.clock.now().toISOString();

  const events: string[] = [];
  const table = memoryTable();
  /** The registry as one sees it whose writes the stream tells of, even when the writer does not live to hear of them. */
  const streaming = (client: ReturnType<typeof memoryTable>): Registry => {
    const stored = createRegistry({ client, tableName: 'memory' });
    return {
      ...stored,
      async commit(change, extra) {
        const requestId = change.request?.after.requestId;
        if (requestId !== undefined) events.push(requestId);
        await stored.commit(change, extra);
      },
      async putTaskToken(requestId, token, at) {
        events.push(requestId);
        await stored.putTaskToken(requestId, token, at);
      },
    };
  };
  const safe = streaming(table);
  const registry = streaming(crashes.around(table, 'table'));

  const pause = async (milliseconds: number): Promise<void> => moveClock(milliseconds);
  const base = { registry, clock };
  const { classes, notifications } = policies;
  const steps: Record<string, (payload: unknown) => Promise<unknown>> = {
    PrepareRequest: checked(
      prepareInput,
      prepareRequest({ ...base, kms: kmsFor('PrepareRequest'), classes }),
    ),
    BeginExecution: checked(stepInput, begin({ ...base, classes })),
    CreateVersion: checked(
      stepInput,
      createVersion({ ...base, kms: kmsFor('CreateVersion'), pause, tagging, classes, roles }),
    ),
    BindAlias: checked(bindAliasInput, bindAlias({ ...base, kms: kmsFor('BindAlias'), pause })),
    ProbeVersion: checked(probeInput, probeVersion({ ...base, kms: kmsFor('ProbeVersion'), pause })),
    RotateInPlace: checked(stepInput, rotateInPlace({ ...base, kms: kmsFor('RotateInPlace'), pause })),
    RestrictVersion: checked(
      restrictInput,
      restrictVersions({ ...base, kms: kmsFor('RestrictVersion'), classes, roles }),
    ),
    DisableKey: checked(stepInput, disableKey({ ...base, kms: kmsFor('DisableKey'), pause })),
    EnableKey: checked(stepInput, enableKey({ ...base, kms: kmsFor('EnableKey') })),
    ScheduleDeletion: checked(
      stepInput,
      scheduleDeletion({ ...base, kms: kmsFor('ScheduleDeletion'), pause, protectedKeys: [] }),
    ),
    CancelDeletion: checked(stepInput, cancelDeletion({ ...base, kms: kmsFor('CancelDeletion'), pause })),
    DiscardVersion: checked(stepInput, discardVersion({ ...base, kms: kmsFor('DiscardVersion'), pause })),
    CompleteRequest: checked(completeInput, completeRequest({ ...base, classes })),
    FailRequest: checked(failInput, failRequest(base)),
    OpenApproval: checked(
      openInput,
      openApproval({
        ...base,
        notifications,
        sendMail: async () => {},
        portalUrl: 'https://keyward.test/portal',
      }),
    ),
    ReadOutcome: checked(outcomeInput, readOutcome(base)),
  };

  const waits = new Map<string, Wait>();
  /** By an ISO-8601 duration or by milliseconds. */
  const moveClock = (by: string | number): void => {
    kmsServer.clock.advance(by);
    const now = kmsServer.clock.now().getTime();
    for (const { until, timeOut } of waits.values()) if (until <= now) timeOut();
  };
  /** Machines that are doing something: neither ended, nor waiting for a decision or for their child. */
  let busy = 0;
  const runs = new Map<string, Run>();
  const entered: string[] = [];

  const task = async (resource: string, args: unknown, timeoutSeconds: number): Promise<unknown> => {
    if (resource.includes('states:startExecution.sync:2')) {
      const { StateMachineArn: machine, Name: name, Input: input } = childStart.parse(args);
      const child = execute(machine, `${machine}/${name}`, name, input);
      busy -= 1;
      const outcome = await child.ended;
      busy += 1;
      if (outcome.status === 'FAILED') throw named('States.TaskFailed', outcome.Cause);
      return { Output: outcome.output, Status: 'SUCCEEDED' };
    }
    const { FunctionName: name, Payload: payload } = invocation.parse(args);
    const step = steps[name];
    if (step === undefined) throw new Error(`There is no step ${name}.`);
    if (!resource.endsWith('.waitForTaskToken')) {
      return { Payload: await crashes.process(() => step(payload)), StatusCode: 200 };
    }
    const { taskToken: token } = z.looseObject({ taskToken: z.string() }).parse(payload);
    const woken = Promise.withResolvers<void>();
    let asleep = false;
    const wakeUp = (end: () => void) => () => {
      waits.delete(token);
      if (asleep) busy += 1;
      asleep = false;
      end();
    };
    waits.set(token, {
      until: kmsServer.clock.now().getTime() + timeoutSeconds * 1000,
      wake: wakeUp(() => woken.resolve()),
      timeOut: wakeUp(() => woken.reject(named('States.Timeout', 'The wait is over.'))),
    });
    try {
      await crashes.process(() => step(payload));
    } catch (error) {
      waits.delete(token); // the next attempt waits with another
      throw error;
    }
    if (waits.has(token)) {
      asleep = true;
      busy -= 1;
    }
    await woken.promise;
    return {};
  };

  const definitions = new Map<string, Machine>();
  let deployed: keyof typeof definitionFolders = 'today';
  /** What an execution is started by; it goes by that to its end, as on AWS. */
  const definition = (name: string): Machine => {
    const known = definitions.get(name);
    if (known !== undefined) return known;
    const asl = readFileSync(join(definitionFolders[deployed], `${name}.asl.json`), 'utf8');
    const parsed = parseMachine(asl, (placeholder) =>
      placeholder === 'Approval' ? 'approval' : placeholder,
    );
    definitions.set(name, parsed);
    return parsed;
  };

  function execute(machine: string, key: string, name: string, input: unknown): Run {
    const known = runs.get(key);
    if (known !== undefined) return known;
    const wait = (seconds: number): void => moveClock(seconds * 1000);
    const run: Run = { ended: runMachine(definition(machine), { name, input, task, wait, entered }) };
    runs.set(key, run);
    busy += 1;
    void note(run).finally(() => {
      busy -= 1;
    });
    return run;
  }

  const keyOf = (requestId: string, operation: Operation, how: Start): string =>
    `${machineOf[operation]}/${requestId}${how === 'run' ? '' : `-${how}`}`;

  const executions: Executions = {
    async start(requestId, operation, how) {
      const name = how === 'run' ? requestId : `${requestId}-${how}`;
      const input = how.startsWith('undo-') ? { requestId, recover: true } : { requestId };
      execute(machineOf[operation], keyOf(requestId, operation, how), name, input);
    },
    async statusOf(requestId, operation, how) {
      const run = runs.get(keyOf(requestId, operation, how));
      if (run === undefined) return 'missing';
      return run.outcome === undefined ? 'running' : 'ended';
    },
    async wake(token) {
      waits.get(token)?.wake();
    },
  };

  /** Keys of whose emergency an alert has told. */
  const rings: string[] = [];
  const move = dispatch({ registry: safe, executions });
  const tend = {
    key: tendKey({
      registry: safe,
      kms: callingAs('Sweep', bareKms),
      classes,
      newRequestId: () => `req_${ulid()}`,
      ring: async ({ keyId }) => void rings.push(keyId),
    }),
    request: tendRequest({ registry: safe, executions }),
  };

  /** Hands out what the stream has to tell, each event twice, as a stream may. */
  const stream = async (): Promise<void> => {
    for (let requestId = events.shift(); requestId !== undefined; requestId = events.shift()) {
      await move(requestId);
      await move(requestId);
    }
  };

  return {
    /** Where the local KMS listens: its own endpoints make it as imperfect as KMS is. */
    kmsUrl: kmsServer.url,
    /** From now on KMS is at its best, whatever the run asks for. */
    kmsAtItsBest: (reason: keyof typeof reasonsForTheBest): Promise<void> =>
      beAtItsBest(kmsServer.url, reason),
    /** The account’s root, as which the test looks around. */
    kms: bareKms,
    tagging: bareTagging,
    trail,
    rings,
    registry: safe,
    clock,
    pause,
    crashes,
    /** Names of the states that machines have entered, in order. */
    entered,
    /** A run of the sweep, or the next ones where KMS may keep one from its work: each twice at once, as a schedule may. */
    sweep: async (): Promise<void> => {
      const once = async () =>
        sweep({
          registry: safe,
          clock,
          tend,
          publishOldestWaiting: () => {},
          publishNotTended: () => {},
          millisecondsLeft: () => 60_000,
        });
      for (let run = 0; run < SWEEPS; run += 1) await Promise.all([once(), once()]);
    },
    orphans: () =>
      discardOrphans({
        registry: safe,
        clock,
        kms: callingAs('DiscardVersion', bareKms),
        pause,
        tagging: callingAs('DiscardVersion', bareTagging),
        classes,
        roles,
      }),
    /** While it lags, no step finds a KMS key by its tags. */
    tagIndex,
    /** A custodian stops a key, in one process as the Lambda does it; the probe is a step of its own. Told to ask again, they do. */
    stop: (keyId: string, custodian: Principal, client = bareKms): Promise<Stopped> =>
      asksAgain(() =>
        crashes.process(() =>
          stopKey({
            registry,
            kms: kmsFor('DisableKey', client),
            pause,
            clock,
            classes,
            admit: admitCustodian({
              directory: { groupsOf: async () => custodian.groups },
              authorization,
            }),
            probeRefusal: async (requestId) =>
              void (await steps.ProbeVersion?.({ requestId, expect: 'refused' })),
            newId: () => ulid(),
            randomNonce: () => 'e'.repeat(64),
          })({ keyId, reason: 'It leaks.', custodian, via: 'api' }),
        ),
      ),
    /** Runs one step by itself, outside of any machine. */
    step: async (name: string, payload: unknown): Promise<unknown> => steps[name]?.(payload),
    /** Executions that start from now on go by these definitions. The steps are today's: a Lambda has one code. */
    deploy: (which: typeof deployed): void => {
      deployed = which;
      definitions.clear();
    },
    /** Puts something else in a step's place. */
    instead: (step: string, work: (payload: unknown) => Promise<unknown>): void => {
      steps[step] = work;
    },
    /** Does something just before a step begins, the next time that it does. */
    before: (step: string, work: () => Promise<unknown>): void => {
      const untouched = steps[step];
      if (untouched === undefined) throw new Error(`There is no step ${step}.`);
      steps[step] = async (payload) => {
        steps[step] = untouched;
        await work();
        return untouched(payload);
      };
    },
    moveClock,
    /** A commit from outside the machines: an API call. */
    commit: (change: Change): Promise<void> => safe.commit(change),
    /** Works the stream off until no machine has anything to do: each has ended or waits for a decision. */
    settle: async (): Promise<void> => {
      for (let quiet = 0; quiet < 3; quiet = busy > 0 || events.length > 0 ? 0 : quiet + 1) {
        await stream();
        await new Promise(setImmediate);
      }
    },
    close: () => kmsServer.close(),
  };
}

/** Where KMS is imperfect. */
const MOST_STOPS = kmsIsImperfect ? 5 : 1;
const SWEEPS = kmsIsImperfect ? 5 : 1;

async function asksAgain<T>(ask: () => Promise<T>): Promise<T> {
  for (let asked = 1; ; asked += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isTransient(error) || asked === MOST_STOPS) throw error;
    }
  }
}

async function note(run: Run): Promise<void> {
  run.outcome = await run.ended;
}

function lagging<C extends { send: unknown }>(client: C, index: { readonly lags: boolean }): C {
  const send = client.send as (...args: unknown[]) => Promise<unknown>;
  return new Proxy(client, {
    get: (target, property) => {
      if (property !== 'send') return Reflect.get(target, property);
      return async (...args: unknown[]) =>
        index.lags ? { ResourceTagMappingList: [] } : send.apply(target, args);
    },
  });
}

function checked<S extends z.ZodType, R>(schema: S, step: (input: z.output<S>) => Promise<R>) {
  return async (payload: unknown): Promise<R> => step(schema.parse(payload));
}
