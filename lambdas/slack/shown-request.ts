import type { SlackBlock } from '../adapters/slack/slack-client.ts';
import { type Fact, factsOf, isGap } from '../approvals/request-facts.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { RequestRecord } from '../domain/request.ts';
import { fitted, plainText, roomOf } from './text.ts';

/** Limits of Slack's blocks. */
const FIELD = 2000;
const FIELDS = 10;
const TEXT = 3000;

/**
 * Slack refuses a message of more than about 13,200 characters in all, and does not say what it counts. Of a request this
 * much is shown, counted as it is sent; the rest is for what stands around it.
 */
const ROOM = 10_000;
/** A message takes 50 blocks. */
const MOST_LINES = 40;
/** What a line takes up beside its words. */
const AROUND = 80;
/** With less room than this a line is not begun. */
const SHORTEST_LINE = 120;

export interface ShownRequest {
  /** What is asked, by whom, and who decides. */
  readonly facts: readonly SlackBlock[];
  /** What is not known first; and last, how much more there is on the page. */
  readonly evidence: readonly SlackBlock[];
  /** Whether nothing was cut or left out: who approves has to see it all. */
  readonly complete: boolean;
}

/** A request as far as Slack can show it. Other people's words are plain text and nothing else. */
export function shownRequest(request: RequestRecord, key: KeyRecord): ShownRequest {
  const { asked, evidence, rule } = factsOf(request, key);
  const facts: SlackBlock[] = [];
  const lines: SlackBlock[] = [];
  let left = ROOM;
  let more = 0;
  const take = (text: string, longest: number): string => {
    const { text: shown, whole } = fitted(text, longest, Math.max(1, left - AROUND));
    left -= roomOf(shown) + AROUND;
    if (!whole) more += 1;
    return shown;
  };
  const all = [...asked, ...rule];
  for (let start = 0; start < all.length; start += FIELDS) {
    const fields = all.slice(start, start + FIELDS).map(({ label, value }) => ({
      type: 'plain_text',
      emoji: false,
      text: `${label}\n${take(value, FIELD - label.length - 1)}`,
    }));
    facts.push({ type: 'section', fields });
  }
  for (const { label, value } of gapsFirst(evidence)) {
    if (left < SHORTEST_LINE + AROUND || lines.length === MOST_LINES) more += 1;
    else lines.push(section(take(`${label}: ${value}`, TEXT)));
  }
  const last = more === 0 ? [] : [section(`${more} more on the page.`)];
  return { facts, evidence: [...lines, ...last], complete: more === 0 };
}

function gapsFirst(evidence: readonly Fact[]): Fact[] {
  return [...evidence.filter(isGap), ...evidence.filter((fact) => !isGap(fact))];
}

export function section(text: string): SlackBlock {
  return { type: 'section', text: plainText(text, TEXT) };
}
