import type * as z from 'zod';
import { serialization, validation } from '../errors.ts';
import { typeMismatch, violations } from './input-problems.ts';

/** JSON that is nested deeper is not read: AWS's servers refuse it too. */
const DEEPEST_NESTING = 1000;

/**
 * Reads the JSON body of a request as AWS's JSON 1.1 servers do: a member that the operation does not have is passed
 * over, a null is as good as nothing, and the first value of a wrong type is told before any that breaks a constraint.
 * Throws SerializationException, or ValidationException with every constraint that is broken.
 */
export function parseInput<I>(schema: z.ZodType<I>, body: unknown): I {
  const given = withoutNulls(body);
  const result = schema.safeParse(given, { reportInput: true });
  if (result.success) return result.data;
  const { issues } = result.error;
  for (const issue of issues) {
    const mismatch = typeMismatch(issue);
    if (mismatch !== undefined) throw serialization(mismatch);
  }
  throw validation(violations(issues, given));
}

function withoutNulls(value: unknown, depth = 1): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST_NESTING) throw serialization();
  if (Array.isArray(value)) {
    return value.filter((item) => item !== null).map((item) => withoutNulls(item, depth + 1));
  }
  const present = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(present.map(([name, member]) => [name, withoutNulls(member, depth + 1)]));
}
