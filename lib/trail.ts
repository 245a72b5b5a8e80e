import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ReadWriteType, Trail } from 'aws-cdk-lib/aws-cloudtrail';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { createDetector, type DetectionProps } from './alerts.ts';
import { createDeadLetterQueue } from './queues.ts';

const readTimeout = Duration.seconds(60);

/** Thirteen months: a year of evidence and the month in which somebody looks for it. */
const keptFor = Duration.days(400);

/**
 * The second channel of detection: minutes after the call, but complete. CloudTrail writes its files to the bucket, the
 * bucket tells the queue of each, and the Lambda reads them.
 */
export class TrailDetection extends Construct {
  readonly bucket: Bucket;
  /** Under which the files with records lie; those with digests lie elsewhere. */
  readonly prefix = `AWSLogs/${Aws.ACCOUNT_ID}/CloudTrail/`;
  readonly lambda: LambdaFunction;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: DetectionProps) {
    super(scope, id);
    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters');
    const files = new Queue(this, 'Files', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Six times the timeout of the reader, as Lambda asks for.
      visibilityTimeout: Duration.seconds(6 * readTimeout.toSeconds()),
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 5 },
    });
    this.bucket = this.#createBucket();
    this.#notify(files);

    this.lambda = createDetector(
      this,
      'ReadTrail',
      'Finds in the files of CloudTrail what the first channel may have missed',
      readTimeout,
      props,
    );
    this.lambda.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:GetObject'],
        resources: [this.bucket.arnForObjects(`${this.prefix}*`)],
      }),
    );
    const cfnBucket = this.bucket.node.defaultChild as CfnBucket;
    acknowledge(this.lambda.role ?? this.lambda, {
      [`IAM5[Resource::<${Stack.of(this).getLogicalId(cfnBucket)}.Arn>/AWSLogs/<AWS::AccountId>/CloudTrail/*]`]:
        'It reads the files of the trail, whose names hold the time.',
    });
    this.lambda.addEventSource(new SqsEventSource(files, { batchSize: 10, reportBatchItemFailures: true }));

    // The local AWS has no CloudTrail: there the local KMS writes the files.
    if (props.stage.name === 'deployed') this.#createTrail();
  }

  #createBucket(): Bucket {
    const settings = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
    };
    return new Bucket(this, 'Bucket', {
      ...settings,
      versioned: true,
      serverAccessLogsBucket: new Bucket(this, 'AccessLogs', {
        ...settings,
        lifecycleRules: [{ expiration: keptFor }],
      }),
      lifecycleRules: [
        {
          expiration: keptFor,
          noncurrentVersionExpiration: Duration.days(30),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
    });
  }

  /** By the bucket's own property: the notifications of the CDK's bucket are made by a Lambda with wide rights. */
  #notify(files: Queue): void {
    const policy = files.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [files.queueArn],
        // Not by the bucket's ARN, which is known only after the bucket that asks for this permission.
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    const bucket = this.bucket.node.defaultChild as CfnBucket;
    bucket.notificationConfiguration = {
      queueConfigurations: [
        {
          event: 's3:ObjectCreated:*',
          queue: files.queueArn,
          filter: {
            s3Key: {
              rules: [
                { name: 'prefix', value: this.prefix },
                { name: 'suffix', value: '.json.gz' },
              ],
            },
          },
        },
      ],
    };
    if (policy.policyDependable) bucket.node.addDependency(policy.policyDependable);
  }

  #createTrail(): void {
    new Trail(this, 'Trail', {
      bucket: this.bucket,
      managementEvents: ReadWriteType.ALL,
      includeGlobalServiceEvents: true,
      isMultiRegionTrail: true,
      enableFileValidation: true,
    });
  }
}
