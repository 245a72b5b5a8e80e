import * as z from 'zod';

/** The types of AWS's JSON 1.1 protocol that are not JSON's own, with the limits of a member. */

/** A text of so many characters, all of it as the pattern of the API model, in the words of that, says. */
export function text(minimum: number, maximum: number, pattern?: string) {
  const sized = z.string().min(minimum).max(maximum);
  return pattern === undefined ? sized : sized.regex(new RegExp(`^(?:${pattern})$`, 'u'), { error: pattern });
}

/** Base64 of so many bytes. */
export const bytes = (minimum: number, maximum: number) =>
  z
    .unknown()
    .transform((value, context) => {
      const problem = base64Problem(value);
      if (typeof value === 'string' && problem === undefined) return Buffer.from(value, 'base64');
      context.issues.push({ code: 'custom', message: problem, input: value, params: { expected: 'bytes' } });
      return z.NEVER;
    })
    .check(({ value, issues }) => {
      const measured = { origin: 'bytes', inclusive: true, input: value } as const;
      if (value.length < minimum) issues.push({ code: 'too_small', minimum, ...measured });
      if (value.length > maximum) issues.push({ code: 'too_big', maximum, ...measured });
    });

/** A number with a fraction is cut, and one that a Java int cannot hold is brought to the next that it can. */
export const integer = (minimum: number, maximum: number) =>
  z
    .number()
    .transform((value) => Math.max(-2_147_483_648, Math.min(2_147_483_647, Math.trunc(value))))
    .pipe(z.number().min(minimum).max(maximum));

/** Also with keys that mean something to JavaScript, such as `__proto__`, which zod's own records leave out. */
export const stringMap = z.unknown().transform((value, context): Readonly<Record<string, string>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    context.issues.push({ code: 'invalid_type', expected: 'record', input: value });
    return z.NEVER;
  }
  const entries: [string, string][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'string') entries.push([key, item]);
    else context.issues.push({ code: 'invalid_type', expected: 'string', input: item, path: [key] });
  }
  return Object.fromEntries(entries);
});

/** What an AWS server says of what is not base64, in its own spelling. */
function base64Problem(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (value.length % 4 !== 0) {
    return `Base64 encoded length is expected a multiple of 4 bytes but found: ${value.length}`;
  }
  const wrong = /[^A-Za-z0-9+/]/.exec(value.replace(/={1,2}$/, ''))?.[0];
  if (wrong !== undefined) return `Invalid Base64 character: '${wrong}'`;
  // The bits that the last character has beyond the last byte are zero.
  const isWhole = Buffer.from(value, 'base64').toString('base64') === value;
  return isWhole ? undefined : 'Invalid last non-pad Base64 character dectected';
}
