import type { SlackView } from '../adapters/slack/slack-client.ts';
import { factsOf } from '../approvals/request-facts.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { RequestRecord } from '../domain/request.ts';
import { fieldsOf, section } from './request-message.ts';
import { plainText } from './text.ts';

const TITLE = 24;
const LONGEST_REASON = 1024;

/** Where the values of the modal are, as Slack sends them back. */
export const fields = {
  verdict: { block: 'verdict', action: 'verdict' },
  reason: { block: 'reason', action: 'reason' },
  alias: { block: 'alias', action: 'alias' },
} as const;

/** The modal in which somebody decides. What it carries along is what it showed, and no secret. */
export function reviewView(
  request: RequestRecord,
  key: KeyRecord,
  carried: { readonly channel: string },
  portalUrl: string,
): SlackView {
  const { asked, evidence, rule } = factsOf(request, key);
  const { mfa, passkey } = request.approval;
  const shown = [
    ...fieldsOf([...asked, ...rule]),
    ...evidence.map(({ label, value }) => section(`${label}: ${value}`)),
  ];
  const { requestId, digest } = request;
  return {
    type: 'modal',
    callback_id: 'decide',
    title: plainText('Review', TITLE),
    close: plainText('Close', TITLE),
    submit: plainText('Record my decision', TITLE),
    private_metadata: JSON.stringify({ requestId, digest, channel: carried.channel }),
    blocks: [
      ...shown.slice(0, 60),
      ...(mfa === true || passkey === true ? [onlyOnThePage(`${portalUrl}/requests/${requestId}`)] : []),
      {
        type: 'input',
        block_id: fields.verdict.block,
        label: plainText('Your decision', 2000),
        element: {
          type: 'radio_buttons',
          action_id: fields.verdict.action,
          options: [
            { value: 'approve', text: plainText('Approve', 75) },
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
      ...(request.parameters.operation === 'destroy'
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
function onlyOnThePage(link: string) {
  return {
    type: 'section',
    text: plainText(
      'Approving this takes a second factor or a passkey, which Slack cannot prove: approve on the page. You can deny here.',
      3000,
    ),
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

/** Says that a Slack account belongs to nobody yet, and how that is changed. */
export function linkView(link: string): SlackView {
  return {
    type: 'modal',
    title: plainText('Who are you?', TITLE),
    close: plainText('Close', TITLE),
    blocks: [
      {
        type: 'section',
        text: plainText(
          'Keyward does not know yet whose Slack account this is. Sign in once on the page, and come back here.',
          3000,
        ),
        accessory: { type: 'button', action_id: 'open', text: plainText('Sign in', 75), url: link },
      },
    ],
  };
}
