import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { log } from '../adapters/log.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { secretReader, secretsClient } from '../adapters/secret.ts';
import { deciding } from '../approvals/deciding.ts';
import { createSeal } from '../approvals/portal/seal.ts';
import { slackWork } from './interaction.ts';
import { slack } from './runtime.ts';
import { slackWorker } from './work.ts';

const work = slackWorker({
  ...deciding(),
  registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
  access: bundledPolicies().access,
  clock,
  slack,
  seal: createSeal(secretReader(secretsClient(), environment('SESSION_SECRET_ARN'))),
  portalUrl: environment('PORTAL_URL'),
});

/** What fails is delivered again by itself, and after some times laid aside. */
export const handler = async ({ Records: records }: SQSEvent): Promise<SQSBatchResponse> => {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of records) {
    try {
      await work(slackWork.parse(JSON.parse(body)));
    } catch (error) {
      log.error('slack work not done', { code: 'SlackWorkFailed', messageId, error: error as Error });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
};
