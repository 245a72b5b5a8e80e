import type { ConditionValues } from './conditions.ts';
import { literalPattern } from './wildcards.ts';

/** What the variables of a policy stand for in one request. */
export interface Variables {
  /** Policies of a version before 2012-10-17 have none: what looks like one is plain text there. */
  readonly supported: boolean;
  readonly values: ConditionValues;
}

const VARIABLE = /\$\{(?<content>[^{}]*)\}/g;
const NAME_AND_DEFAULT = /^(?<name>[^,]+?)\s*(?:,\s*'(?<byDefault>[^']*)')?$/;

/** Condition keys with several values are no variables. */
const MULTIVALUED: ReadonlySet<string> = new Set([
  'aws:calledvia',
  'aws:principalservicenameslist',
  'aws:tagkeys',
  'kms:encryptioncontextkeys',
  'kms:grantoperations',
  'kms:resourcealiases',
]);

/**
 * A pattern with its variables filled in: what they stand for matches itself alone, be it `*`. Undefined when one of
 * them has neither a value nor a default, and the pattern therefore matches nothing.
 */
export function fillIn(pattern: string, { supported, values }: Variables): string | undefined {
  if (!supported) return pattern.replaceAll('$', () => literalPattern('$'));
  let isComplete = true;
  const filled = pattern.replaceAll(VARIABLE, (variable, content: string) => {
    if (['*', '?', '$'].includes(content)) return variable;
    const { name = '', byDefault } = NAME_AND_DEFAULT.exec(content)?.groups ?? {};
    const value = valueOf(values, name.toLowerCase()) ?? byDefault;
    if (value === undefined) isComplete = false;
    return literalPattern(value ?? '');
  });
  return isComplete ? filled : undefined;
}

function valueOf(values: ConditionValues, name: string): string | undefined {
  return Object.hasOwn(values, name) && !MULTIVALUED.has(name) ? values[name]?.[0] : undefined;
}
