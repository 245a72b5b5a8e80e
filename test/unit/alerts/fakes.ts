import type { AlertDependencies } from '../../../lambdas/alerts/dependencies.ts';
import type { Change } from '../../../lambdas/domain/change.ts';
import { RowConflict } from '../../../lambdas/domain/errors.ts';
import type { KeyRecord, VersionRecord } from '../../../lambdas/domain/key.ts';
import type { TamperingFinding } from '../../../lambdas/domain/tampering.ts';
import { aKey } from '../domain/examples.ts';
import { aVersion, STEP_ROLE } from './records.ts';

interface World {
  readonly deps: AlertDependencies;
  readonly published: TamperingFinding[];
  readonly commits: Change[];
  /** What happened, in order. */
  readonly steps: string[];
  readonly claims: Set<string>;
}

/** A registry of one key, in memory, and a topic that keeps what it is given. */
export function world({
  key = aKey,
  versions = [aVersion],
  conflicts = 0,
  failures = {},
}: {
  readonly key?: KeyRecord;
  readonly versions?: readonly VersionRecord[];
  /** How many commits another writer is faster at. */
  readonly conflicts?: number;
  /** Calls that throw, for as long as the entry is there. */
  readonly failures?: { commit?: Error; publish?: Error; claimOnce?: Error; keyIdOfKmsKey?: Error };
} = {}): World {
  const published: TamperingFinding[] = [];
  const commits: Change[] = [];
  const steps: string[] = [];
  const claims = new Set<string>();
  let current = { key, versions };
  let conflictsLeft = conflicts;
  const did = (step: keyof typeof failures): void => {
    steps.push(step);
    const failure = failures[step];
    if (failure !== undefined) throw failure;
  };
  return {
    published,
    commits,
    steps,
    claims,
    deps: {
      registry: {
        holderOfAlias: async (alias) => (alias === current.key.alias ? current.key.keyId : undefined),
        keyIdOfKmsKey: async (arn) => {
          did('keyIdOfKmsKey');
          return current.versions.some(({ kmsKeyArn }) => kmsKeyArn === arn) ? current.key.keyId : undefined;
        },
        getKeyWithVersions: async (keyId) =>
          keyId === current.key.keyId ? { ...current, versions: [...current.versions] } : undefined,
        commit: async (change) => {
          did('commit');
          if (conflictsLeft > 0) {
            conflictsLeft -= 1;
            throw new RowConflict('Another writer was first.');
          }
          commits.push(change);
          current = {
            key: change.key.after,
            versions: current.versions.map(
              (version) =>
                change.versions.find(({ after }) => after.version === version.version)?.after ?? version,
            ),
          };
        },
        isClaimed: async (id) => claims.has(id),
        claimOnce: async (id) => {
          did('claimOnce');
          if (claims.has(id)) return false;
          claims.add(id);
          return true;
        },
      },
      publish: async (finding) => {
        did('publish');
        published.push(finding);
      },
      clock: async () => '2026-11-25T10:00:05.000Z',
      stepRoles: [STEP_ROLE],
    },
  };
}
