import { sha256Canonical } from './canonical.ts';
import { type Change, recordChange } from './change.ts';
import { BackendStateUnexpected } from './errors.ts';
import type { KeyRecord, VersionRecord } from './key.ts';
import { assertTransition } from './lifecycle.ts';
import type { Actor } from './principal.ts';
import type { DecisionRecord, RequestRecord } from './request.ts';
import { usableVersions } from './versions.ts';

/** How the end of a KMS key was seen. */
export interface Observation {
  readonly kmsKeyArn: string;
  /** The call and the answer that showed it. */
  readonly evidence: string;
  readonly observedAt: string;
}

/** What an auditor is handed for a destroyed key. Its digest stands in the key's ledger. */
export interface DestructionCertificate {
  readonly keyId: string;
  readonly alias: string;
  readonly owner: string;
  readonly className: string;
  readonly spec: string;
  readonly createdAt: string;
  readonly destroyedAt: string;
  readonly versions: readonly { readonly version: number; readonly kmsKeyArn: string }[];
  readonly request: {
    readonly requestId: string;
    readonly requestedBy: string;
    readonly reason: string;
    readonly digest: string;
    readonly approvedBy: readonly string[];
  };
  readonly scheduledAt: string;
  readonly deletionDate: string;
  readonly observations: readonly Observation[];
}

/** The deletion of every KMS key of a key was observed: the key is destroyed and its certificate written. */
export function completeDestruction(input: {
  readonly now: string;
  readonly actor: Actor;
  readonly key: KeyRecord;
  readonly versions: readonly VersionRecord[];
  /** The request that scheduled the destruction, and its decisions. */
  readonly request: RequestRecord;
  readonly decisions: readonly DecisionRecord[];
  readonly observations: readonly Observation[];
}): Change {
  const { now, actor, key, versions, request, decisions, observations } = input;
  if (key.destruction?.status !== 'scheduled') {
    throw new BackendStateUnexpected(
      'No destruction of the key is scheduled: its deletion was not Keyward’s.',
      {
        keyId: key.keyId,
      },
    );
  }
  assertTransition(key.state, 'destroyed');
  const ending = usableVersions(versions);
  const certificate: DestructionCertificate = {
    keyId: key.keyId,
    alias: key.alias,
    owner: key.owner,
    className: key.className,
    spec: key.spec,
    createdAt: key.createdAt,
    destroyedAt: now,
    versions: versions
      .filter(({ activatedAt }) => activatedAt !== undefined)
      .map(({ version, kmsKeyArn }) => ({ version, kmsKeyArn })),
    request: {
      requestId: request.requestId,
      requestedBy: request.requester.id,
      reason: request.reason,
      digest: request.digest,
      approvedBy: decisions.filter(({ verdict }) => verdict === 'approve').map(({ person }) => person.id),
    },
    scheduledAt: key.destruction.scheduledAt,
    deletionDate: key.destruction.deletionDate,
    observations,
  };
  return recordChange({
    now,
    actor,
    key: {
      before: key,
      after: { ...key, state: 'destroyed', destruction: { ...key.destruction, status: 'completed' } },
    },
    versions: ending.map((version) => {
      assertTransition(version.state, 'destroyed');
      return {
        before: version,
        after: { ...version, state: 'destroyed', backendState: 'Deleted', destroyedAt: now },
      };
    }),
    entries: [
      {
        event: 'destroyed',
        details: {
          certificate: { ...certificate },
          certificateDigest: sha256Canonical(certificate),
        } as never,
      },
    ],
  });
}
