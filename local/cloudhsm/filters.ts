import { invalidRequest } from './errors.ts';

/** What the filter of a name wants, undefined without one. Throws CloudHsmInvalidRequestException for other names. */
export function checkFilters<N extends string>(
  given: Readonly<Record<string, readonly string[]>>,
  names: readonly N[],
): (name: N) => readonly string[] | undefined {
  const unknown = Object.keys(given).filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0) {
    throw invalidRequest(`There is no filter ${unknown.join(', ')}. The filters are ${names.join(', ')}.`);
  }
  return (name) => (Object.hasOwn(given, name) ? given[name] : undefined);
}
