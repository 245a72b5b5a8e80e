import { type Change, type ChangeDraft, recordChange } from './change.ts';
import { BackendStateUnexpected } from './errors.ts';
import type { Destruction, KeyRecord, VersionRecord } from './key.ts';
import { assertTransition } from './lifecycle.ts';
import type { Actor } from './principal.ts';
import type { RequestRecord } from './request.ts';
import { distinctKmsKeys, dyingVersions, usableVersions } from './versions.ts';

/** Whether KMS is deleting KMS keys of the key: its planned destruction runs, or part of it after an interruption. */
export function isDying(key: KeyRecord): key is KeyRecord & {
  readonly destruction: Destruction & { readonly status: 'scheduled' | 'interrupted' };
} {
  const { destruction } = key;
  return (
    destruction?.status === 'scheduled' ||
    (destruction?.status === 'interrupted' && destruction.dying !== undefined)
  );
}

/**
 * Somebody other than Keyward took KMS keys of the key out of their deletion: it is not taken up again without a new
 * approval. KMS goes on deleting the others, and the record goes on saying so. Those that have been deleted meanwhile are
 * lost. Throws BackendStateUnexpected when no deletion runs.
 */
export function interruptDestruction({
  now,
  actor,
  key,
  versions,
  saved,
  gone = [],
  by,
}: {
  readonly now: string;
  readonly actor: Actor;
  readonly key: KeyRecord;
  readonly versions: readonly VersionRecord[];
  /** ARNs of the KMS keys that were found out of their deletion. */
  readonly saved: readonly string[];
  /** ARNs of the KMS keys that KMS knows no more. */
  readonly gone?: readonly string[];
  /** Who saved them, as far as is known. */
  readonly by: string;
}): Change {
  if (!isDying(key)) {
    throw new BackendStateUnexpected('The key has no destruction to interrupt.', { keyId: key.keyId });
  }
  const doomed = dyingVersions(versions);
  const lost = doomed.filter(({ kmsKeyArn }) => gone.includes(kmsKeyArn));
  const back = doomed.filter(({ kmsKeyArn }) => saved.includes(kmsKeyArn));
  const destruction = interruptedBy(key.destruction, versions, [...gone, ...saved]);
  const nothingLeft = usableVersions(versions).length === lost.length;
  if (nothingLeft) assertTransition(key.state, 'destroyed');
  return recordChange({
    now,
    actor,
    key: {
      before: key,
      after: { ...key, ...(nothingLeft ? { state: 'destroyed' } : {}), destruction },
    },
    versions: [
      ...back.map((version) => ({
        before: version,
        after: { ...version, backendState: 'Disabled' as const },
      })),
      ...lost.map((version) => lostVersion(version, now)),
    ],
    entries: [
      ...(back.length === 0
        ? []
        : [
            {
              event: 'destruction-interrupted' as const,
              details: { by, versions: back.map(({ version }) => version), dying: destruction.dying ?? 0 },
            },
          ]),
      ...(lost.length === 0 ? [] : [lossOf(lost)]),
    ],
  });
}

/** An interrupted destruction, with what is left of the key's dying KMS keys when these are out of it. */
function interruptedBy(
  { dying: _before, ...destruction }: Destruction,
  versions: readonly VersionRecord[],
  out: readonly string[],
): Destruction {
  const left = dyingVersions(versions).filter(({ kmsKeyArn }) => !out.includes(kmsKeyArn));
  const dying = distinctKmsKeys(left).length;
  return { ...destruction, status: 'interrupted', ...(dying === 0 ? {} : { dying }) };
}

/** KMS keys that KMS knows no more, seen by a step of a request: what stood on them is destroyed. */
export function recordLoss({
  now,
  actor,
  key,
  request,
  versions,
  lost,
}: {
  readonly now: string;
  readonly actor: Actor;
  readonly key: KeyRecord;
  readonly request: RequestRecord;
  readonly versions: readonly VersionRecord[];
  readonly lost: readonly VersionRecord[];
}): Change {
  const { destruction } = key;
  const gone = lost.map(({ kmsKeyArn }) => kmsKeyArn);
  const after =
    destruction?.status === 'interrupted'
      ? { ...key, destruction: interruptedBy(destruction, versions, gone) }
      : key;
  return recordChange({
    now,
    actor,
    key: { before: key, after },
    request: { before: request, after: request },
    versions: lost.map((version) => lostVersion(version, now)),
    entries: [lossOf(lost)],
  });
}

function lostVersion(version: VersionRecord, now: string): NonNullable<ChangeDraft['versions']>[number] {
  assertTransition(version.state, 'destroyed');
  return {
    before: version,
    after: { ...version, state: 'destroyed', backendState: 'Deleted', destroyedAt: now },
  };
}

/** One entry for all of them: a transaction has room for a hundred rows. */
function lossOf(lost: readonly VersionRecord[]): ChangeDraft['entries'][number] {
  const versions = lost.map(({ version, kmsKeyArn }) => ({ version, kmsKeyArn }));
  return { event: 'versions-lost', details: { versions } };
}
