import { ErrorCode, LogLevel, WebClient } from '@slack/web-api';
import * as z from 'zod';
import { BackendBusy, BackendRefused } from '../../domain/errors.ts';
import { refusedWith } from '../aws-call.ts';

/** A message as Slack takes it. `text` stands in for the blocks in notifications. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

export interface SlackBlock {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface SlackView {
  readonly type: 'modal';
  readonly [field: string]: unknown;
}

/**
 * The few things that are done in Slack. Each throws BackendBusy (later perhaps) or BackendRefused, with what Slack calls
 * it in `details.awsCode`.
 */
export interface Slack {
  post(channel: string, message: SlackMessage): Promise<{ readonly channel: string; readonly ts: string }>;
  update(copy: { readonly channel: string; readonly ts: string }, message: SlackMessage): Promise<void>;
  /** Seen by one person only. */
  whisper(channel: string, user: string, text: string): Promise<void>;
  /** Within three seconds of the click that the trigger stands for. */
  openView(triggerId: string, view: SlackView): Promise<{ readonly viewId: string }>;
  updateView(viewId: string, view: SlackView): Promise<void>;
}

/** What the library calls an answer of Slack that says no. */
const REFUSED: string = ErrorCode.PlatformError;

const TIMEOUT_MILLISECONDS = 2_500;

/** The token is read for each call, so that a new one is in force without a new deployment. */
export function createSlack(token: () => Promise<string>, slackApiUrl?: string): Slack {
  let kept: { readonly token: string; readonly once: WebClient; readonly twice: WebClient } | undefined;
  const clients = async () => {
    const current = await token();
    if (kept?.token !== current) {
      const clientOf = (retries: number): WebClient =>
        new WebClient(current, {
          timeout: TIMEOUT_MILLISECONDS,
          retryConfig: { retries, minTimeout: 100, maxTimeout: 500 },
          rejectRateLimitedCalls: true,
          logLevel: LogLevel.ERROR,
          ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
        });
      kept = { token: current, once: clientOf(0), twice: clientOf(1) };
    }
    return kept;
  };
  const call = (method: string, args: Record<string, unknown>, turns: 'once' | 'twice' = 'twice') =>
    slackCall(method, async () => ({ ...(await (await clients())[turns].apiCall(method, args)) }));
  /** Nothing of a message is turned into links with a preview, nor read as names of people or channels. */
  const still = { unfurl_links: false, unfurl_media: false, parse: 'none', link_names: false };
  return {
    async post(channel, message) {
      // One whose answer was lost may have been posted, and Slack knows no repetition by a mark of ours.
      const said = { channel, ...message, ...still };
      const { ts, channel: where } = await call('chat.postMessage', said, 'once');
      return { channel: typeof where === 'string' ? where : channel, ts: String(ts) };
    },
    async update({ channel, ts }, message) {
      await call('chat.update', { channel, ts, ...message, ...still });
    },
    async whisper(channel, user, text) {
      await call('chat.postEphemeral', { channel, user, text: escaped(text), ...still });
    },
    async openView(triggerId, view) {
      const answer = await call('views.open', { trigger_id: triggerId, view });
      const opened = answer.view as { id?: string } | undefined;
      return { viewId: opened?.id ?? '' };
    },
    async updateView(viewId, view) {
      await call('views.update', { view_id: viewId, view });
    },
  };
}

/** The three characters that Slack reads as its own markup. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A message or a channel that somebody has taken away, or closed for changes: there is nothing left to keep true. */
export function isGone(error: unknown): boolean {
  return refusedWith(
    error,
    'message_not_found',
    'channel_not_found',
    'is_archived',
    'cant_update_message',
    'edit_window_closed',
  );
}

/** A modal that was closed, or a channel that the person has left: nobody is there to be told. */
export function isNobodyThere(error: unknown): boolean {
  return refusedWith(error, 'not_found', 'user_not_in_channel', 'channel_not_found', 'is_archived');
}

const slackError = z.looseObject({
  code: z.string().catch('unknown'),
  data: z.looseObject({ error: z.string().catch('unknown') }).catch({ error: 'unknown' }),
});

async function slackCall(
  method: string,
  call: () => Promise<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  try {
    return await call();
  } catch (error) {
    const { code, data } = slackError.parse(error);
    // What the library says may hold the request: its codes are enough.
    if (code === REFUSED) {
      const slackCode = data.error;
      if (passing.has(slackCode)) throw new BackendBusy(`slack:${method} did not go through (${slackCode}).`);
      throw new BackendRefused(`slack:${method} was refused with ${slackCode}.`, { awsCode: slackCode });
    }
    throw new BackendBusy(`slack:${method} did not go through (${code}).`);
  }
}

const passing: ReadonlySet<string> = new Set([
  'ratelimited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]);
