import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { createSlack } from '../../../lambdas/adapters/slack/slack-client.ts';
import { actorOf, type Principal } from '../../../lambdas/domain/principal.ts';
import { slackCodeHash } from '../../../lambdas/domain/slack-code.ts';
import { slackCatchUp } from '../../../lambdas/slack/catch-up.ts';
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

  const worker = slackWorker({
    ...waiting.deps,
    registry: waiting.registry,
    slack: client,
    portalUrl: PORTAL,
  });
  const copies = slackCopies({
    registry: waiting.registry,
    clock: waiting.deps.clock,
    notifications: { mail: {}, slack: { security: ['C0SECURITY'], payments: ['C0PAYMENTS', 'C0SECURITY'] } },
    slack: client,
    portalUrl: PORTAL,
  });
  const catchUp = slackCatchUp({ registry: waiting.registry, copies });
  /** Does what the door left for later, and what the stream tells of. */
  const settle = async (): Promise<void> => {
    for (let work = queue.shift(); work !== undefined; work = queue.shift()) await worker(work);
    await copies(REQUEST_ID);
  };
  /** The page has shown the person this code. */
  const codeFor = async (code: string, who: Principal, expiresAt = '2026-11-26T03:12:22.000Z') => {
    const made = { codeHash: slackCodeHash(code), person: actorOf(who), expiresAt };
    await waiting.registry.putSlackCode(made);
    return made;
  };
  const link = async ({ id: userId, name: userName }: SlackUser, who: Principal): Promise<void> => {
    const made = await codeFor(`SETUP${userId}`, who);
    const account = { teamId: TEAM_ID, userId, teamName: 'local', userName, person: actorOf(who) };
    await waiting.registry.linkSlackAccount({ ...account, linkedAt: '2026-11-25T00:00:00.000Z' }, made);
  };
  const close = async (): Promise<void> => {
    await slack.close();
    await new Promise((resolve) => {
      app.close(resolve);
      app.closeAllConnections();
    });
  };
  return { ...waiting, slack, queue, copies, catchUp, worker, settle, codeFor, link, close };
}
