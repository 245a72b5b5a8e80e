/** Resolves to the current time, ISO-8601 UTC with milliseconds (`2026-11-25T03:02:22.000Z`). */
export type Clock = () => Promise<string>;
