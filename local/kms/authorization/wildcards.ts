/** A character that stands for itself, or any text, any text up to the next colon, or any one character. */
type Token = string | typeof ANY_TEXT | typeof ANY_TEXT_WITHIN | typeof ANY_CHARACTER;

const ANY_TEXT = Symbol('*');
const ANY_TEXT_WITHIN = Symbol('* within a part of an ARN');
const ANY_CHARACTER = Symbol('?');

/** `${*}`, `${?}` and `${$}` are the characters themselves. */
const TOKEN = /\$\{(?<escaped>[*?$])\}|(?<plain>[\s\S])/gu;

/** Whether the text matches an IAM pattern: `*` is any text, `?` one character. */
export function matchesWildcard(text: string, pattern: string): boolean {
  if (isPlain(pattern)) return text === pattern;
  const beginning = pattern.slice(0, -1);
  if (pattern.endsWith('*') && isPlain(beginning)) return text.startsWith(beginning);
  return matchesTokens(text, tokensOf(pattern));
}

/** As matchesWildcard, part by part: a wildcard of an ARN's region does not reach into its account. */
export function matchesArn(arn: string, pattern: string): boolean {
  const parts = arnParts(arn);
  const wanted = arnParts(pattern);
  return (
    parts.length === wanted.length && parts.every((part, index) => matchesWildcard(part, wanted[index] ?? ''))
  );
}

/** As matchesWildcard for a Resource element: a `*` reaches over a colon only at the end of its part of the ARN. */
export function matchesResource(resource: string, pattern: string): boolean {
  if (pattern === '*') return true;
  if (isPlain(pattern)) return resource === pattern;
  const tokens = tokensOf(pattern);
  const name = tokens.flatMap((token, index) => (token === ':' ? [index] : []))[4] ?? tokens.length;
  return matchesTokens(
    resource,
    tokens.map((token, index) => {
      const next = tokens[index + 1];
      const endsItsPart = index > name || next === undefined || next === ':';
      return token === ANY_TEXT && !endsItsPart ? ANY_TEXT_WITHIN : token;
    }),
  );
}

/** The text that a pattern is when its wildcards stand for themselves. */
export function literalText(pattern: string): string {
  return pattern.replaceAll(/\$\{([*?$])\}/g, '$1');
}

/** The pattern that only the text itself matches. */
export function literalPattern(text: string): string {
  return text.replaceAll(/[*?$]/g, (character) => `\${${character}}`);
}

/** Most patterns are a whole name. */
const isPlain = (pattern: string) => !/[*?$]/.test(pattern);

function tokensOf(pattern: string): Token[] {
  return [...pattern.matchAll(TOKEN)].map(({ groups }) => {
    if (groups?.escaped !== undefined) return groups.escaped;
    const character = groups?.plain ?? '';
    return character === '*' ? ANY_TEXT : character === '?' ? ANY_CHARACTER : character;
  });
}

/** Keeps all the places in the text that the tokens so far can reach, so that no pattern takes long. */
function matchesTokens(text: string, tokens: readonly Token[]): boolean {
  const characters = Array.from(text);
  let reachable = new Set([0]);
  for (const token of tokens) {
    const next = new Set<number>();
    for (const position of reachable) {
      const character = characters[position];
      if (token === ANY_TEXT || token === ANY_TEXT_WITHIN) {
        for (let end = position; end <= characters.length && !next.has(end); end += 1) {
          next.add(end);
          if (token === ANY_TEXT_WITHIN && characters[end] === ':') break;
        }
      } else if (character !== undefined && (token === ANY_CHARACTER || token === character)) {
        next.add(position + 1);
      }
    }
    reachable = next;
  }
  return reachable.has(characters.length);
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}
