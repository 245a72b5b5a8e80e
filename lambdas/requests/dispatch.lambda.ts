import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import * as z from 'zod';
import { environment } from '../adapters/environment.ts';
import { createExecutions, machinesOfEnvironment, sfnClient } from '../adapters/executions.ts';
import { log } from '../adapters/log.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { dispatch } from './dispatch.ts';

const move = dispatch({
  registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
  executions: createExecutions(sfnClient(), machinesOfEnvironment()),
});

const keys = z.object({ PK: z.object({ S: z.string() }), SK: z.object({ S: z.string() }) });

/** In the order of the stream; the first failure stops the batch, which starts again there. */
export const handler = async ({ Records: records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  for (const record of records) {
    const requestId = record.eventName === 'REMOVE' ? undefined : writtenRequest(record.dynamodb?.Keys);
    if (requestId === undefined) continue;
    try {
      log.info('request moved', { code: 'RequestMoved', requestId, done: await move(requestId) });
    } catch (error) {
      log.error('request not moved', { code: 'RequestNotMoved', requestId, error });
      return { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] };
    }
  }
  return { batchItemFailures: [] };
};

/** The request that a written row belongs to: the request itself, or the token of its wait. */
function writtenRequest(image: unknown): string | undefined {
  const parsed = keys.safeParse(image);
  return parsed.success ? /^(?:REQUEST|TOKEN)#(.+)$/.exec(parsed.data.PK.S)?.[1] : undefined;
}
