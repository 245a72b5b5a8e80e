import { seed } from './seed.ts';

/** With `KEYWARD_KMS=imperfect` Keyward's tests run over a local KMS that throttles and shows changes late. */
export const kmsIsImperfect = process.env.KEYWARD_KMS === 'imperfect';

/** Why the KMS of a test is at its best all the same. */
export const reasonsForTheBest = {
  staged:
    'The test itself stages what KMS shows, refuses or loses, and when: by chance besides, it would be another test.',
  unseen:
    'What somebody else has done is to be respected, and nothing can respect what KMS shows to nobody yet.',
} as const;

/**
 * Makes a local KMS imperfect to some callers, given as ARNs with wildcards: AWS's request quotas, of which this account's
 * other users leave a fifth, ThrottlingException by chance besides, and changes that the first `reads` looks may not see.
 * The rest of the world, and the test that looks on, find it at its best.
 */
export async function beImperfect(
  kmsUrl: string,
  callers: readonly string[],
  { reads, probability }: { readonly reads: number; readonly probability: number },
): Promise<void> {
  const chance = { seed, callers };
  await Promise.all([
    control(kmsUrl, 'POST', 'quotas', { share: 0.2, callers }),
    control(kmsUrl, 'POST', 'faults/random', { ...chance, probability: 0.05, kinds: ['throttled'] }),
    control(kmsUrl, 'POST', 'consistency', { ...chance, probability, reads }),
  ]);
}

/** From now on the KMS is at its best, for a reason. */
export async function beAtItsBest(kmsUrl: string, _reason: keyof typeof reasonsForTheBest): Promise<void> {
  const imperfections = ['quotas', 'faults/random', 'consistency'];
  await Promise.all(imperfections.map((endpoint) => control(kmsUrl, 'DELETE', endpoint)));
}

/** Asks something of one of the local KMS's own endpoints. */
export async function control(
  kmsUrl: string,
  method: 'POST' | 'DELETE',
  endpoint: string,
  body?: object,
): Promise<void> {
  const answer = await fetch(`${kmsUrl}/_local/${endpoint}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.ok) return;
  throw new Error(`The local KMS does not take ${method} ${endpoint}: ${await answer.text()}`);
}
