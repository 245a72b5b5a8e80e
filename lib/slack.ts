import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { grantDeciding } from './api.ts';
import type { ApprovalKey } from './approval-key.ts';
import type { Portal } from './approvals.ts';
import type { LambdaFactory } from './lambda-factory.ts';
import { createDeadLetterQueue } from './queues.ts';
import type { Registry } from './registry.ts';
import { readRequests } from './request-stream.ts';
import type { SlackSettings, Stage } from './stage.ts';

interface SlackProps {
  readonly stage: Stage;
  readonly slack: SlackSettings;
  readonly lambdas: LambdaFactory;
  readonly registry: Registry;
  readonly approvalKey: ApprovalKey;
  readonly portal: Portal;
}

/** Approvals in Slack: messages that stay true, a door that answers at once, and the work behind it. */
export class Slack extends Construct {
  readonly door: LambdaFunction;
  readonly work: LambdaFunction;
  readonly copies: LambdaFunction;
  readonly deadLetters: Queue;
  readonly #slack: SlackSettings;

  constructor(scope: Construct, id: string, props: SlackProps) {
    super(scope, id);
    const { stage, slack, lambdas, registry, approvalKey, portal } = props;
    this.#slack = slack;
    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters');
    const workTimeout = Duration.seconds(20);
    const queue = new Queue(this, 'Work', {
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(workTimeout.toSeconds() * 6),
      retentionPeriod: Duration.hours(1),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 5 },
    });

    this.door = lambdas.create(this, 'SlackDoor', {
      does: 'Hears clicks in Slack and answers at once',
      timeout: Duration.seconds(10),
      environment: { SLACK_TEAM_ID: slack.teamId, WORK_QUEUE_URL: queue.queueUrl },
    });
    this.#grantSlack(this.door);
    this.door.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
    );

    this.work = lambdas.create(this, 'SlackWork', {
      does: 'Shows requests in Slack and takes the decisions of approvers who use it',
      timeout: workTimeout,
    });
    this.#grantSlack(this.work);
    grantDeciding(this.work, { stage, registry, approvalKey });
    portal.grantSeal(this.work);
    this.work.addEventSource(new SqsEventSource(queue, { batchSize: 1, reportBatchItemFailures: true }));

    this.copies = lambdas.create(this, 'SlackCopies', {
      does: 'Keeps the messages in Slack as the requests are',
      timeout: Duration.seconds(30),
    });
    this.#grantSlack(this.copies);
    registry.grantWrite(this.copies, ['SLACKCOPY#']);
    readRequests(this.copies, registry, this.deadLetters);
  }

  #grantSlack(lambda: LambdaFunction): void {
    lambda.addEnvironment('SLACK_SECRET_ARN', this.#slack.secretArn);
    if (this.#slack.apiUrl !== undefined) lambda.addEnvironment('SLACK_API_URL', this.#slack.apiUrl);
    lambda.addToRolePolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [this.#slack.secretArn],
      }),
    );
  }
}
