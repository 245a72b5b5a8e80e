import { sha256Canonical } from './canonical.ts';
import type { Evidence } from './request.ts';

type KmsKey = Evidence['kmsKeys'][number];

/** How many of each kind are listed, over all KMS keys: more than a person weighs, less than a record can hold. */
const MOST_LISTED = 200;

/**
 * Evidence that fits into its record: KMS allows a key tens of thousands of grants. What is not listed is counted, and
 * its gap names the digest of the whole list, so that a change of what is not listed is a change of the evidence too.
 * Lists are sorted, since KMS tells them in no order.
 */
export function boundedEvidence(evidence: Evidence): Evidence {
  const gaps: string[] = [];
  const cut = <T>(what: string, lists: readonly (readonly T[])[], by: (item: T) => string): T[][] => {
    const sorted = lists.map((list) => list.toSorted((a, b) => compare(by(a), by(b))));
    const count = sorted.flat().length;
    if (count > MOST_LISTED) {
      gaps.push(
        `Of ${count} ${what} only ${MOST_LISTED} are listed. SHA-256 of all: ${sha256Canonical(sorted)}.`,
      );
    }
    let left = MOST_LISTED;
    return sorted.map((list) => {
      const listed = list.slice(0, left);
      left -= listed.length;
      return listed;
    });
  };
  const { kmsKeys, consumers } = evidence;
  const aliases = cut(
    'aliases',
    kmsKeys.map((each) => each.aliases),
    (name) => name,
  );
  const grants = cut(
    'grants',
    kmsKeys.map((each) => each.grants),
    ({ grantId }) => grantId,
  );
  const principals = cut(
    'principals of key policies',
    kmsKeys.map((each) => each.policyPrincipals ?? []),
    (principal) => principal,
  );
  const [named] = cut('registered consumers', [consumers ?? []], ({ name }) => name);
  const listed = (kmsKey: KmsKey, index: number): KmsKey => ({
    ...kmsKey,
    aliases: aliases[index] ?? [],
    grants: grants[index] ?? [],
    ...(kmsKey.policyPrincipals === undefined ? {} : { policyPrincipals: principals[index] ?? [] }),
  });
  return {
    ...evidence,
    kmsKeys: kmsKeys.map(listed),
    ...(consumers === undefined ? {} : { consumers: named ?? [] }),
    gaps: [...evidence.gaps, ...gaps],
  };
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
