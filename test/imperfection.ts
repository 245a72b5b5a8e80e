import { seed } from './seed.ts';

/** With `KEYWARD_KMS=imperfect` Keyward's tests run over a local KMS that throttles and shows changes late. */
export const kmsIsImperfect = process.env.KEYWARD_KMS === 'imperfect';

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
  const settings = {
    quotas: { share: 0.2, callers },
    'faults/random': { seed, probability: 0.1, kinds: ['throttled'], callers },
    consistency: { seed, probability, reads, callers },
  };
  for (const [endpoint, body] of Object.entries(settings)) {
    const answer = await fetch(`${kmsUrl}/_local/${endpoint}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`The local KMS does not take ${endpoint}: ${await answer.text()}`);
  }
}
