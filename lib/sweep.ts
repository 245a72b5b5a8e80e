import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';

import { Construct } from 'constructs';
import { grantPublish } from './alerts.ts';
import { kmsEvents } from './kms-events.ts';
import type { LambdaFactory } from './lambda-factory.ts';
import type { ManagedKeys } from './managed-keys.ts';
import { createDeadLetterQueue } from './queues.ts';
import type { Registry } from './registry.ts';
import { Repeatedly } from './repeatedly.ts';
import type { Stage } from './stage.ts';
import type { Steps } from './steps.ts';
import type { Workflows } from './workflows.ts';

interface SweepProps {
  readonly stage: Stage;
  readonly lambdas: LambdaFactory;
  readonly registry: Registry;
  readonly managedKeys: ManagedKeys;
  readonly steps: Steps;
  readonly workflows: Workflows;
  readonly topic: Topic;
}

/** What time alone sets off: each minute what is due, late or lost; each hour the KMS keys that nobody recorded. */
export class Sweep extends Construct {
  readonly lambda: LambdaFunction;
  readonly orphans: LambdaFunction;
  readonly deadLetters: Queue;

  constructor(
    scope: Construct,
    id: string,
    { stage, lambdas, registry, managedKeys, steps, workflows, topic }: SweepProps,
  ) {
    super(scope, id);
    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters');

    this.lambda = lambdas.create(this, 'Sweep', {
      does: 'Moves what is due, late or lost',
      timeout: Duration.seconds(55),
    });
    registry.grantWrite(this.lambda, ['KEY#', 'REQUEST#', 'ALIAS#']);
    workflows.grantStart(this.lambda);
    workflows.grantDescribe(this.lambda);
    managedKeys.grant(this.lambda, ['kms:DescribeKey']);
    // An emergency that nobody ratifies rings until somebody does.
    grantPublish(this.lambda, topic);
    new Repeatedly(this, 'EveryMinute', {
      lambda: this.lambda,
      every: Duration.minutes(1),
      deadLetters: this.deadLetters,
    });

    // So that a certificate does not wait for the minute; should the event get lost, the minute makes up for it.
    new Rule(this, 'KeyDeleted', {
      description: 'The end of a KMS key, as CloudTrail records it',
      eventPattern: kmsEvents(stage, ['AWS Service Event via CloudTrail'], ['DeleteKey']),
      targets: [new LambdaTarget(this.lambda, { deadLetterQueue: this.deadLetters, retryAttempts: 2 })],
    });

    // It discards as the step does, and the key policies know one role for that.
    const discard = steps.of('DiscardVersion');
    this.orphans = lambdas.create(this, 'Orphans', {
      does: 'Discards the KMS keys that a lost attempt made',
      timeout: Duration.minutes(5),
      ...(discard.role && { role: discard.role }),
    });
    registry.grantRead(this.orphans);
    managedKeys.grant(this.orphans, ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:ScheduleKeyDeletion']);
    managedKeys.grantNaming(this.orphans, ['kms:DeleteAlias']);
    managedKeys.grantListing(this.orphans, ['kms:ListAliases', 'tag:GetResources']);
    steps.tellRoles(this.orphans);
    new Repeatedly(this, 'EveryHour', {
      lambda: this.orphans,
      every: Duration.hours(1),
      deadLetters: this.deadLetters,
    });
  }
}
