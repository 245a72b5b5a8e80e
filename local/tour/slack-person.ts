import * as z from 'zod';
import { until } from './until.ts';
import { openPortal, visitor } from './visitor.ts';

const state = z.object({
  posted: z.array(
    z.looseObject({ channel: z.string(), ts: z.string(), message: z.looseObject({ blocks: z.unknown() }) }),
  ),
  views: z.array(z.looseObject({ id: z.string(), user: z.string(), view: z.unknown() })),
});
const codeShown = z.looseObject({ code: z.string() });
type View = z.infer<typeof state>['views'][number];

/** A click that KMS keeps from being answered comes again after a minute. */
const SECONDS = 180;

/** Somebody in the local workspace, who clicks as people in Slack do. */
export function slackPerson(slackUrl: string, name: string) {
  const user = { id: `U0${name.toUpperCase()}`, name };
  const call = async (path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${slackUrl}/_local/${path}`, {
      method: 'POST',
      body: body === undefined ? '' : JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    if (!response.ok) throw new Error(`SLACK_FAILED: ${path}: ${await response.text()}`);
    return response.json();
  };
  const look = async () => state.parse(await call('state'));

  /** Opens the modal of a request and waits until it shows something of this kind. */
  const review = async (requestId: string, shows: RegExp): Promise<View> => {
    const on = await until('the message in Slack', SECONDS, async () =>
      (await look()).posted.find(({ message }) => JSON.stringify(message.blocks).includes(requestId)),
    );
    await call('click', { user, channel: on.channel, ts: on.ts, actionId: 'review' });
    return shown(shows);
  };
  const shown = (what: RegExp): Promise<View> =>
    until(`Slack to show ${String(what)}`, SECONDS, async () => {
      const view = (await look()).views.findLast(({ user: of }) => of === user.id);
      return view !== undefined && what.test(JSON.stringify(view.view)) ? view : undefined;
    });

  return {
    /** Links the account to the person: once, with a code that the page shows to whoever is signed in. */
    async link(requestId: string): Promise<void> {
      const { id: viewId, view } = await review(requestId, /slack-link/);
      const link = /"(https?:[^"]*slack-link)"/.exec(JSON.stringify(view))?.[1] ?? '';
      const page = await openPortal(visitor(), link, name, { secondFactor: true });
      const { status, body } = await page.post('slack-link/code', {});
      if (status !== 200) throw new Error(`NO_CODE: ${status} ${JSON.stringify(body)}`);
      await call('submit', { user, viewId, filled: { code: codeShown.parse(body).code } });
      await shown(/now counts as decided by/);
    },
    /** Approves in the modal. */
    async approve(requestId: string, reason: string): Promise<void> {
      const { id: viewId } = await review(requestId, /"block_id":"verdict"/);
      await call('submit', { user, viewId, filled: { verdict: 'approve', reason } });
      await shown(/You approved/);
    },
    /** What the messages about a request say now. */
    async messagesOf(requestId: string): Promise<string[]> {
      const { posted } = await look();
      return posted
        .map(({ message }) => JSON.stringify(message.blocks))
        .filter((words) => words.includes(requestId));
    },
  };
}
