/** `2 December 2026, 03:02 UTC`: the same for everybody who talks about it. */
export function timeText(timestamp: string): string {
  const text = new Date(timestamp).toLocaleString('en-GB', {
    timeZone: 'UTC',
    dateStyle: 'long',
    timeStyle: 'short',
  });
  return `${text} UTC`;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** How long there is until then, in words: `in 3 days`. */
export function timeLeft(timestamp: string, now = Date.now()): string {
  const left = Date.parse(timestamp) - now;
  if (left <= 0) return 'over';
  const [unit, length] = units.find(([, milliseconds]) => left >= milliseconds) ?? ['minute', 60_000];
  return new Intl.RelativeTimeFormat('en-GB').format(Math.max(1, Math.floor(left / length)), unit);
}
