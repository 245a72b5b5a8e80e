import { type ConditionOperator, conditionOperator } from './condition-operators.ts';
import { fillIn, type Variables } from './policy-variables.ts';

/** The condition keys of a request, in lower case, with all their values; a key without one is absent. */
export type ConditionValues = Readonly<Record<string, readonly string[]>>;

/** Operator, then condition key, then the values that the policy names. */
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Whether every condition of the block holds for the values of the request. */
export function conditionsHold(block: ConditionBlock, variables: Variables): boolean {
  return Object.entries(block).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) =>
      holds(operator, wanted, valuesOf(variables.values, key), variables),
    ),
  );
}

function valuesOf(values: ConditionValues, key: string): readonly string[] {
  const name = key.toLowerCase();
  return Object.hasOwn(values, name) ? (values[name] ?? []) : [];
}

function holds(
  name: string,
  wanted: readonly string[],
  actual: readonly string[],
  variables: Variables,
): boolean {
  if (name === 'Null') return wanted.some((value) => value.toLowerCase() === String(actual.length === 0));
  const operator = conditionOperator(name);
  // A policy with another operator was refused when it came in.
  return operator !== undefined && compare(operator, filledIn(operator, wanted, variables), actual);
}

/** Without the values whose variables stand for nothing: those match nothing. */
function filledIn(
  { comparison }: ConditionOperator,
  wanted: readonly string[],
  variables: Variables,
): string[] {
  if (comparison.takesVariables !== true) return [...wanted];
  return wanted.map((value) => fillIn(value, variables)).filter((value) => value !== undefined);
}

function compare(
  { comparison, set, ifExists }: ConditionOperator,
  wanted: readonly string[],
  actual: readonly string[],
): boolean {
  const negated = comparison.negated === true;
  const satisfies = (value: string) =>
    wanted.some((candidate) => comparison.matches(value, candidate)) !== negated;
  // An empty text is as good as no value here.
  if (set === 'ForAllValues') return actual.filter((value) => value !== '').every(satisfies);
  if (actual.length === 0) return ifExists || (set === undefined && negated);
  return set === undefined && negated ? actual.every(satisfies) : actual.some(satisfies);
}
