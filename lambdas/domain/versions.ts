import type { VersionRecord } from './key.ts';
import type { RequestRecord } from './request.ts';

/** Versions that have been active, whose KMS key still exists, and that have not ended. */
export function live(versions: readonly VersionRecord[]): VersionRecord[] {
  return versions.filter(({ state }) => state !== 'destroyed' && state !== 'pre-activation');
}

/** The version that a request has made and that is not yet active. */
export function unbornVersion({
  request,
  versions,
}: {
  readonly request: Pick<RequestRecord, 'requestId'>;
  readonly versions: readonly VersionRecord[];
}): VersionRecord | undefined {
  return versions.findLast(
    ({ state, requestId }) => state === 'pre-activation' && requestId === request.requestId,
  );
}

/**
 * Every version that can be in use: a stop stops all of them, and what undoes it looks at the same. An execution that was
 * lost may have left a new KMS key behind, to which it had pointed the alias: that one too.
 */
export function usableVersions(versions: readonly VersionRecord[]): VersionRecord[] {
  return versions.filter(({ state }) => state !== 'destroyed');
}

/** The versions of a key whose KMS keys are on their way to deletion. */
export function dyingVersions(versions: readonly VersionRecord[]): VersionRecord[] {
  return usableVersions(versions).filter(({ backendState }) => backendState === 'PendingDeletion');
}

/** Whether a version that was ever active, or that the alias led to, stands on a KMS key: somebody may have used it. */
export function hasLived(kmsKeyArn: string, versions: readonly VersionRecord[]): boolean {
  return versions.some(
    (version) =>
      version.kmsKeyArn === kmsKeyArn && (version.activatedAt !== undefined || version.namedAt !== undefined),
  );
}

/** One of each KMS key: versions that rotated in place share theirs. */
export function distinctKmsKeys(versions: readonly VersionRecord[]): VersionRecord[] {
  return [...new Map(versions.map((version) => [version.kmsKeyId, version])).values()];
}
