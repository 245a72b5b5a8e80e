const patterns = new Map<string, RegExp>();

/** Whether the text matches an IAM pattern: `*` is any text, `?` one character. */
export function matchesWildcard(text: string, pattern: string): boolean {
  return compiled(pattern).test(text);
}

/** As matchesWildcard, part by part: a wildcard of an ARN's region does not reach into its account. */
export function matchesArn(arn: string, pattern: string): boolean {
  const parts = arnParts(arn);
  const wanted = arnParts(pattern);
  return (
    parts.length === wanted.length && parts.every((part, index) => matchesWildcard(part, wanted[index] ?? ''))
  );
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}

function compiled(pattern: string): RegExp {
  let expression = patterns.get(pattern);
  if (expression === undefined) {
    const source = pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    expression = new RegExp(`^${source}$`, 's');
    patterns.set(pattern, expression);
  }
  return expression;
}
