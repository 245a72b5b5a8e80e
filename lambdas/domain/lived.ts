import type { VersionRecord } from './key.ts';

/** Whether a version that was ever active, or that the alias led to, stands on a KMS key: somebody may have used it. */
export function hasLived(kmsKeyArn: string, versions: readonly VersionRecord[]): boolean {
  return versions.some(
    (version) =>
      version.kmsKeyArn === kmsKeyArn && (version.activatedAt !== undefined || version.namedAt !== undefined),
  );
}
