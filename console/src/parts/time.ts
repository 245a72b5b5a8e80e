/** `2 December 2026, 03:02 UTC`: the same for everybody who talks about it. */
export function timeText(timestamp: string): string {
  const text = new Date(timestamp).toLocaleString('en-GB', {
    timeZone: 'UTC',
    dateStyle: 'long',
    timeStyle: 'short',
  });
  return `${text} UTC`;
}

export function isOver(timestamp: string, now = Date.now()): boolean {
  return Date.parse(timestamp) <= now;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** How long there is until then, or has been since, in words: `in 3 days`, `3 days ago`. */
export function timeLeft(timestamp: string, now = Date.now()): string {
  const length = Math.abs(Date.parse(timestamp) - now);
  const [unit, milliseconds] = units.find(([, each]) => length >= each) ?? ['minute', 60_000];
  const count = Math.max(1, Math.floor(length / milliseconds));
  return new Intl.RelativeTimeFormat('en-GB').format(isOver(timestamp, now) ? -count : count, unit);
}
