import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { grantDeciding } from './api.ts';
import type { ApprovalKey } from './approval-key.ts';
import type { LambdaFactory } from './lambda-factory.ts';
import { createDeadLetterQueue } from './queues.ts';
import type { Registry } from './registry.ts';
import { Repeatedly } from './repeatedly.ts';
import { readRequests } from './request-stream.ts';
import type { SlackSettings, Stage } from './stage.ts';

interface SlackProps {
  readonly stage: Stage;
  readonly slack: SlackSettings;
  readonly lambdas: LambdaFactory;
  readonly registry: Registry;
  readonly approvalKey: ApprovalKey;
}

/** How often a click is tried, over three minutes at most: the last time, the person is told that it was in vain. */
const MOST_RECEIVES = 5;

/** Approvals in Slack: messages that stay true, a door that answers at once, and the work behind it. */
export class Slack extends Construct {
  readonly door: LambdaFunction;
  readonly work: LambdaFunction;
  readonly copies: LambdaFunction;
  readonly catchUp: LambdaFunction;
  readonly deadLetters: Queue;
  readonly #slack: SlackSettings;

  constructor(scope: Construct, id: string, props: SlackProps) {
    super(scope, id);
    const { stage, slack, lambdas, registry, approvalKey } = props;
    this.#slack = slack;
    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters');
    const workTimeout = Duration.seconds(20);
    const queue = new Queue(this, 'Work', {
      enforceSSL: true,
      // One message at a time: nothing else keeps it from being done, and somebody waits for it to be tried again.
      visibilityTimeout: Duration.seconds(workTimeout.toSeconds() * 2),
      retentionPeriod: Duration.hours(1),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MOST_RECEIVES },
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
      environment: {
        MOST_RECEIVES: String(MOST_RECEIVES),
        DEAD_LETTERS_URL: this.deadLetters.queueUrl,
      },
    });
    this.#grantSlack(this.work);
    this.work.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }),
    );
    grantDeciding(this.work, { stage, registry, approvalKey });
    // Links accounts; counts the codes that were tried.
    registry.grantWrite(this.work, ['SLACKUSER#', 'SLACKPERSON#', 'SLACKCODE#', 'ONCE#']);
    registry.grantReadSlackCodes(this.work);
    this.work.addEventSource(new SqsEventSource(queue, { batchSize: 1, reportBatchItemFailures: true }));

    this.copies = lambdas.create(this, 'SlackCopies', {
      does: 'Keeps the messages in Slack as the requests are',
      timeout: Duration.seconds(30),
    });
    this.catchUp = lambdas.create(this, 'SlackCatchUp', {
      does: 'Brings to Slack what the stream of the table could not',
      timeout: Duration.minutes(4),
    });
    for (const lambda of [this.copies, this.catchUp]) {
      this.#grantSlack(lambda);
      registry.grantWrite(lambda, ['SLACKCOPY#']);
    }
    // A channel that refuses holds up the messages of others for less than a minute. The rest is left to the catch-up.
    readRequests(this.copies, { registry, deadLetters: this.deadLetters, retryAttempts: 5 });
    new Repeatedly(this, 'EveryFiveMinutes', {
      lambda: this.catchUp,
      every: Duration.minutes(5),
      deadLetters: this.deadLetters,
    });
  }

  /** Those that lead to the page. */
  get linking(): readonly LambdaFunction[] {
    return [this.work, this.copies, this.catchUp];
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
