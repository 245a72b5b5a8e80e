import { createHmac } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Registry } from '../../lambdas/adapters/registry/registry.ts';
import type { SlackView } from '../../lambdas/adapters/slack/slack-client.ts';
import { KeywardError } from '../../lambdas/domain/errors.ts';
import type { Actor } from '../../lambdas/domain/principal.ts';
import { slackCodeHash } from '../../lambdas/domain/slack-code.ts';
import { createDoor } from '../../lambdas/slack/door.ts';
import type { SlackWork } from '../../lambdas/slack/interaction.ts';
import { slackWorker, type WorkDependencies } from '../../lambdas/slack/work.ts';
import type { Click } from './world.ts';

const TEAM = 'T0LOCAL';
const SECRET = 'a signing secret';

/** What is wrong with a request that Slack did not send. */
export const slackForgeries = ['another secret', 'long ago', 'another workspace', 'no signature'] as const;
export type SlackForgery = (typeof slackForgeries)[number];

/** The words in which a person is told what the code says. */
const told: readonly (readonly [RegExp, string])[] = [
  [/You (?:approved|denied)\./, 'recorded'],
  [/Your decision stands/, 'stood'],
  [/no such request/, 'RequestNotFound'],
  [/asked for this yourself/, 'SelfApproval'],
  [/in none of the groups|does not know you/, 'NotAnApprover'],
  [/nothing left to decide/, 'RequestClosed'],
  [/not the one you were shown/, 'DigestChanged'],
  [/second factor/, 'MfaRequired'],
];

/** Slack, as it brings the modal that somebody sent in; each account is linked to its person. */
export function slackChannel(
  deps: Omit<WorkDependencies, 'slack' | 'portalUrl'> & { readonly registry: Registry },
) {
  const views = new Map<string, SlackView>();
  const worker = slackWorker({
    ...deps,
    slack: {
      updateView: async (viewId, view) => void views.set(viewId, view),
      whisper: async () => {},
    },
    portalUrl: 'https://keyward.test/portal',
  });
  const link = linker(deps.registry);
  let sent = 0;

  const send = async (
    { who, requestId, verdict, digest }: Click,
    forgery: SlackForgery | undefined,
    queue: SlackWork[],
  ): Promise<{ readonly status: number; readonly viewId: string }> => {
    sent += 1;
    const viewId = `V${sent}`;
    const team = forgery === 'another workspace' ? 'T0OTHER' : TEAM;
    const payload = {
      type: 'view_submission',
      team: { id: team, domain: 'local' },
      user: { id: `U${who.name}`, name: who.name },
      view: {
        id: viewId,
        callback_id: 'decide',
        private_metadata: JSON.stringify({ requestId, digest, channel: 'C1', personId: who.id }),
        state: {
          values: {
            verdict: { verdict: { selected_option: { value: verdict } } },
            reason: { reason: { value: 'By chance.' } },
          },
        },
      },
    };
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const timestamp = String(forgery === 'long ago' ? 1_800_000_000 - 400 : 1_800_000_000);
    const secret = forgery === 'another secret' ? 'another' : SECRET;
    const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
    const door = createDoor({
      secrets: async () => ({ botToken: 'xoxb', signingSecret: SECRET }),
      teamId: TEAM,
      slack: { openView: () => Promise.reject(new Error('Nothing is opened here.')) },
      enqueue: async (work) => void queue.push(work),
      nowSeconds: () => 1_800_000_000,
    });
    const headers = {
      'X-Slack-Request-Timestamp': timestamp,
      'X-Slack-Signature': forgery === 'no signature' ? '' : signature,
    };
    const { statusCode } = await door({
      body,
      isBase64Encoded: false,
      headers,
    } as unknown as APIGatewayProxyEvent);
    return { status: statusCode, viewId };
  };

  return {
    click: async (click: Click): Promise<string> => {
      const { id, name } = click.who;
      await link({ kind: 'person', id, name });
      const queue: SlackWork[] = [];
      const { viewId } = await send(click, undefined, queue);
      try {
        for (const work of queue) await worker(work);
      } catch (error) {
        if (error instanceof KeywardError) return error.code;
        throw error;
      }
      const words = JSON.stringify(views.get(viewId));
      return told.find(([pattern]) => pattern.test(words))?.[1] ?? words;
    },
    forge: async (click: Click, forgery: SlackForgery): Promise<string> => {
      const queue: SlackWork[] = [];
      const { status } = await send(click, forgery, queue);
      return queue.length === 0 ? `refused with ${status}` : 'taken';
    },
  };
}

/** Links the account of each person once, as many as click at the same time. */
function linker(registry: Registry) {
  const linked = new Map<string, Promise<void>>();
  const link = async (person: Actor): Promise<void> => {
    const userId = `U${person.name}`;
    const linkedAt = '2026-11-25T00:00:00.000Z';
    const code = { codeHash: slackCodeHash(userId), person, expiresAt: linkedAt };
    await registry.putSlackCode(code);
    await registry.linkSlackAccount(
      { teamId: TEAM, userId, teamName: 'local', userName: person.name, person, linkedAt },
      code,
    );
  };
  return (person: Actor): Promise<void> => {
    const done = linked.get(person.id) ?? link(person);
    linked.set(person.id, done);
    return done;
  };
}
