import { escaped, type SlackBlock, type SlackMessage } from '../adapters/slack/slack-client.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { DecisionRecord, RequestRecord } from '../domain/request.ts';
import { section, shownRequest } from './shown-request.ts';
import { cut, fitted, plainText } from './text.ts';

const HEADER = 150;
/** Of what people have said so far; the page has it all. */
const SAID = 1500;

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
  const { facts, evidence } = shownRequest(request, key);
  const said = decisions.filter(({ digest }) => digest === request.digest).map(saidBy);
  const link = `${portalUrl}/requests/${request.requestId}`;
  return {
    text: escaped(cut(title, HEADER)),
    blocks: [
      { type: 'header', text: plainText(title, HEADER) },
      ...facts,
      ...(waits ? [divider, ...evidence] : []),
      ...(said.length === 0 ? [] : [divider, section(fitted(said.join(' · '), SAID, SAID).text)]),
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

function saidBy({ person, verdict, behalf, reason }: DecisionRecord): string {
  const who = behalf === undefined ? person.name : `${person.name}, in the place of ${behalf.person.name},`;
  return `${who} ${verdict === 'approve' ? 'approved' : 'denied'}: ${reason}`;
}

function outcomeOf({ state }: RequestRecord): string {
  return state.charAt(0).toUpperCase() + state.slice(1);
}
