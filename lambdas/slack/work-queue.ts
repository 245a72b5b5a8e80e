import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { log } from '../adapters/log.ts';
import { isTransient } from '../domain/errors.ts';
import { type SlackWork, slackWork } from './interaction.ts';

interface Limits {
  readonly mostReceives: number;
  /** To where an alarm rings as long as anything lies there. */
  readonly layAside: (body: string) => Promise<void>;
}

/**
 * A Lambda behind the queue. What may go through later is delivered again by itself, and after `mostReceives` times laid
 * aside. What never will is laid aside at once: somebody looks at the fault, and it is not told again and again.
 */
export function slackWorkQueue(
  work: (work: SlackWork, turn: { readonly isLast: boolean }) => Promise<void>,
  { mostReceives, layAside }: Limits,
) {
  return async ({ Records: records }: SQSEvent): Promise<SQSBatchResponse> => {
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const { messageId, body, attributes } of records) {
      try {
        const isLast = Number(attributes.ApproximateReceiveCount) >= mostReceives;
        await work(slackWork.parse(JSON.parse(body)), { isLast });
      } catch (error) {
        log.error('slack work not done', { code: 'SlackWorkFailed', messageId, error: error as Error });
        if (isTransient(error) || !(await isLaidAside(layAside, messageId, body))) {
          batchItemFailures.push({ itemIdentifier: messageId });
        }
      }
    }
    return { batchItemFailures };
  };
}

async function isLaidAside(layAside: Limits['layAside'], messageId: string, body: string): Promise<boolean> {
  try {
    await layAside(body);
    return true;
  } catch (error) {
    log.error('slack work not laid aside', {
      code: 'SlackWorkNotLaidAside',
      messageId,
      error: error as Error,
    });
    return false;
  }
}
