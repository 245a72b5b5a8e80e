import { environment } from '../adapters/environment.ts';
import { queueSender, sqsClient } from '../adapters/queue.ts';
import { createDoor } from './door.ts';
import { slack, slackSecrets } from './runtime.ts';

export const handler = createDoor({
  secrets: slackSecrets,
  teamId: environment('SLACK_TEAM_ID'),
  slack,
  enqueue: queueSender(sqsClient(), environment('WORK_QUEUE_URL')),
  nowSeconds: () => Math.floor(Date.now() / 1000),
});
