import * as z from 'zod';

/**
 * A line that people read before they decide: nothing in it is invisible or turns the order of what is read. That
 * takes out control characters, line breaks, marks of text direction and unpaired surrogates.
 */
export function oneLine(longest: number) {
  return z
    .string()
    .max(longest)
    .regex(
      // oxlint-disable-next-line no-control-regex
      /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]*$/u,
      'must be one line of text, without control characters, direction marks or unpaired surrogates',
    );
}
