import {
  DescribeExecutionCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';

import type { Operation } from '../domain/request.ts';
import { awsCall, refusedWith } from './aws-call.ts';
import { environment } from './environment.ts';
import { timeouts } from './timeouts.ts';

/**
 * Why a machine is started for a request: to carry it out; or, in one attempt for each number, to take back what a lost
 * execution did or to carry it on.
 */
export type Start = 'run' | `undo-${number}` | `again-${number}`;

export interface Executions {
  /** Starts a request's machine under the request's id. Starting it twice is the same as once. */
  start(requestId: string, operation: Operation, how: Start): Promise<void>;
  /** `missing` is also said of one that ended more than 90 days ago. */
  statusOf(requestId: string, operation: Operation, how: Start): Promise<'running' | 'ended' | 'missing'>;
  /** Wakes a wait. The record tells what was decided; a wait that is over needs no waking. */
  wake(taskToken: string): Promise<void>;
}

/** The ARNs of the machines that carry out each operation. */
export type Machines = Readonly<Record<Operation, string>>;

export function machinesOfEnvironment(): Machines {
  const revoke = environment('REVOKE_MACHINE_ARN');
  const destroy = environment('DESTROY_MACHINE_ARN');
  return {
    generate: environment('GENERATE_MACHINE_ARN'),
    rotate: environment('ROTATE_MACHINE_ARN'),
    revoke,
    reinstate: revoke,
    destroy,
    'cancel-destruction': destroy,
    // The sweep carries an emergency on by machine when the Lambda that began it died.
    'emergency-revoke': revoke,
    ratify: revoke,
  };
}

export function createExecutions(client: SFNClient, machines: Machines): Executions {
  return {
    async start(requestId, operation, how) {
      const input = how.startsWith('undo-') ? { requestId, recover: true } : { requestId };
      try {
        await awsCall('states:StartExecution', () =>
          client.send(
            new StartExecutionCommand({
              stateMachineArn: machines[operation],
              name: nameOf(requestId, how),
              input: JSON.stringify(input),
            }),
          ),
        );
      } catch (error) {
        if (!refusedWith(error, 'ExecutionAlreadyExists')) throw error;
      }
    },
    async statusOf(requestId, operation, how) {
      const executionArn = `${machines[operation].replace(':stateMachine:', ':execution:')}:${nameOf(requestId, how)}`;
      try {
        const { status } = await awsCall('states:DescribeExecution', () =>
          client.send(new DescribeExecutionCommand({ executionArn })),
        );
        return status === 'RUNNING' || status === 'PENDING_REDRIVE' ? 'running' : 'ended';
      } catch (error) {
        if (refusedWith(error, 'ExecutionDoesNotExist')) return 'missing';
        throw error;
      }
    },
    async wake(taskToken) {
      try {
        await awsCall('states:SendTaskSuccess', () =>
          client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' })),
        );
      } catch (error) {
        if (!refusedWith(error, 'TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken')) throw error;
      }
    },
  };
}

export function sfnClient(): SFNClient {
  return new SFNClient({
    maxAttempts: 3,
    requestHandler: timeouts,
  });
}

function nameOf(requestId: string, how: Start): string {
  return how === 'run' ? requestId : `${requestId}-${how}`;
}
