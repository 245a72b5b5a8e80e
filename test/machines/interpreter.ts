import jsonata from 'jsonata';
import * as z from 'zod';

const retrier = z.looseObject({
  ErrorEquals: z.array(z.string()),
  MaxAttempts: z.int().default(3),
  IntervalSeconds: z.number().default(1),
  BackoffRate: z.number().default(2),
  MaxDelaySeconds: z.number().default(Number.POSITIVE_INFINITY),
});
const assign = z.record(z.string(), z.unknown());
const catcher = z.looseObject({
  ErrorEquals: z.array(z.string()),
  Next: z.string(),
  Assign: assign.optional(),
});
const rule = z.looseObject({ Condition: z.string(), Next: z.string(), Assign: assign.optional() });

const state = z.looseObject({
  Type: z.enum(['Task', 'Pass', 'Choice', 'Succeed', 'Fail']),
  Next: z.string().optional(),
  Resource: z.string().optional(),
  Arguments: z.unknown().optional(),
  TimeoutSeconds: z.union([z.number(), z.string()]).optional(),
  Output: z.unknown().optional(),
  Assign: assign.optional(),
  Retry: z.array(retrier).default([]),
  Catch: z.array(catcher).default([]),
  Choices: z.array(rule).default([]),
  Default: z.string().optional(),
  Error: z.string().optional(),
  Cause: z.string().optional(),
});

const machine = z.looseObject({
  QueryLanguage: z.literal('JSONata'),
  StartAt: z.string(),
  States: z.record(z.string(), state),
});

export type Machine = z.infer<typeof machine>;
type State = z.infer<typeof state>;

/** A failed task or machine, by the name that Retry and Catch match on. */
export interface Failure {
  readonly Error: string;
  readonly Cause: string;
}

export type Outcome =
  | { readonly status: 'SUCCEEDED'; readonly output: unknown }
  | ({ readonly status: 'FAILED' } & Failure);

export interface Surroundings {
  /** The name of the execution: what `$states.context.Execution.Name` says. */
  readonly name: string;
  readonly input: unknown;
  /** Carries out a task, within its time; what it throws fails the task under the error's name. */
  readonly task: (resource: string, args: unknown, timeoutSeconds: number) => Promise<unknown>;
  /** Lets time pass before a task is tried again. */
  readonly wait: (seconds: number) => void;
  /** Names of the states entered, for a test to look at. */
  readonly entered?: string[];
}

/** Reads a definition and puts values in place of its `${...}`. */
export function parseMachine(asl: string, substitute: (name: string) => string): Machine {
  return machine.parse(JSON.parse(asl.replaceAll(/\$\{(\w+)\}/g, (_all, name: string) => substitute(name))));
}

/** States that one execution may enter: more is a loop that never ends. */
const MOST_STATES = 500;

/**
 * Runs a machine as Step Functions does, as far as Keyward's machines go: Task, Pass, Choice, Succeed and Fail, with JSONata,
 * variables, Retry with the longest waits that its jitter allows, and Catch. An expression without a value fails with States.QueryEvaluationError.
 */
export async function runMachine(definition: Machine, surroundings: Surroundings): Promise<Outcome> {
  const variables: Record<string, unknown> = {};
  let input = surroundings.input;
  let at = definition.StartAt;
  for (let step = 0; step < MOST_STATES; step += 1) {
    const current = definition.States[at];
    if (current === undefined) throw new Error(`There is no state ${at}.`);
    surroundings.entered?.push(at);
    const scope = new Scope(surroundings, variables, input);
    try {
      if (current.Type === 'Succeed') {
        return {
          status: 'SUCCEEDED',
          output: current.Output === undefined ? input : await scope.value(current.Output),
        };
      }
      if (current.Type === 'Fail') {
        const told = async (text: string | undefined): Promise<string> =>
          String(await scope.value(text ?? ''));
        return { status: 'FAILED', Error: await told(current.Error), Cause: await told(current.Cause) };
      }
      const moved = await moves[current.Type](current, scope);
      Object.assign(variables, moved.assigned);
      at = moved.next;
      if ('output' in moved) input = moved.output;
    } catch (error) {
      const failure = failureOf(error);
      return { status: 'FAILED', ...failure };
    }
  }
  throw new Error(`${surroundings.name} entered ${MOST_STATES} states.`);
}

interface Move {
  readonly next: string;
  readonly assigned: Record<string, unknown>;
  readonly output?: unknown;
}

const moves: Readonly<
  Record<Exclude<State['Type'], 'Succeed' | 'Fail'>, (current: State, scope: Scope) => Promise<Move>>
> = { Choice: choose, Pass: passOn, Task: carryOut };

async function passOn(current: State, scope: Scope): Promise<Move> {
  return {
    next: current.Next ?? '',
    assigned: await scope.all(current.Assign),
    ...(current.Output === undefined ? {} : { output: await scope.value(current.Output) }),
  };
}

async function choose(current: State, scope: Scope): Promise<Move> {
  for (const { Condition: condition, Next: next, Assign: assigns } of current.Choices) {
    if ((await scope.value(condition)) === true) return { next, assigned: await scope.all(assigns) };
  }
  if (current.Default === undefined) throw named('States.NoChoiceMatched', 'No rule of the choice matched.');
  return { next: current.Default, assigned: await scope.all(current.Assign) };
}

/** What Step Functions takes when nothing is said. */
const NO_TIMEOUT = 99_999_999;

async function carryOut(current: State, scope: Scope): Promise<Move> {
  const tried = new Map<unknown, number>();
  for (;;) {
    try {
      const attempt = scope.with({}); // with a task token of its own
      const args = await attempt.value(current.Arguments);
      const seconds = z.number().parse(await attempt.value(current.TimeoutSeconds ?? NO_TIMEOUT));
      const result = await scope.surroundings.task(current.Resource ?? '', args, seconds);
      const after = scope.with({ result });
      return {
        next: current.Next ?? '',
        assigned: await after.all(current.Assign),
        output: current.Output === undefined ? result : await after.value(current.Output),
      };
    } catch (error) {
      const failure = failureOf(error);
      const retry = current.Retry.find(({ ErrorEquals: names }) => matches(names, failure.Error));
      const attempts = tried.get(retry) ?? 0;
      if (retry !== undefined && attempts < retry.MaxAttempts) {
        tried.set(retry, attempts + 1);
        const { IntervalSeconds: first, BackoffRate: rate, MaxDelaySeconds: longest } = retry;
        scope.surroundings.wait(Math.min(first * rate ** attempts, longest));
        continue;
      }
      const caught = current.Catch.find(({ ErrorEquals: names }) => matches(names, failure.Error));
      if (caught === undefined) throw error;
      const after = scope.with({ errorOutput: failure });
      return { next: caught.Next, assigned: await after.all(caught.Assign), output: failure };
    }
  }
}

function matches(names: readonly string[], error: string): boolean {
  return names.includes(error) || names.includes('States.ALL');
}

/** What expressions see while a state runs: its input, and the variables as they were when it was entered. */
class Scope {
  readonly surroundings: Surroundings;
  readonly #variables: Readonly<Record<string, unknown>>;
  readonly #states: Readonly<Record<string, unknown>>;

  constructor(
    surroundings: Surroundings,
    variables: Readonly<Record<string, unknown>>,
    input: unknown,
    more: Readonly<Record<string, unknown>> = {},
  ) {
    this.surroundings = surroundings;
    this.#variables = variables;
    const execution = { Name: surroundings.name, Input: surroundings.input };
    this.#states = {
      input,
      context: { Execution: execution, Task: { Token: crypto.randomUUID() } },
      ...more,
    };
  }

  with(more: Readonly<Record<string, unknown>>): Scope {
    return new Scope(this.surroundings, this.#variables, this.#states.input, more);
  }

  /** A value with every `{% expression %}` in it put in place. */
  async value(template: unknown): Promise<unknown> {
    if (typeof template === 'string') {
      const expression = /^\{%([\s\S]*)%\}$/.exec(template)?.[1];
      return expression === undefined ? template : this.#evaluate(expression);
    }
    if (Array.isArray(template)) return Promise.all(template.map((part) => this.value(part)));
    if (typeof template === 'object' && template !== null)
      return this.all(template as Record<string, unknown>);
    return template;
  }

  async all(templates: Readonly<Record<string, unknown>> = {}): Promise<Record<string, unknown>> {
    const entries = await Promise.all(
      Object.entries(templates).map(async ([name, template]) => [name, await this.value(template)] as const),
    );
    return Object.fromEntries(entries);
  }

  async #evaluate(expression: string): Promise<unknown> {
    const bindings = { ...this.#variables, states: structuredClone(this.#states) };
    let value: unknown;
    try {
      value = await jsonata(expression).evaluate(undefined, bindings);
    } catch (error) {
      throw named('States.QueryEvaluationError', `${expression}: ${String(error)}`);
    }
    if (value === undefined) throw named('States.QueryEvaluationError', `${expression} has no value.`);
    return value;
  }
}

export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** As a Lambda's failure reaches a machine: the error's name, and its message as JSON. */
function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { Error: 'Unknown', Cause: String(error) };
  return { Error: error.name, Cause: JSON.stringify({ errorType: error.name, errorMessage: error.message }) };
}
