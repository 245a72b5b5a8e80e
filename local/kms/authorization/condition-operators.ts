import { epochMilliseconds } from './dates.ts';
import { isInRange, isIpRange } from './ip-addresses.ts';
import { literalText, matchesArn, matchesWildcard } from './wildcards.ts';

/** One of IAM's comparisons, without its set prefix and its IfExists. */
export interface Comparison {
  /** The wanted one is as the policy has it, or with its variables filled in. */
  readonly matches: (actual: string, wanted: string) => boolean;
  /** Holds when no named value matches, and for an absent key. */
  readonly negated?: true;
  readonly takesVariables?: true;
  /** Whether a policy may name the value; it may name any, when left out. */
  readonly accepts?: (wanted: string) => boolean;
}

type Kind = Omit<Comparison, 'matches' | 'negated'>;

const TEXT: Kind = { takesVariables: true };
const equal = { ...TEXT, matches: (actual: string, wanted: string) => actual === literalText(wanted) };
const equalIgnoringCase = {
  ...TEXT,
  matches: (actual: string, wanted: string) => actual.toLowerCase() === literalText(wanted).toLowerCase(),
};
const like = { ...TEXT, matches: matchesWildcard };
// IAM treats the two ARN comparisons alike.
const arn = { ...TEXT, matches: matchesArn };

const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;
const numberOf = (text: string) => (DECIMAL.test(text) ? Number(text) : Number.NaN);

const ordered =
  (read: (text: string) => number) =>
  (compare: (actual: number, wanted: number) => boolean): Comparison => ({
    matches: (actual, wanted) => compare(read(actual), read(wanted)),
    accepts: (wanted) => !Number.isNaN(read(wanted)),
  });
const numeric = ordered(numberOf);
const date = ordered(epochMilliseconds);
const same = (actual: number, wanted: number) => actual === wanted;
const less = (actual: number, wanted: number) => actual < wanted;
const lessOrSame = (actual: number, wanted: number) => actual <= wanted;
const greater = (actual: number, wanted: number) => actual > wanted;
const greaterOrSame = (actual: number, wanted: number) => actual >= wanted;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const bytesEqual: Comparison = {
  matches: (actual, wanted) =>
    BASE64.test(actual) && Buffer.from(actual, 'base64').equals(Buffer.from(wanted, 'base64')),
  accepts: (wanted) => BASE64.test(wanted),
};

const ipAddress: Comparison = { matches: isInRange, accepts: isIpRange };

const not = (comparison: Comparison): Comparison => ({ ...comparison, negated: true });

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  StringEquals: equal,
  StringNotEquals: not(equal),
  StringEqualsIgnoreCase: equalIgnoringCase,
  StringNotEqualsIgnoreCase: not(equalIgnoringCase),
  StringLike: like,
  StringNotLike: not(like),
  ArnEquals: arn,
  ArnNotEquals: not(arn),
  ArnLike: arn,
  ArnNotLike: not(arn),
  NumericEquals: numeric(same),
  NumericNotEquals: not(numeric(same)),
  NumericLessThan: numeric(less),
  NumericLessThanEquals: numeric(lessOrSame),
  NumericGreaterThan: numeric(greater),
  NumericGreaterThanEquals: numeric(greaterOrSame),
  DateEquals: date(same),
  DateNotEquals: not(date(same)),
  DateLessThan: date(less),
  DateLessThanEquals: date(lessOrSame),
  DateGreaterThan: date(greater),
  DateGreaterThanEquals: date(greaterOrSame),
  Bool: equalIgnoringCase,
  BinaryEquals: bytesEqual,
  IpAddress: ipAddress,
  NotIpAddress: not(ipAddress),
};

const OPERATOR_NAME = /^(?:(?<set>ForAnyValue|ForAllValues):)?(?<base>[A-Za-z]+?)(?<ifExists>IfExists)?$/;

/** A condition operator as a policy names it. */
export interface ConditionOperator {
  readonly comparison: Comparison;
  readonly set: string | undefined;
  readonly ifExists: boolean;
}

/** Undefined for what is not one of IAM's operators; and for `Null`, which compares nothing. */
export function conditionOperator(name: string): ConditionOperator | undefined {
  const { set, base, ifExists } = OPERATOR_NAME.exec(name)?.groups ?? {};
  const comparison = base !== undefined && Object.hasOwn(COMPARISONS, base) ? COMPARISONS[base] : undefined;
  return comparison && { comparison, set, ifExists: ifExists !== undefined };
}

/** What is wrong with a condition of a policy: its operator, or a value that it cannot compare with. */
export function conditionProblem(name: string, wanted: readonly string[]): string | undefined {
  if (name === 'Null') {
    const wrong = wanted.find((value) => !/^(?:true|false)$/i.test(value));
    return wrong === undefined ? undefined : `${wrong} is not a value for Null: it takes true or false.`;
  }
  const operator = conditionOperator(name);
  if (operator === undefined) return `${name} is not a condition operator.`;
  const { accepts } = operator.comparison;
  const wrong = accepts && wanted.find((value) => !accepts(value));
  return wrong === undefined ? undefined : `${wrong} is not a value for ${name}.`;
}
