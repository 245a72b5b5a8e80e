import type { ConditionValues } from './conditions.ts';

/** The condition keys of an encryption context. */
export function contextConditions(context: Readonly<Record<string, string>>): ConditionValues {
  const entries = Object.entries(context);
  if (entries.length === 0) return {};
  return {
    ...Object.fromEntries(
      entries.map(([key, value]) => [`kms:encryptioncontext:${key.toLowerCase()}`, [value]]),
    ),
    'kms:encryptioncontextkeys': entries.map(([key]) => key),
  };
}
