import * as z from 'zod';
import { parsedJson } from './parsed-json.ts';

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const numbers = z.union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))]);
const floorStatement = z.looseObject({
  Effect: z.literal('Deny'),
  Action: texts,
  Condition: z.looseObject({ NumericLessThan: z.record(z.string(), numbers) }),
});
const policy = z.looseObject({
  Statement: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]),
});

/** IAM reads the names of actions and condition keys without regard to case. */
const ACTION = 'kms:schedulekeydeletion';
const CONDITION_KEY = 'kms:schedulekeydeletionpendingwindowindays';

/**
 * The shortest window, in days, with which a key policy lets its key's deletion be scheduled: the highest of those its
 * denials of `kms:ScheduleKeyDeletion` name. It is the class's window as it was when the policy was written, and the
 * class may ask for less today: KMS goes by the policy. Undefined for a policy that names none, and for a text that is no
 * policy.
 */
export function deletionFloorDays(policyJson: string): number | undefined {
  const parsed = policy.safeParse(parsedJson(policyJson));
  if (!parsed.success) return undefined;
  const floors = parsed.data.Statement.flatMap(floorsOf).filter(Number.isFinite);
  return floors.length === 0 ? undefined : Math.ceil(Math.max(...floors));
}

function floorsOf(statement: unknown): number[] {
  const { data: denial } = floorStatement.safeParse(statement);
  if (denial === undefined || !denial.Action.some((action) => action.toLowerCase() === ACTION)) return [];
  return Object.entries(denial.Condition.NumericLessThan)
    .filter(([name]) => name.toLowerCase() === CONDITION_KEY)
    .flatMap(([, days]) => [days].flat().map(Number));
}
