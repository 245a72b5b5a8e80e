import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import { queueSender, sqsClient } from '../adapters/queue.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { deciding } from '../approvals/deciding.ts';
import { slack } from './runtime.ts';
import { slackWorker } from './work.ts';
import { slackWorkQueue } from './work-queue.ts';

const work = slackWorker({
  ...deciding(),
  registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
  access: bundledPolicies().access,
  clock,
  slack,
  portalUrl: environment('PORTAL_URL'),
});

const layAside = queueSender(sqsClient(), environment('DEAD_LETTERS_URL'));

export const handler = slackWorkQueue(work, {
  mostReceives: Number(environment('MOST_RECEIVES')),
  layAside: (body) => layAside({ body }),
});
