import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { LambdaFactory } from './lambda-factory.ts';
import { createDeadLetterQueue } from './queues.ts';
import type { Registry } from './registry.ts';
import { readRequests } from './request-stream.ts';
import type { Workflows } from './workflows.ts';

interface DispatchProps {
  readonly lambdas: LambdaFactory;
  readonly registry: Registry;
  readonly workflows: Workflows;
}

/** Moves a request on as soon as it is written: behind the table's stream, so that nothing committed is forgotten. */
export class Dispatch extends Construct {
  readonly lambda: LambdaFunction;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { lambdas, registry, workflows }: DispatchProps) {
    super(scope, id);
    this.lambda = lambdas.create(this, 'Dispatch', {
      does: 'Starts the execution of an accepted request and wakes a wait that is decided',
      timeout: Duration.seconds(30),
    });
    registry.grantRead(this.lambda);
    registry.grantReadTokens(this.lambda);
    workflows.grantStart(this.lambda);
    workflows.grantWake(this.lambda);

    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters');
    // What is left behind, the sweep moves.
    readRequests(this.lambda, { registry, deadLetters: this.deadLetters, retryAttempts: 10 });
  }
}
