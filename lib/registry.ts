import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** The partitions of the table, by the head of their partition key. */
export type Partition = (typeof readablePartitions)[number] | 'TOKEN#' | 'SLACKCODE#';

/** Two are left out: who holds a task token can wake a machine, and a code for Slack stands for a person. */
const readablePartitions = [
  'KEY#',
  'REQUEST#',
  'DECISION#',
  'ALIAS#',
  'KMSKEY#',
  'IDEMPOTENCY#',
  'ONCE#',
  'PERSON#',
  'PASSKEY#',
  'SLACKUSER#',
  'SLACKPERSON#',
  'SLACKCOPY#',
] as const;

const indexes = {
  byOwner: { partitionKey: 'ownerPk', sortKey: 'ownerSk' },
  byState: { partitionKey: 'statePk', sortKey: 'stateSk' },
  due: { partitionKey: 'duePk', sortKey: 'dueSk' },
} as const;

/** The table that holds keys, requests, decisions and the ledger. It and its stream are read and written by verbs here. */
export class Registry extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const text = (name: string) => ({ name, type: AttributeType.STRING });
    this.table = new TableV2(this, 'Table', {
      partitionKey: text('PK'),
      sortKey: text('SK'),
      globalSecondaryIndexes: Object.entries(indexes).map(([indexName, { partitionKey, sortKey }]) => ({
        indexName,
        partitionKey: text(partitionKey),
        sortKey: text(sortKey),
        projectionType: ProjectionType.ALL,
      })),
      billing: Billing.onDemand(),
      // AWS's own key: with a key of the account the table would be lost to whoever disables that key.
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'ttl',
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** Reads of everything but task tokens and codes for Slack. */
  grantRead(lambda: LambdaFunction): void {
    lambda.addEnvironment('TABLE_NAME', this.table.tableName);
    this.#grant(lambda, ['dynamodb:GetItem', 'dynamodb:Query'], readablePartitions);
    lambda.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: Object.keys(indexes).map((index) => `${this.table.tableArn}/index/${index}`),
      }),
    );
  }

  /** Reads, and writes of whole rows to the partitions named. Nothing is ever deleted but by its time to live. */
  grantWrite(lambda: LambdaFunction, partitions: readonly Partition[]): void {
    this.grantRead(lambda);
    if (partitions.length > 0) this.#grant(lambda, ['dynamodb:PutItem'], partitions);
  }

  /** Commits that hold only while a row is as it should be. */
  grantCheck(lambda: LambdaFunction, partitions: readonly Partition[]): void {
    this.#grant(lambda, ['dynamodb:ConditionCheckItem'], partitions);
  }

  grantReadTokens(lambda: LambdaFunction): void {
    this.#grant(lambda, ['dynamodb:GetItem'], ['TOKEN#']);
  }

  grantReadSlackCodes(lambda: LambdaFunction): void {
    this.#grant(lambda, ['dynamodb:GetItem'], ['SLACKCODE#']);
  }

  #grant(lambda: LambdaFunction, actions: string[], partitions: readonly Partition[]): void {
    lambda.addToRolePolicy(
      new PolicyStatement({
        actions,
        resources: [this.table.tableArn],
        conditions: {
          'ForAllValues:StringLike': {
            'dynamodb:LeadingKeys': partitions.map((partition) => `${partition}*`),
          },
          // A call that names no key would pass ForAllValues.
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      }),
    );
  }
}
