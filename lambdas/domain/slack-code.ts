import { createHash } from 'node:crypto';
import { plusDuration } from './cryptoperiod.ts';

/** Crockford's: no letter that could be taken for a digit. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 50 bits: with few tries, in ten minutes, nobody hits one by chance. */
export const SLACK_CODE_LENGTH = 10;
const VALID_FOR = 'PT10M';

const form = new RegExp(`^[${ALPHABET}]{${SLACK_CODE_LENGTH}}$`);

/** The code that so many random bytes stand for. */
export function slackCodeOf(random: Uint8Array): string {
  if (random.length !== SLACK_CODE_LENGTH) throw new RangeError(`A code is of ${SLACK_CODE_LENGTH} bytes.`);
  return Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** A code as somebody has typed it: without what only makes it readable. Undefined when it cannot be one. */
export function typedSlackCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return form.test(code) ? code : undefined;
}

/** What is kept of a code. */
export function slackCodeHash(code: string): string {
  return createHash('sha256').update(`keyward/slack-code/v1/${code}`).digest('hex');
}

/** When a code that is made now is over. */
export function slackCodeEnd(now: string): string {
  return plusDuration(now, VALID_FOR);
}
