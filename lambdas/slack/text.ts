import { escaped } from '../adapters/slack/slack-client.ts';
import { plain } from '../approvals/plain.ts';

/** Text of other people as Slack shows it: never as markup, in one line, and no longer than Slack takes. */
export function plainText(text: string, longest: number) {
  return { type: 'plain_text', text: cut(text, longest), emoji: false } as const;
}

/** At least one character: Slack refuses an empty text. */
export function cut(text: string, longest: number): string {
  return fitted(text, longest).text;
}

/** As much of a text as may be `longest` characters and takes up `room`: see `roomOf`. */
export function fitted(
  text: string,
  longest: number,
  room = Number.POSITIVE_INFINITY,
): { readonly text: string; readonly whole: boolean } {
  const line = plain(text).trim();
  if (line === '') return { text: '–', whole: true };
  const most = Math.min(line.length, longest);
  if (roomOf(beginning(line, most)) <= room) {
    const shown = beginning(line, most);
    return { text: shown, whole: shown === line };
  }
  let [fits, tooLong] = [1, most];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (roomOf(beginning(line, middle)) <= room) fits = middle;
    else tooLong = middle;
  }
  return { text: beginning(line, fits), whole: false };
}

function beginning(line: string, length: number): string {
  if (line.length <= length) return line;
  // No letter is cut in two.
  return `${line.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** What a text takes up as it is sent and kept: as JSON, and with Slack's markup written out. */
export function roomOf(text: string): number {
  return JSON.stringify(escaped(text)).length;
}
