import type { SlackView } from '../adapters/slack/slack-client.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { Principal } from '../domain/principal.ts';
import type { RequestRecord } from '../domain/request.ts';
import { section, shownRequest } from './shown-request.ts';
import { plainText } from './text.ts';

const TITLE = 24;
const LONGEST_REASON = 1024;

/** Where the values of the modal are, as Slack sends them back. */
export const fields = {
  verdict: { block: 'verdict', action: 'verdict' },
  reason: { block: 'reason', action: 'reason' },
  alias: { block: 'alias', action: 'alias' },
  code: { block: 'code', action: 'code' },
} as const;

/** What a modal is sent in as, that has somebody type a code. */
export const LINK = 'link';

/** The modal in which somebody decides. What it carries along is what it showed, and no secret. */
export function reviewView(
  request: RequestRecord,
  key: KeyRecord,
  { channel, as }: { readonly channel: string; readonly as: Pick<Principal, 'id' | 'name'> },
  portalUrl: string,
): SlackView {
  const { requestId, digest, approval, parameters } = request;
  const { facts, evidence, complete } = shownRequest(request, key);
  const link = `${portalUrl}/requests/${requestId}`;
  return {
    type: 'modal',
    callback_id: 'decide',
    title: plainText('Review', TITLE),
    close: plainText('Close', TITLE),
    submit: plainText('Record my decision', TITLE),
    private_metadata: JSON.stringify({ requestId, digest, channel, personId: as.id }),
    blocks: [
      ...facts,
      ...evidence,
      ...(complete ? [] : [onlyOnThePage(NOT_ALL_SHOWN, link)]),
      ...(approval.mfa === true || approval.passkey === true ? [onlyOnThePage(NOT_PROVED, link)] : []),
      section(`You decide here as ${as.name} (${as.id}).`),
      {
        type: 'input',
        block_id: fields.verdict.block,
        label: plainText('Your decision', 2000),
        element: {
          type: 'radio_buttons',
          action_id: fields.verdict.action,
          options: [
            ...(complete ? [{ value: 'approve', text: plainText('Approve', 75) }] : []),
            { value: 'deny', text: plainText('Deny: one no ends the request', 75) },
          ],
        },
      },
      {
        type: 'input',
        block_id: fields.reason.block,
        label: plainText('Your reason', 2000),
        element: {
          type: 'plain_text_input',
          action_id: fields.reason.action,
          multiline: true,
          min_length: 1,
          max_length: LONGEST_REASON,
        },
      },
      ...(parameters.operation === 'destroy' && complete
        ? [
            {
              type: 'input',
              block_id: fields.alias.block,
              optional: true,
              label: plainText(`To approve, type the alias of the key: ${key.alias}`, 2000),
              element: { type: 'plain_text_input', action_id: fields.alias.action, max_length: 256 },
            },
          ]
        : []),
    ],
  };
}

/** Slack proves neither a second factor nor a passkey; a no can be said here all the same. */
const NOT_PROVED =
  'Approving this takes a second factor or a passkey, which Slack cannot prove: approve on the page. You can deny here.';

export const NOT_ALL_SHOWN =
  'Slack cannot show all that you have to know before you approve this: approve on the page. You can deny here.';

function onlyOnThePage(why: string, link: string) {
  return {
    type: 'section',
    text: plainText(why, 3000),
    accessory: { type: 'button', action_id: 'open', text: plainText('Open the page', 75), url: link },
  };
}

/** A modal that only says something. */
export function noticeView(title: string, ...lines: readonly string[]): SlackView {
  return {
    type: 'modal',
    title: plainText(title, TITLE),
    close: plainText('Close', TITLE),
    blocks: lines.map((line) => section(line)),
  };
}

/** Says that a Slack account belongs to nobody yet, and has its person prove whose it is. */
export function linkView(portalUrl: string): SlackView {
  return {
    type: 'modal',
    callback_id: LINK,
    title: plainText('Who are you?', TITLE),
    close: plainText('Close', TITLE),
    submit: plainText('Link', TITLE),
    blocks: [
      {
        type: 'section',
        text: plainText(
          'Keyward does not know yet whose Slack account this is. Sign in on the page, make a code there, and type it here. Type no code that somebody has sent you: you would decide in their name.',
          3000,
        ),
        accessory: {
          type: 'button',
          action_id: 'open',
          text: plainText('Open the page', 75),
          url: `${portalUrl}/slack-link`,
        },
      },
      {
        type: 'input',
        block_id: fields.code.block,
        label: plainText('Your code', 2000),
        element: { type: 'plain_text_input', action_id: fields.code.action, max_length: 32 },
      },
    ],
  };
}
