import { Aws, Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { kmsEvents } from './kms-events.ts';
import type { LambdaFactory } from './lambda-factory.ts';
import { createDeadLetterQueue } from './queues.ts';
import type { Registry } from './registry.ts';
import type { Stage } from './stage.ts';
import type { Steps } from './steps.ts';

/** What takes a key away, changes who may use it, or hides it: the events worth a look on a managed key. */
const watchedEvents = [
  'CancelKeyDeletion',
  'CreateAlias',
  'CreateGrant',
  'DeleteAlias',
  'DeleteImportedKeyMaterial',
  'DeleteKey',
  'DisableKey',
  'DisableKeyRotation',
  'EnableKey',
  'EnableKeyRotation',
  'ImportKeyMaterial',
  'PutKeyPolicy',
  'ReplicateKey',
  'RetireGrant',
  'RevokeGrant',
  'RotateKeyOnDemand',
  'ScheduleKeyDeletion',
  'TagResource',
  'UntagResource',
  'UpdateAlias',
  'UpdatePrimaryRegion',
];

/** Where alerts and alarms go. */
export class AlertTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { alertMail }: Stage) {
    super(scope, id);
    // Not encrypted with a key: alarms cannot be published through the key of SNS, and with a key of the account the
    // warning that it was disabled would be the first to get lost. Alerts name keys and principals, never material.
    this.topic = new Topic(this, 'Topic', { displayName: 'Keyward', enforceSSL: true });
    // A topic with a policy of its own takes nothing from alarms unless it says so.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    if (alertMail !== undefined) this.topic.addSubscription(new EmailSubscription(alertMail));
  }
}

export interface DetectionProps {
  readonly stage: Stage;
  readonly lambdas: LambdaFactory;
  readonly registry: Registry;
  readonly steps: Steps;
  readonly topic: Topic;
}

/** What both channels of detection need: to find the key, to note an interruption, to tell. */
export function createDetector(
  scope: Construct,
  id: 'DetectTampering' | 'ReadTrail',
  does: string,
  timeout: Duration,
  { lambdas, registry, steps, topic }: DetectionProps,
): LambdaFunction {
  const lambda = lambdas.create(scope, id, {
    does,
    timeout,
    environment: { STEP_ROLE_ARNS: steps.roleArns() },
  });
  registry.grantWrite(lambda, ['KEY#', 'ONCE#']);
  grantPublish(lambda, topic);
  return lambda;
}

/** Tell everybody who subscribes to the topic. */
export function grantPublish(lambda: LambdaFunction, topic: Topic): void {
  lambda.addEnvironment('ALERT_TOPIC_ARN', topic.topicArn);
  lambda.addToRolePolicy(new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }));
}

/** The first channel: seconds after the call, at best effort. */
export class TamperDetection extends Construct {
  readonly lambda: LambdaFunction;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: DetectionProps) {
    super(scope, id);
    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters');
    this.lambda = createDetector(
      this,
      'DetectTampering',
      'Tells when somebody else than Keyward changes a managed key',
      Duration.seconds(30),
      props,
    );
    this.lambda.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: new SqsDestination(this.deadLetters),
    });
    new Rule(this, 'KeyChanged', {
      description: 'Changes of KMS keys, as CloudTrail records them',
      eventPattern: kmsEvents(
        props.stage,
        ['AWS API Call via CloudTrail', 'AWS Service Event via CloudTrail'],
        watchedEvents,
      ),
      targets: [
        new LambdaTarget(this.lambda, {
          deadLetterQueue: this.deadLetters,
          retryAttempts: 24,
          maxEventAge: Duration.hours(6),
        }),
      ],
    });
  }
}
