import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { createSlack } from '../../../lambdas/adapters/slack/slack-client.ts';
import { createSeal } from '../../../lambdas/approvals/portal/seal.ts';
import type { Principal } from '../../../lambdas/domain/principal.ts';
import { slackCopies } from '../../../lambdas/slack/copies.ts';
import { createDoor } from '../../../lambdas/slack/door.ts';
import type { SlackWork } from '../../../lambdas/slack/interaction.ts';
import { slackWorker } from '../../../lambdas/slack/work.ts';
import { type SlackUser, startLocalSlack, TEAM_ID } from '../../../local/slack/server.ts';
import { type WaitingOptions, waitingWorld } from '../approvals/waiting-world.ts';
import { REQUEST_ID } from '../domain/examples.ts';

export const PORTAL = 'https://keyward.test/portal';

/** A request that waits, a workspace that hears of it, and the app behind it, all of them real but for AWS. */
export async function slackWorld(options: WaitingOptions = {}) {
  const waiting = await waitingWorld(options);
  const slack = await startLocalSlack();
  const client = createSlack(async () => slack.secrets.botToken, slack.apiUrl);
  const queue: SlackWork[] = [];
  const door = createDoor({
    secrets: async () => slack.secrets,
    teamId: TEAM_ID,
    slack: client,
    enqueue: async (work) => void queue.push(work),
    nowSeconds: () => Math.floor(Date.now() / 1000),
  });
  const app = createServer((request, response) => {
    void text(request)
      .then((body) =>
        door({ body, isBase64Encoded: false, headers: request.headers } as APIGatewayProxyEvent),
      )
      .then(({ statusCode, body }) => response.writeHead(statusCode).end(body));
  });
  await new Promise<void>((resolve) => void app.listen(0, '127.0.0.1', resolve));
  const address = app.address();
  slack.listenAt(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);

  const seal = createSeal(async () => 'a secret of the tests, long enough to be one');
  const worker = slackWorker({
    ...waiting.deps,
    registry: waiting.registry,
    slack: client,
    seal,
    portalUrl: PORTAL,
  });
  const copies = slackCopies({
    registry: waiting.registry,
    clock: waiting.deps.clock,
    notifications: { mail: {}, slack: { security: ['C0SECURITY'], payments: ['C0PAYMENTS', 'C0SECURITY'] } },
    slack: client,
    portalUrl: PORTAL,
  });
  /** Does what the door left for later, and what the stream tells of. */
  const settle = async (): Promise<void> => {
    for (let work = queue.shift(); work !== undefined; work = queue.shift()) await worker(work);
    await copies(REQUEST_ID);
  };
  const link = async (user: SlackUser, { id, name }: Principal): Promise<void> =>
    waiting.registry.putSlackAccount({
      teamId: TEAM_ID,
      userId: user.id,
      person: { kind: 'person', id, name },
      linkedAt: '2026-11-25T00:00:00.000Z',
    });
  const close = async (): Promise<void> => {
    await slack.close();
    await new Promise((resolve) => {
      app.close(resolve);
      app.closeAllConnections();
    });
  };
  return { ...waiting, slack, queue, seal, copies, worker, settle, link, close };
}
