import type { LocatedKey } from '../multi-region.ts';
import type { ConditionValues } from './conditions.ts';

/** The operations that a policy can make depend on how long a key has not been used. */
const GUARDED: ReadonlySet<string> = new Set(['DisableKey', 'ScheduleKeyDeletion']);

export function usageConditions(operation: string, located: LocatedKey): ConditionValues {
  if (!GUARDED.has(operation)) return {};
  const days = located.kms.usageTracking.trailingDaysWithoutUse(located);
  return { 'kms:trailingdayswithoutkeyusage': [String(days)] };
}
