import { plain } from '../approvals/plain.ts';

/** Text of other people as Slack shows it: never as markup, in one line, and no longer than Slack takes. */
export function plainText(text: string, longest: number) {
  return { type: 'plain_text', text: cut(text, longest), emoji: false } as const;
}

/** At least one character: Slack refuses an empty text. */
export function cut(text: string, longest: number): string {
  const line = plain(text).trim();
  if (line === '') return '–';
  if (line.length <= longest) return line;
  // No letter is cut in two.
  return `${line.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
