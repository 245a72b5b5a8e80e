import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { type Message, type Modal, message, modal } from './limits.ts';

export const TEAM_ID = 'T0LOCAL';

/** Somebody in the workspace. */
export interface SlackUser {
  readonly id: string;
  readonly name: string;
}

export interface Posted {
  readonly channel: string;
  readonly ts: string;
  /** As it is now. */
  message: Message;
  /** How often it was changed. */
  updates: number;
}

export interface Opened {
  readonly id: string;
  readonly user: string;
  view: Modal;
}

export interface Whisper {
  readonly channel: string;
  readonly user: string;
  readonly text: string;
}

/** How a request to the app is sent otherwise than Slack would. */
export interface Forged {
  readonly secret?: string;
  readonly timestamp?: number;
  readonly team?: string;
  /** In place of the signature. */
  readonly signature?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** How often the app was called until it answered. */
  readonly attempts: number;
}

export interface LocalSlack {
  /** Where another process reads and plays it: `GET /_local/state`, `POST /_local/click`, `POST /_local/submit`. */
  readonly url: string;
  /** The base of the Web API: `slackApiUrl`. */
  readonly apiUrl: string;
  readonly secrets: { readonly botToken: string; readonly signingSecret: string };
  readonly posted: readonly Posted[];
  readonly views: readonly Opened[];
  readonly whispers: readonly Whisper[];
  /** What was refused, and why. */
  readonly refusals: readonly string[];
  /** Has the next calls of a method fail with a code of Slack. */
  fail(method: string, code: string, times?: number): void;
  /** Presses a button of a message. */
  click(user: SlackUser, on: Posted, actionId: string, forged?: Forged): Promise<Answer>;
  /** Sends a modal in, with what was filled in by block. */
  submit(
    user: SlackUser,
    view: Opened,
    filled: Readonly<Record<string, string>>,
    forged?: Forged,
  ): Promise<Answer>;
  /** Sends the last request once more, byte for byte. */
  replay(): Promise<Answer>;
  /** Where the app listens. */
  listenAt(url: string): void;
  close(): Promise<void>;
}

const TRIGGER_MILLISECONDS = 3_000;
const ANSWER_MILLISECONDS = 3_000;
/** Slack retries three times; the second at once, the others later than anybody waits here. */
const MOST_ATTEMPTS = 3;

const userSchema = z.strictObject({ id: z.string(), name: z.string() });
const clickOrder = z.strictObject({
  user: userSchema,
  channel: z.string(),
  ts: z.string(),
  actionId: z.string(),
});
const submitOrder = z.strictObject({
  user: userSchema,
  viewId: z.string(),
  filled: z.record(z.string(), z.string()),
});

class Refusal extends Error {}

/**
 * Starts a workspace of Slack, as far as Keyward uses one, on a free port of 127.0.0.1: it checks what it is sent against
 * Slack's limits, and plays the people in it, signing and repeating what it sends as Slack does.
 */
export async function startLocalSlack(): Promise<LocalSlack> {
  const secrets = {
    botToken: `xoxb-${randomBytes(12).toString('hex')}`,
    signingSecret: randomBytes(16).toString('hex'),
  };
  const posted: Posted[] = [];
  const views: Opened[] = [];
  const whispers: Whisper[] = [];
  const refusals: string[] = [];
  const faults = new Map<string, { code: string; times: number }>();
  const triggers = new Map<string, { user: string; until: number }>();
  let appUrl = '';
  let last: { headers: Record<string, string>; body: string } | undefined;
  let sequence = 0;

  const checked = <S extends z.ZodType>(schema: S, value: unknown, code: string): z.output<S> => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    refusals.push(
      parsed.error.issues.map(({ path, message: why }) => `${path.join('.')}: ${why}`).join('; '),
    );
    throw new Refusal(code);
  };
  const found = <T>(item: T | undefined, code: string): T => {
    if (item === undefined) throw new Refusal(code);
    return item;
  };

  const methods: Readonly<Record<string, (args: Record<string, unknown>) => object>> = {
    'chat.postMessage': (args) => {
      sequence += 1;
      const it = checked(message, args, 'invalid_blocks');
      const ts = `${Math.floor(Date.now() / 1000)}.${String(sequence).padStart(6, '0')}`;
      posted.push({ channel: it.channel, ts, message: it, updates: 0 });
      return { channel: it.channel, ts };
    },
    'chat.update': (args) => {
      const it = checked(message, args, 'invalid_blocks');
      const old = found(
        posted.find(({ channel, ts }) => channel === it.channel && ts === args.ts),
        'message_not_found',
      );
      old.message = it;
      old.updates += 1;
      return { channel: it.channel, ts: old.ts };
    },
    'chat.postEphemeral': (args) => {
      const it = checked(message, args, 'invalid_blocks');
      whispers.push({ channel: it.channel, user: String(args.user), text: it.text });
      return { message_ts: '0' };
    },
    'views.open': (args) => {
      const trigger = triggers.get(String(args.trigger_id));
      triggers.delete(String(args.trigger_id));
      if (trigger === undefined) throw new Refusal('invalid_trigger_id');
      if (trigger.until < Date.now()) throw new Refusal('expired_trigger_id');
      sequence += 1;
      const opened = {
        id: `V${sequence}`,
        user: trigger.user,
        view: checked(modal, args.view, 'invalid_arguments'),
      };
      views.push(opened);
      return { view: { id: opened.id } };
    },
    'views.update': (args) => {
      const opened = found(
        views.find(({ id }) => id === args.view_id),
        'not_found',
      );
      opened.view = checked(modal, args.view, 'invalid_arguments');
      return { view: { id: opened.id } };
    },
  };

  const answer = (request: IncomingMessage, body: string): object => {
    const method = (request.url ?? '').replace(/^\/api\//, '');
    const args = argumentsOf(body, request.headers['content-type'] ?? '');
    if (request.headers.authorization !== `Bearer ${secrets.botToken}`)
      return { ok: false, error: 'invalid_auth' };
    const fault = faults.get(method);
    if (fault !== undefined && fault.times > 0) {
      fault.times -= 1;
      return { ok: false, error: fault.code };
    }
    try {
      return { ok: true, ...found(methods[method], 'unknown_method')(args) };
    } catch (error) {
      if (error instanceof Refusal) return { ok: false, error: error.message };
      throw error;
    }
  };

  /** For a test in another process. */
  const control = async (path: string, body: unknown): Promise<unknown> => {
    switch (path) {
      case '/_local/state':
        return { posted, views, whispers, refusals };
      case '/_local/click': {
        const { user, channel, ts, actionId } = clickOrder.parse(body);
        const on = posted.find((each) => each.channel === channel && each.ts === ts);
        return workspace.click(user, found(on, 'message_not_found'), actionId);
      }
      case '/_local/submit': {
        const { user, viewId, filled } = submitOrder.parse(body);
        const view = views.find(({ id }) => id === viewId);
        return workspace.submit(user, found(view, 'not_found'), filled);
      }
      default:
        throw new Refusal('unknown_method');
    }
  };

  const server = createServer((request, response) => {
    const path = request.url ?? '';
    void text(request)
      .then((body) =>
        path.startsWith('/_local/')
          ? control(path, body === '' ? undefined : JSON.parse(body))
          : answer(request, body),
      )
      .then((said) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said)),
      )
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address !== 'string') resolve(address.port);
      else reject(new Error('SLACK_START: no TCP port was given; see whether 127.0.0.1 is up.'));
    });
  });

  const send = async (headers: Record<string, string>, body: string): Promise<Answer> => {
    for (let attempt = 1; ; attempt += 1) {
      const retried =
        attempt === 1
          ? {}
          : { 'X-Slack-Retry-Num': String(attempt - 1), 'X-Slack-Retry-Reason': 'http_timeout' };
      const response = await fetch(appUrl, {
        method: 'POST',
        headers: { ...headers, ...retried },
        body,
        signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
      }).catch(() => undefined);
      if (response !== undefined && response.status < 500) {
        const said = await response.text();
        return {
          status: response.status,
          body: said === '' ? undefined : JSON.parse(said),
          attempts: attempt,
        };
      }
      if (attempt === MOST_ATTEMPTS)
        return { status: response?.status ?? 0, body: undefined, attempts: attempt };
      await pause(100);
    }
  };

  const interact = async (payload: object, forged: Forged): Promise<Answer> => {
    const timestamp = String(forged.timestamp ?? Math.floor(Date.now() / 1000));
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const secret = forged.secret ?? secrets.signingSecret;
    const signed = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
    last = {
      body,
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Slack-Request-Timestamp': timestamp,
        'X-Slack-Signature': forged.signature ?? `v0=${signed}`,
      },
    };
    return send(last.headers, body);
  };
  const from = ({ id, name }: SlackUser, { team = TEAM_ID }: Forged) => ({
    team: { id: team, domain: 'local' },
    user: { id, username: name, name, team_id: team },
  });

  const workspace: LocalSlack = {
    url: `http://127.0.0.1:${port}`,
    apiUrl: `http://127.0.0.1:${port}/api/`,
    secrets,
    posted,
    views,
    whispers,
    refusals,
    fail: (method, code, times = 1) => void faults.set(method, { code, times }),
    click: (user, on, actionId, forged = {}) => {
      const buttons = (on.message.blocks ?? []).flatMap((block) =>
        block.type === 'actions' ? block.elements : [],
      );
      const button = buttons.find(({ action_id: id }) => id === actionId);
      if (button === undefined) throw new Error(`The message has no button ${actionId}.`);
      const trigger = `${(sequence += 1)}.${randomBytes(8).toString('hex')}`;
      triggers.set(trigger, { user: user.id, until: Date.now() + TRIGGER_MILLISECONDS });
      const payload = {
        type: 'block_actions',
        ...from(user, forged),
        trigger_id: trigger,
        channel: { id: on.channel },
        message: { ts: on.ts },
        actions: [{ type: 'button', action_id: actionId, value: button.value }],
      };
      return interact(payload, forged);
    },
    submit: async (user, view, filled, forged = {}) => {
      const inputs = view.view.blocks.flatMap((block) => (block.type === 'input' ? [block] : []));
      const values = Object.fromEntries(
        inputs.map(({ block_id: block, element: { type, action_id: action } }) => [
          block,
          {
            [action]:
              type === 'radio_buttons'
                ? { type, selected_option: filled[block] === undefined ? null : { value: filled[block] } }
                : { type, value: filled[block] ?? null },
          },
        ]),
      );
      const { callback_id: callback, private_metadata: metadata } = view.view;
      const told = await interact(
        {
          type: 'view_submission',
          ...from(user, forged),
          view: { id: view.id, callback_id: callback, private_metadata: metadata ?? '', state: { values } },
        },
        forged,
      );
      const answered = told.body as { response_action?: string; view?: unknown } | undefined;
      if (answered?.response_action === 'update')
        view.view = checked(modal, answered.view, 'invalid_arguments');
      return told;
    },
    replay: () => {
      if (last === undefined) throw new Error('Nothing was sent yet.');
      return send(last.headers, last.body);
    },
    listenAt: (url) => {
      appUrl = url;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return workspace;
}

/** The library sends forms, in which what is no text is JSON. */
function argumentsOf(body: string, contentType: string): Record<string, unknown> {
  if (contentType.startsWith('application/json')) return JSON.parse(body) as Record<string, unknown>;
  return Object.fromEntries(
    [...new URLSearchParams(body)].map(([name, value]) => [
      name,
      /^[[{]|^(?:true|false)$/.test(value) ? JSON.parse(value) : value,
    ]),
  );
}
