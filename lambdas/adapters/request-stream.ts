import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import * as z from 'zod';
import { log } from './log.ts';

const keys = z.object({ PK: z.object({ S: z.string() }), SK: z.object({ S: z.string() }) });

/**
 * A Lambda behind the table's stream that is told which requests were written. In the order of the stream; the first
 * failure stops the batch, which starts again there.
 */
export function requestStream(move: (requestId: string) => Promise<string>) {
  return async ({ Records: records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
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
}

/** The request that a written row belongs to: the request itself, or the token of its wait. */
function writtenRequest(image: unknown): string | undefined {
  const parsed = keys.safeParse(image);
  return parsed.success ? /^(?:REQUEST|TOKEN)#(.+)$/.exec(parsed.data.PK.S)?.[1] : undefined;
}
