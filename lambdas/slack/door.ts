import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import * as z from 'zod';
import { log } from '../adapters/log.ts';
import type { SlackSecrets } from '../adapters/slack/secrets.ts';
import { signedBody } from '../adapters/slack/signature.ts';
import type { Slack } from '../adapters/slack/slack-client.ts';
import { KeywardError, Unauthenticated } from '../domain/errors.ts';
import { oneLine } from '../domain/one-line.ts';
import { parsedJson } from '../domain/parsed-json.ts';
import { slackCodeHash, typedSlackCode } from '../domain/slack-code.ts';
import { carried, type Interaction, interaction, type SlackWork } from './interaction.ts';
import { REVIEW } from './request-message.ts';
import { fields, LINK, noticeView } from './views.ts';

export interface DoorDependencies {
  readonly secrets: () => Promise<SlackSecrets>;
  /** The one workspace that is let in. */
  readonly teamId: string;
  readonly slack: Pick<Slack, 'openView'>;
  readonly enqueue: (work: SlackWork) => Promise<void>;
  /** In real time, as Slack signs. */
  readonly nowSeconds: () => number;
}

/**
 * What Slack calls when somebody clicks.
 *
 * 1. Only what Slack signed, not long ago, for our workspace, is looked at.
 * 2. A click on «Review» opens a modal at once, before its trigger is over; what stands in it comes later.
 * 3. A modal that is sent in is checked for its form, and what it says is left for later.
 * 4. Slack hears within three seconds; else it would send the same again. That would do no harm: a person decides once.
 */
export function createDoor(deps: DoorDependencies) {
  return async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
    try {
      const { signingSecret } = await deps.secrets();
      const body = await signedBody(event, signingSecret, deps.nowSeconds()); // 1
      const asked = readInteraction(body);
      if (asked.team.id !== deps.teamId) {
        throw new Unauthenticated('This did not come from Slack, or took too long.');
      }
      return answer(
        200,
        asked.type === 'block_actions' ? await clicked(deps, asked) : await sentIn(deps, asked, body),
      );
    } catch (error) {
      const known = error instanceof KeywardError ? error : undefined;
      const status = known?.kind === 'unauthenticated' ? 401 : known?.kind === 'invalid' ? 400 : 503;
      log[status === 503 ? 'error' : 'info']('slack refused', {
        code: known?.code ?? 'Unexpected',
        status,
        ...(known === undefined ? { error: error as Error } : {}),
      });
      return answer(status);
    }
  };
}

function readInteraction(body: string): Interaction {
  const payload = new URLSearchParams(body).get('payload');
  const parsed = interaction.safeParse(payload === null ? undefined : parsedJson(payload));
  if (parsed.success) return parsed.data;
  throw new Unauthenticated('This did not come from Slack, or took too long.');
}

async function clicked(
  { slack, enqueue }: DoorDependencies,
  asked: Extract<Interaction, { type: 'block_actions' }>,
): Promise<undefined> {
  const review = asked.actions.find(({ action_id: id }) => id === REVIEW);
  if (review?.value === undefined) return; // a link, which the browser has followed
  const { viewId } = await slack.openView(asked.trigger_id, noticeView('Review', 'One moment …')); // 2
  const channel = asked.channel?.id ?? '';
  await enqueue({ kind: 'review', who: whoOf(asked), viewId, channel, requestId: review.value });
}

const reasonTyped = oneLine(1024).min(1).regex(/\S/);
const valueOf = z.looseObject({
  value: z.string().nullish(),
  selected_option: z.looseObject({ value: z.string() }).nullish(),
});

type SentIn = Extract<Interaction, { type: 'view_submission' }>;

async function sentIn(deps: DoorDependencies, asked: SentIn, body: string): Promise<object> {
  return asked.view.callback_id === LINK
    ? codeSentIn(deps, asked, sentIdOf(body))
    : decisionSentIn(deps, asked);
}

/** The same when Slack sends the same again. Nobody makes out of it what was typed: the body holds more than that. */
function sentIdOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

function typedIn({ view }: SentIn, field: (typeof fields)[keyof typeof fields]) {
  return valueOf.safeParse(view.state.values[field.block]?.[field.action]).data;
}

async function codeSentIn({ enqueue }: DoorDependencies, asked: SentIn, sentId: string): Promise<object> {
  const code = typedSlackCode(typedIn(asked, fields.code)?.value ?? '');
  if (code === undefined) {
    const errors = { [fields.code.block]: 'Type the ten letters and digits that the page shows.' };
    return { response_action: 'errors', errors };
  }
  await enqueue({
    kind: 'link',
    who: whoOf(asked),
    viewId: asked.view.id,
    codeHash: slackCodeHash(code),
    sentId,
  });
  return { response_action: 'update', view: noticeView('Your account', 'It is being linked …') };
}

async function decisionSentIn({ enqueue }: DoorDependencies, asked: SentIn): Promise<object> {
  const { view } = asked;
  const about = carried.safeParse(parsedJson(view.private_metadata));
  if (!about.success)
    return { response_action: 'update', view: noticeView('Not recorded', 'Open the request again.') };
  const verdict = z
    .enum(['approve', 'deny'])
    .safeParse(typedIn(asked, fields.verdict)?.selected_option?.value);
  const reason = reasonTyped.safeParse(
    (typedIn(asked, fields.reason)?.value ?? '').replaceAll(/\s+/g, ' ').trim(),
  );
  const errors = {
    ...(verdict.success ? {} : { [fields.verdict.block]: 'Choose one.' }),
    ...(reason.success ? {} : { [fields.reason.block]: 'Say why, in one line.' }),
  };
  if (!verdict.success || !reason.success) return { response_action: 'errors', errors }; // 3
  const alias = typedIn(asked, fields.alias)?.value;
  await enqueue({
    kind: 'decide',
    who: whoOf(asked),
    viewId: view.id,
    ...about.data,
    verdict: verdict.data,
    reason: reason.data,
    ...(typeof alias === 'string' ? { alias: alias.slice(0, 256) } : {}),
  });
  return { response_action: 'update', view: noticeView('Your decision', 'It is being recorded …') };
}

function whoOf({ team, user }: Interaction): SlackWork['who'] {
  return { teamId: team.id, userId: user.id, teamName: team.domain, userName: user.name };
}

function answer(statusCode: number, body?: object): APIGatewayProxyResult {
  return {
    statusCode,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    body: body === undefined ? '' : JSON.stringify(body),
  };
}
