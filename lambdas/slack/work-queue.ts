import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { log } from '../adapters/log.ts';
import { type SlackWork, slackWork } from './interaction.ts';

/** A Lambda behind the queue. What fails is delivered again by itself, and after `mostReceives` times laid aside. */
export function slackWorkQueue(
  work: (work: SlackWork, turn: { readonly isLast: boolean }) => Promise<void>,
  mostReceives: number,
) {
  return async ({ Records: records }: SQSEvent): Promise<SQSBatchResponse> => {
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const { messageId, body, attributes } of records) {
      try {
        const isLast = Number(attributes.ApproximateReceiveCount) >= mostReceives;
        await work(slackWork.parse(JSON.parse(body)), { isLast });
      } catch (error) {
        log.error('slack work not done', { code: 'SlackWorkFailed', messageId, error: error as Error });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  };
}
