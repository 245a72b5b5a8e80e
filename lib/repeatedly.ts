import type { Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

interface RepeatedlyProps {
  readonly lambda: LambdaFunction;
  readonly every: Duration;
  /** Takes the calls that the scheduler could not make. */
  readonly deadLetters: Queue;
}

/** Calls a Lambda again and again. A call that fails is not repeated: the next one does its work. */
export class Repeatedly extends Construct {
  constructor(scope: Construct, id: string, { lambda, every, deadLetters }: RepeatedlyProps) {
    super(scope, id);
    lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: every });

    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
    );
    // By the resource itself: the CDK's target would let the scheduler call every version of the function.
    const schedule = new CfnSchedule(this, 'Schedule', {
      scheduleExpression: ScheduleExpression.rate(every).expressionString,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: lambda.functionArn,
        roleArn: role.roleArn,
        deadLetterConfig: { arn: deadLetters.queueArn },
        retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 2 },
      },
    });
    // Scheduler tries the role at once, and without its policy it may do nothing.
    schedule.node.addDependency(role);
  }
}
