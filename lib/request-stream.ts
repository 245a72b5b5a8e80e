import { Duration } from 'aws-cdk-lib';
import {
  FilterCriteria,
  FilterRule,
  type Function as LambdaFunction,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Registry } from './registry.ts';

/** Calls a Lambda for every request that is written, in order. DynamoDB lets two readers share the stream, no more. */
export function readRequests(lambda: LambdaFunction, registry: Registry, deadLetters: Queue): void {
  lambda.addEventSource(
    new DynamoEventSource(registry.table, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 25,
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.or('INSERT', 'MODIFY'),
          dynamodb: {
            Keys: { PK: { S: [...FilterRule.beginsWith('REQUEST#'), ...FilterRule.beginsWith('TOKEN#')] } },
          },
        }),
      ],
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      // About ten minutes with the backoff of the event source. After that the sweep moves what was left behind.
      retryAttempts: 10,
      maxRecordAge: Duration.hours(1),
      onFailure: new SqsDlq(deadLetters),
    }),
  );
}
