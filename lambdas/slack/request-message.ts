import { escaped, type SlackBlock, type SlackMessage } from '../adapters/slack/slack-client.ts';
import { type Fact, factsOf } from '../approvals/request-facts.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { DecisionRecord, RequestRecord } from '../domain/request.ts';
import { cut, plainText } from './text.ts';

/** Limits of Slack's blocks. */
const HEADER = 150;
const FIELD = 2000;
const FIELDS = 10;
const TEXT = 3000;

/** The action of the button that opens the modal; its value is the request's id. */
export const REVIEW = 'review';

interface Shown {
  readonly request: RequestRecord;
  readonly key: KeyRecord;
  readonly decisions: readonly DecisionRecord[];
  readonly portalUrl: string;
}

/**
 * A request as a channel sees it, now: while it waits, with the way to decide it; afterwards with how it ended. Other
 * people's words are plain text and nothing else.
 */
export function requestMessage(shown: Shown): SlackMessage {
  const { request, key, decisions, portalUrl } = shown;
  const waits = request.state === 'awaiting-approval';
  const title = `${waits ? 'Approval needed' : outcomeOf(request)}: ${request.parameters.operation} ${key.owner}/${key.name}`;
  const { asked, evidence, rule } = factsOf(request, key);
  const said = decisions.filter(({ digest }) => digest === request.digest).map(saidBy);
  const link = `${portalUrl}/requests/${request.requestId}`;
  return {
    text: escaped(cut(title, HEADER)),
    blocks: [
      { type: 'header', text: plainText(title, HEADER) },
      ...fieldsOf([...asked, ...rule]),
      ...(waits ? [divider, ...evidence.map((fact) => section(`${fact.label}: ${fact.value}`))] : []).slice(
        0,
        20,
      ),
      ...(said.length === 0 ? [] : [divider, section(said.join(' · '))]),
      {
        type: 'actions',
        elements: [
          ...(waits
            ? [
                {
                  type: 'button',
                  action_id: REVIEW,
                  style: 'primary',
                  text: plainText('Review', 75),
                  value: request.requestId,
                },
              ]
            : []),
          { type: 'button', action_id: 'open', text: plainText('Open the page', 75), url: link },
        ],
      },
    ],
  };
}

const divider: SlackBlock = { type: 'divider' };

export function section(text: string): SlackBlock {
  return { type: 'section', text: plainText(text, TEXT) };
}

/** Facts two abreast, as many as a section takes. */
export function fieldsOf(facts: readonly Fact[]): SlackBlock[] {
  const sections: SlackBlock[] = [];
  for (let start = 0; start < facts.length; start += FIELDS) {
    const fields = facts.slice(start, start + FIELDS).map(({ label, value }) => ({
      type: 'plain_text',
      emoji: false,
      text: `${label}\n${cut(value, FIELD - label.length - 1)}`,
    }));
    sections.push({ type: 'section', fields });
  }
  return sections;
}

function saidBy({ person, verdict, behalf, reason }: DecisionRecord): string {
  const who = behalf === undefined ? person.name : `${person.name}, in the place of ${behalf.person.name},`;
  return `${who} ${verdict === 'approve' ? 'approved' : 'denied'}: ${reason}`;
}

function outcomeOf({ state }: RequestRecord): string {
  return state.charAt(0).toUpperCase() + state.slice(1);
}
