import { canonicalJson } from './canonical.ts';
import { parsedJson } from './parsed-json.ts';

/** Whether a key policy says to the letter what was wanted, however it is laid out; `wanted` is canonical JSON. */
export function isSamePolicy(carried: string, wanted: string): boolean {
  return canonicalJson(parsedJson(carried) ?? null) === wanted;
}
