import { readFileSync } from 'node:fs';
import validate from 'asl-validator';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { statementsOf } from './permissions.ts';
import { deployed } from './synthesis.ts';

const names = ['approval', 'generate', 'rotate', 'revoke', 'destroy'] as const;

const retrier = z.looseObject({
  ErrorEquals: z.array(z.string()).min(1),
  IntervalSeconds: z.number().optional(),
  BackoffRate: z.number().optional(),
  MaxAttempts: z.number().optional(),
  MaxDelaySeconds: z.number().optional(),
  JitterStrategy: z.string().optional(),
});
type Retrier = z.infer<typeof retrier>;
const catcher = z.looseObject({ ErrorEquals: z.array(z.string()).min(1), Next: z.string() });
const state = z.looseObject({
  Type: z.string(),
  Resource: z.string().optional(),
  TimeoutSeconds: z.union([z.number(), z.string()]).optional(),
  Retry: z.array(retrier).optional(),
  Catch: z.array(catcher).optional(),
  Arguments: z.unknown().optional(),
});
const machine = z.looseObject({ QueryLanguage: z.string(), States: z.record(z.string(), state) });

const definitions = names.map((name) => {
  const text = readFileSync(new URL(`../../statemachines/${name}.asl.json`, import.meta.url), 'utf8');
  return { name, text, ...machine.parse(JSON.parse(text)) };
});

const tasks = definitions.flatMap(({ name, States }) =>
  Object.entries(States)
    .filter(([, { Type }]) => Type === 'Task')
    .map(([stateName, task]) => Object.assign(task, { at: `${name}.${stateName}` })),
);

const machineSchema = z.object({
  Properties: z.object({ DefinitionSubstitutions: z.record(z.string(), z.unknown()) }),
});

const functionSchema = z.object({
  Properties: z.object({ Timeout: z.number(), Handler: z.string(), Runtime: z.string() }),
});

/** The names that each machine of the template has a value for, by the construct that it is. */
function substitutions(name: string): readonly string[] {
  const found = Object.entries(deployed().findResources('AWS::StepFunctions::StateMachine')).find(
    ([logicalId]) => logicalId.toLowerCase().startsWith(`workflows${name}`),
  );
  return Object.keys(machineSchema.parse(found?.[1]).Properties.DefinitionSubstitutions);
}

describe.each(definitions)('the $name machine', ({ name, text, QueryLanguage }) => {
  it('is valid ASL in JSONata', () => {
    expect(QueryLanguage).toBe('JSONata');
    const { errors } = validate(JSON.parse(text));
    expect(errors).toEqual([]);
  });

  it('gets a value for each name that it uses, and for no other', () => {
    const used = new Set(Array.from(text.matchAll(/\$\{(\w+)\}/g), ([, used = '']) => used));
    expect(used.size).toBeGreaterThan(0);
    expect(substitutions(name).toSorted()).toEqual([...used].toSorted());
  });

  it('holds no ARN of its own and calls no service but Lambda and its child', () => {
    const resources = Array.from(text.matchAll(/"Resource": "([^"]+)"/g), ([, resource]) => resource);
    expect(new Set(resources)).toEqual(
      new Set(
        resources.filter((resource) =>
          [
            'arn:aws:states:::lambda:invoke',
            'arn:aws:states:::lambda:invoke.waitForTaskToken',
            'arn:aws:states:::states:startExecution.sync:2',
          ].includes(resource ?? ''),
        ),
      ),
    );
    expect(text).not.toMatch(/arn:aws:(?!states:::)/);
  });
});

describe.each(tasks)('the task $at', (task) => {
  it('ends by itself', () => {
    expect(task.TimeoutSeconds).toBeDefined();
  });

  it('is tried again with jitter, and a bounded number of times', () => {
    expect(task.Retry?.length ?? 0).toBeGreaterThan(0);
    for (const { ErrorEquals, JitterStrategy, MaxAttempts } of task.Retry ?? []) {
      // Who waits for a key waits for one key: there is no crowd to scatter, and an end to outlast.
      if (!ErrorEquals.includes('LeaseHeld')) expect(JitterStrategy).toBe('FULL');
      expect(MaxAttempts).toBeGreaterThan(0);
    }
  });

  it('is tried again whatever a Lambda can fail with by chance', () => {
    if (task.Resource?.includes('lambda:invoke') !== true) return;
    const errors = task.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(errors).toEqual(
      expect.arrayContaining([
        'Lambda.ServiceException',
        'Lambda.AWSLambdaException',
        'Lambda.SdkClientException',
        'Lambda.ClientExecutionTimeoutException',
        'Lambda.TooManyRequestsException',
      ]),
    );
  });

  it('catches what is left', () => {
    expect(task.Catch?.some(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'))).toBe(true);
  });
});

describe('a wait', () => {
  /** The least time in seconds between the first attempt and the last, on average where chance shortens it. */
  const secondsOf = ({ IntervalSeconds = 1, BackoffRate = 2, MaxAttempts = 3, ...retry }: Retrier): number =>
    Array.from({ length: MaxAttempts }, (_none, n) =>
      Math.min(IntervalSeconds * BackoffRate ** n, retry.MaxDelaySeconds ?? Number.POSITIVE_INFINITY),
    ).reduce((sum, seconds) => sum + seconds, 0) * (retry.JitterStrategy === 'FULL' ? 0.5 : 1);

  const waitsFor = (error: string) =>
    tasks.flatMap(({ Retry: retries = [] }) =>
      retries.filter(({ ErrorEquals }) => ErrorEquals.includes(error)),
    );

  it('for a key outlasts a lease that its holder does not live to give back', () => {
    expect(waitsFor('LeaseHeld').length).toBeGreaterThan(0);
    for (const wait of waitsFor('LeaseHeld')) expect(secondsOf(wait)).toBeGreaterThan(15 * 60);
  });

  it('for KMS to settle outlasts the minutes until tags count everywhere, and is over within a lease', () => {
    expect(waitsFor('NotSettled').length).toBeGreaterThan(0);
    for (const wait of waitsFor('NotSettled')) {
      expect(secondsOf(wait)).toBeGreaterThan(7 * 60);
      expect(secondsOf(wait)).toBeLessThan(15 * 60);
    }
  });
});

describe('the machines', () => {
  const type = 'AWS::StepFunctions::StateMachine';

  it('log every step and no payload, and are traced', () => {
    deployed().allResourcesProperties(type, {
      StateMachineType: 'STANDARD',
      LoggingConfiguration: Match.objectLike({ Level: 'ALL', IncludeExecutionData: false }),
      TracingConfiguration: { Enabled: true },
    });
    deployed().resourceCountIs(type, names.length);
  });

  it('are encrypted with the key of AWS: a key that a workflow can disable must not stop it', () => {
    for (const [logicalId, found] of Object.entries(deployed().findResources(type))) {
      expect(Object.keys(found.Properties as object), logicalId).not.toContain('EncryptionConfiguration');
    }
  });

  it('wait longer for a Lambda than the Lambda runs', () => {
    const longest = Math.max(
      ...Object.entries(deployed().findResources('AWS::Lambda::Function'))
        .filter(([logicalId]) => /^(?:Steps|Approvals)/.test(logicalId))
        .map(([, found]) => functionSchema.parse(found).Properties.Timeout),
    );
    const invoking = tasks.filter(({ Resource }) => Resource === 'arn:aws:states:::lambda:invoke');
    expect(invoking.length).toBeGreaterThan(10);
    for (const { at, TimeoutSeconds } of invoking) expect(TimeoutSeconds, at).toBeGreaterThan(longest);
  });

  it('may call the Lambdas that their definitions name, and no other', () => {
    for (const { name, text } of definitions) {
      const named = new Set(Array.from(text.matchAll(/\$\{(\w+)\}/g), ([, used = '']) => used));
      const callable = statementsOf(deployed())
        .filter(({ role }) => role.toLowerCase().startsWith(`workflows${name}role`))
        .filter(({ actions }) => actions.includes('lambda:InvokeFunction'))
        .flatMap(({ resources }) => resources)
        .map((resource) => /^<(?:Steps|Approvals)(\w+)[0-9A-F]{8}\.Arn>$/.exec(resource)?.[1] ?? resource);
      expect(callable.toSorted(), name).toEqual([...named].filter((it) => it !== 'Approval').toSorted());
    }
  });
});
