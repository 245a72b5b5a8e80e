import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { InvalidInput } from './errors.ts';

/**
 * The RFC 8785 form of a JSON value: one text for one value, whatever the order of its fields. Absent and undefined
 * fields are the same. Throws InvalidInput for what has no such form (NaN, cycles, unpaired surrogates, undefined).
 */
export function canonicalJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (error) {
    throw new InvalidInput(
      'The value cannot be written as canonical JSON. Send finite numbers and well-formed Unicode text.',
      {},
      { cause: error },
    );
  }
  if (text === undefined) throw new InvalidInput('There is no JSON form of undefined. Send a JSON value.');
  return text;
}

/** SHA-256 over the RFC 8785 form, lower-case hex. Throws as `canonicalJson`. */
export function sha256Canonical(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}
