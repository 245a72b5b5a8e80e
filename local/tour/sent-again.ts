import { setTimeout as pause } from 'node:timers/promises';

const MOST_TIMES = 5;

/** Sends what Keyward was too busy for again, after as many seconds as it says: as it tells its clients to. */
export async function sentAgain(send: () => Promise<Response>): Promise<Response> {
  for (let sent = 1; ; sent += 1) {
    const response = await send();
    if (response.status !== 503 || sent === MOST_TIMES) return response;
    await response.body?.cancel();
    await pause(Number(response.headers.get('retry-after') ?? 1) * 1000);
  }
}
