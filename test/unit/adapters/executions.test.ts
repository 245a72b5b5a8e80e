import type { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { createExecutions, type Machines } from '../../../lambdas/adapters/executions.ts';

const machine = (name: string): string => `arn:aws:states:us-east-1:111122223333:stateMachine:${name}`;
const machines: Machines = {
  generate: machine('generate'),
  rotate: machine('rotate'),
  revoke: machine('revoke'),
  reinstate: machine('revoke'),
  destroy: machine('destroy'),
  'cancel-destruction': machine('destroy'),
  'emergency-revoke': machine('revoke'),
  ratify: machine('revoke'),
};
const REQUEST = 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W5';

/** Executions over a Step Functions that answers as told, and the inputs it was sent. */
function over(answer: () => unknown) {
  const sent: unknown[] = [];
  const client = {
    send: async ({ input }: { input: unknown }) => {
      sent.push(input);
      return answer();
    },
  };
  return { sent, executions: createExecutions(client as unknown as SFNClient, machines) };
}

function refusing(name: string) {
  return over(() => {
    throw Object.assign(new Error('no'), { name });
  });
}

describe('starting', () => {
  test.each([
    ['run', REQUEST, { requestId: REQUEST }],
    ['again-7', `${REQUEST}-again-7`, { requestId: REQUEST }],
    ['undo-7', `${REQUEST}-undo-7`, { requestId: REQUEST, recover: true }],
  ] as const)('%s goes by its own name, which is taken once', async (how, name, input) => {
    const { sent, executions } = over(() => ({}));
    await executions.start(REQUEST, 'reinstate', how);
    expect(sent).toEqual([{ stateMachineArn: machines.revoke, name, input: JSON.stringify(input) }]);
    expect(name.length).toBeLessThanOrEqual(80);
  });

  test('twice is the same as once', async () => {
    await refusing('ExecutionAlreadyExists').executions.start(REQUEST, 'rotate', 'run');
  });

  test('that is refused for another reason fails', async () => {
    const { executions } = refusing('StateMachineDoesNotExist');
    await expect(executions.start(REQUEST, 'rotate', 'run')).rejects.toMatchObject({
      code: 'BackendRefused',
    });
  });
});

describe('looking for an execution', () => {
  test.each([
    ['RUNNING', 'running'],
    ['PENDING_REDRIVE', 'running'],
    ['SUCCEEDED', 'ended'],
    ['FAILED', 'ended'],
    ['TIMED_OUT', 'ended'],
    ['ABORTED', 'ended'],
  ])('%s is %s', async (status, said) => {
    const { sent, executions } = over(() => ({ status }));
    expect(await executions.statusOf(REQUEST, 'destroy', 'undo-3')).toBe(said);
    const executionArn = `arn:aws:states:us-east-1:111122223333:execution:destroy:${REQUEST}-undo-3`;
    expect(sent).toEqual([{ executionArn }]);
  });

  test('one that there is not is missing, and one that may not be seen is not', async () => {
    expect(await refusing('ExecutionDoesNotExist').executions.statusOf(REQUEST, 'rotate', 'run')).toBe(
      'missing',
    );
    await expect(
      refusing('AccessDeniedException').executions.statusOf(REQUEST, 'rotate', 'run'),
    ).rejects.toMatchObject({ code: 'BackendRefused' });
  });
});

describe('waking a wait', () => {
  test.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])(
    'that is over (%s) does nothing',
    async (name) => {
      await refusing(name).executions.wake('token');
    },
  );

  test('is tried again when Step Functions is busy', async () => {
    await expect(refusing('ThrottlingException').executions.wake('token')).rejects.toMatchObject({
      code: 'BackendBusy',
    });
  });
});
