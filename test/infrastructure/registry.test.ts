import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { tableShape } from '../../lambdas/adapters/registry/table.ts';
import { deployed } from './synthesis.ts';

const table = 'AWS::DynamoDB::GlobalTable';

describe('the table', () => {
  it('survives the stack, a mistake and a slip of the hand', () => {
    deployed().hasResource(table, {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        Replicas: [
          Match.objectLike({
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          }),
        ],
      },
    });
  });

  it('is encrypted with a key that nobody in the account can take away', () => {
    deployed().hasResourceProperties(table, { SSESpecification: { SSEEnabled: false } });
  });

  it('is paid by use, and tells its stream before and after', () => {
    deployed().hasResourceProperties(table, {
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
  });
});

describe('the shape of the table', () => {
  it('is the one that the registry writes to', () => {
    const { partitionKey, sortKey, timeToLive, indexes } = tableShape;
    const keySchema = (partition: string, sort: string) => [
      { AttributeName: partition, KeyType: 'HASH' },
      { AttributeName: sort, KeyType: 'RANGE' },
    ];
    deployed().hasResourceProperties(table, {
      KeySchema: keySchema(partitionKey, sortKey),
      TimeToLiveSpecification: { AttributeName: timeToLive, Enabled: true },
      GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, index]) => ({
        IndexName,
        KeySchema: keySchema(index.partitionKey, index.sortKey),
        Projection: { ProjectionType: 'ALL' },
      })),
    });
  });
});

describe('Dispatch', () => {
  it('hears of written requests and tokens only, and loses nothing that it cannot move', () => {
    deployed().hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 10,
      MaximumRecordAgeInSeconds: 3600,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
      FilterCriteria: {
        Filters: [
          {
            Pattern: JSON.stringify({
              eventName: ['INSERT', 'MODIFY'],
              dynamodb: { Keys: { PK: { S: [{ prefix: 'REQUEST#' }, { prefix: 'TOKEN#' }] } } },
            }),
          },
        ],
      },
    });
  });
});

describe('the stack', () => {
  it('holds no KMS key but its own, which it leaves behind: no deletion of it takes a key along', () => {
    const types = Object.values(deployed().toJSON().Resources as Record<string, { Type: string }>);
    expect(types.map(({ Type }) => Type).filter((type) => type.startsWith('AWS::KMS::'))).toEqual([
      'AWS::KMS::Key',
    ]);
    deployed().allResources('AWS::KMS::Key', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('keeps what is evidence when it is deleted', () => {
    for (const type of ['AWS::S3::Bucket', 'AWS::Logs::LogGroup']) {
      deployed().allResources(type, { DeletionPolicy: 'Retain' });
    }
    deployed().allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 365 });
  });
});
