import { matchesArn, matchesWildcard } from './wildcards.ts';

/** The condition keys of a request, in lower case, with all their values; a key without one is absent. */
export type ConditionValues = Readonly<Record<string, readonly string[]>>;

/** Operator, then condition key, then the values that the policy names. */
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

interface Operator {
  readonly matches: (actual: string, wanted: string) => boolean;
  /** Holds when no named value matches, and for an absent key. */
  readonly negated?: true;
}

const equal = (actual: string, wanted: string) => actual === wanted;
const equalIgnoringCase = (actual: string, wanted: string) => actual.toLowerCase() === wanted.toLowerCase();
const numeric =
  (compare: (actual: number, wanted: number) => boolean): Operator['matches'] =>
  (actual, wanted) =>
    compare(Number(actual), Number(wanted));
const numbersEqual = numeric((actual, wanted) => actual === wanted);

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: { matches: equal },
  StringNotEquals: { matches: equal, negated: true },
  StringEqualsIgnoreCase: { matches: equalIgnoringCase },
  StringNotEqualsIgnoreCase: { matches: equalIgnoringCase, negated: true },
  StringLike: { matches: matchesWildcard },
  StringNotLike: { matches: matchesWildcard, negated: true },
  // IAM treats the two ARN comparisons alike.
  ArnEquals: { matches: matchesArn },
  ArnNotEquals: { matches: matchesArn, negated: true },
  ArnLike: { matches: matchesArn },
  ArnNotLike: { matches: matchesArn, negated: true },
  NumericEquals: { matches: numbersEqual },
  NumericNotEquals: { matches: numbersEqual, negated: true },
  NumericLessThan: { matches: numeric((actual, wanted) => actual < wanted) },
  NumericLessThanEquals: { matches: numeric((actual, wanted) => actual <= wanted) },
  NumericGreaterThan: { matches: numeric((actual, wanted) => actual > wanted) },
  NumericGreaterThanEquals: { matches: numeric((actual, wanted) => actual >= wanted) },
  Bool: { matches: equalIgnoringCase },
};

const OPERATOR_NAME = /^(?:(?<set>ForAnyValue|ForAllValues):)?(?<base>[A-Za-z]+?)(?<ifExists>IfExists)?$/;

interface Test {
  readonly operator: Operator;
  readonly set: string | undefined;
  readonly ifExists: boolean;
}

/** Whether the condition operator is one that is judged here, with its prefix and suffix. */
export function isKnownOperator(name: string): boolean {
  return name === 'Null' || parseOperator(name) !== undefined;
}

/** Whether every condition of the block holds. */
export function conditionsHold(block: ConditionBlock, values: ConditionValues): boolean {
  return Object.entries(block).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, wanted, valuesOf(values, key))),
  );
}

function valuesOf(values: ConditionValues, key: string): readonly string[] {
  const name = key.toLowerCase();
  return Object.hasOwn(values, name) ? (values[name] ?? []) : [];
}

function holds(operatorName: string, wanted: readonly string[], actual: readonly string[]): boolean {
  if (operatorName === 'Null') return wanted.includes(String(actual.length === 0));
  const test = parseOperator(operatorName);
  // A policy with another operator was refused when it came in.
  if (test === undefined) return false;
  const { operator, set, ifExists } = test;
  const satisfies = (value: string) =>
    wanted.some((candidate) => operator.matches(value, candidate)) !== (operator.negated ?? false);
  if (set === 'ForAllValues') return actual.every(satisfies);
  if (actual.length === 0) return ifExists || (set === undefined && operator.negated === true);
  return set === undefined && operator.negated === true ? actual.every(satisfies) : actual.some(satisfies);
}

function parseOperator(name: string): Test | undefined {
  const { set, base, ifExists } = OPERATOR_NAME.exec(name)?.groups ?? {};
  if (base === undefined || !Object.hasOwn(OPERATORS, base)) return undefined;
  const operator = OPERATORS[base];
  return operator && { operator, set, ifExists: ifExists !== undefined };
}
