/** The forms of ISO 8601 that W3C's note on dates and times names; a date alone is its first moment, in UTC. */
const ISO_8601 = /^\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?)?)?$/;
const EPOCH_SECONDS = /^\d{5,}(?:\.\d+)?$/;

/** Epoch milliseconds of a date in a policy or a request, in ISO 8601 or epoch seconds; NaN when it is neither. */
export function epochMilliseconds(date: string): number {
  if (ISO_8601.test(date)) return Date.parse(date);
  return EPOCH_SECONDS.test(date) ? Number(date) * 1000 : Number.NaN;
}
