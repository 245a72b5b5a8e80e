import { oneLine } from '../../../domain/one-line.ts';
import type { Fault } from '../problem.ts';

const LONGEST_REASON = 1024;
const reasonTyped = oneLine(LONGEST_REASON).regex(/\S/);

/** The field has room for several lines; a decision keeps its reason as one. */
export function typedReason(reason: string): string {
  return reason.replaceAll(/[\r\n\t]+/g, ' ').trim();
}

/** What is wrong with a typed reason; nothing when it is right. */
export function reasonFaults(reason: string): Fault[] {
  if (reasonTyped.safeParse(reason).success) return [];
  const detail = `Say why, in at most ${LONGEST_REASON} characters, without invisible ones.`;
  return [{ pointer: '/reason', detail }];
}

/** What is wrong with a typed alias; nothing when it is right. */
export function aliasFaults(typed: string | undefined, alias: string): Fault[] {
  return typed === alias ? [] : [{ pointer: '/alias', detail: `Type the alias exactly: ${alias}` }];
}
