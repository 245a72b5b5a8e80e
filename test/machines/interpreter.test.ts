import { describe, expect, it } from 'vitest';
import { named, parseMachine, runMachine } from './interpreter.ts';

function run(
  states: object,
  task: (args: unknown) => Promise<unknown> = async () => ({}),
  input: unknown = {},
  wait: (seconds: number) => void = () => {},
) {
  const asl = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'First', States: states });
  return runMachine(
    parseMachine(asl, (name) => name),
    {
      name: 'run-1',
      input,
      task: (_resource, args) => task(args),
      wait,
    },
  );
}

const end = { Type: 'Succeed' };

describe('the interpreter of machines', () => {
  it('passes arguments, results, outputs and variables', async () => {
    const states = {
      First: {
        Type: 'Task',
        Resource: 'r',
        Arguments: { FunctionName: '${Step}', Payload: { id: '{% $states.context.Execution.Input.id %}' } },
        Assign: { kept: '{% $states.result.n %}' },
        Output: '{% {"doubled": $states.result.n * 2} %}',
        Next: 'Last',
      },
      Last: { Type: 'Succeed', Output: '{% {"doubled": $states.input.doubled, "kept": $kept} %}' },
    };
    const seen: unknown[] = [];
    const outcome = await run(states, async (args) => (seen.push(args), { n: 21 }), { id: 'x' });
    expect(seen).toEqual([{ FunctionName: 'Step', Payload: { id: 'x' } }]);
    expect(outcome).toEqual({ status: 'SUCCEEDED', output: { doubled: 42, kept: 21 } });
  });

  it('chooses by the first condition that holds, else the default, each with its variables', async () => {
    const states = {
      First: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.big %}', Assign: { size: 'big' }, Next: 'Last' }],
        Default: 'Last',
        Assign: { size: 'small' },
      },
      Last: { Type: 'Succeed', Output: '{% $size %}' },
    };
    expect(await run(states, undefined, { big: true })).toMatchObject({ output: 'big' });
    expect(await run(states, undefined, { big: false })).toMatchObject({ output: 'small' });
  });

  it('retries what it should as often as it may, and then catches', async () => {
    const states = {
      First: {
        Type: 'Task',
        Resource: 'r',
        Retry: [
          { ErrorEquals: ['Busy'], MaxAttempts: 3, IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 10 },
        ],
        Catch: [
          { ErrorEquals: ['States.ALL'], Assign: { failure: '{% $states.errorOutput %}' }, Next: 'Failed' },
        ],
        Next: 'Done',
      },
      Done: end,
      Failed: { Type: 'Fail', Error: '{% $failure.Error %}', Cause: '{% $failure.Cause %}' },
    };
    let calls = 0;
    const failing = (name: string) => async () => {
      calls += 1;
      throw named(name, 'no');
    };
    const waits: number[] = [];
    const wait = (seconds: number) => void waits.push(seconds);
    expect(await run(states, failing('Busy'), {}, wait)).toMatchObject({ status: 'FAILED', Error: 'Busy' });
    expect(calls).toBe(4);
    expect(waits).toEqual([2, 6, 10]);
    calls = 0;
    expect(await run(states, failing('Broken'))).toMatchObject({ status: 'FAILED', Error: 'Broken' });
    expect(calls).toBe(1);
  });

  it('gives each attempt a task token of its own, and its time', async () => {
    const states = {
      First: {
        Type: 'Task',
        Resource: 'r',
        Arguments: { token: '{% $states.context.Task.Token %}' },
        TimeoutSeconds: '{% $states.input.days * 86400 %}',
        Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 1 }],
        Next: 'Last',
      },
      Last: end,
    };
    const asl = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'First', States: states });
    const seen: { args: unknown; seconds: number }[] = [];
    await runMachine(
      parseMachine(asl, (name) => name),
      {
        name: 'run-1',
        input: { days: 2 },
        task: async (_resource, args, seconds) => {
          seen.push({ args, seconds });
          throw named('Busy', 'no');
        },
        wait: () => {},
      },
    );
    expect(new Set(seen.map(({ args }) => JSON.stringify(args))).size).toBe(2);
    expect(seen.map(({ seconds }) => seconds)).toEqual([172_800, 172_800]);
  });

  it('fails on an expression without a value', async () => {
    const states = { First: { Type: 'Succeed', Output: '{% $states.input.missing %}' } };
    expect(await run(states)).toMatchObject({ status: 'FAILED', Error: 'States.QueryEvaluationError' });
  });
});
