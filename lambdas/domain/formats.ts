import * as z from 'zod';

/** ISO-8601, UTC, milliseconds: the one form of time in records, so that times sort as text. */
export const timestamp = z.iso.datetime({ precision: 3 });

/** SHA-256, lower-case hex. */
export const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** `<prefix>_<ULID>`: sorts by time, fits an execution name. */
export function identifier(prefix: 'key' | 'req' | 'abs') {
  return z.string().regex(new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`));
}

/** An ISO-8601 duration of whole calendar units, such as `P1Y6M` or `P30D`, or of hours and less, such as `PT12H`. */
export const duration = z.iso.duration();
