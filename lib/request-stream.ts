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

interface RequestReader {
  readonly registry: Registry;
  /** Takes places in the stream, not records: nothing can be done again from it. */
  readonly deadLetters: Queue;
  /** With the backoff of the event source ten last about ten minutes, in which what comes after a record waits. */
  readonly retryAttempts: number;
}

/**
 * Calls a Lambda for every request that is written, in order. DynamoDB lets two readers share the stream, no more. Each
 * reader needs a second way to what is left behind after the last retry.
 */
export function readRequests(
  lambda: LambdaFunction,
  { registry, deadLetters, retryAttempts }: RequestReader,
): void {
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
      retryAttempts,
      maxRecordAge: Duration.hours(1),
      onFailure: new SqsDlq(deadLetters),
    }),
  );
}
