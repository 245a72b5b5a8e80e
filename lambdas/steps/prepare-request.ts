import type { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import { aliasesOf } from '../adapters/kms/aliases.ts';
import { listGrants } from '../adapters/kms/grants.ts';
import { describeKmsKey } from '../adapters/kms/keys.ts';
import { type LastUse, lastUseOf } from '../adapters/kms/last-use.ts';
import { getKmsPolicy } from '../adapters/kms/policies.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { durationText, plusDuration } from '../domain/cryptoperiod.ts';
import { BackendBusy, BackendRefused } from '../domain/errors.ts';
import { boundedEvidence } from '../domain/evidence-size.ts';
import { recordEvidence, renewEvidence } from '../domain/execution.ts';
import type { VersionRecord } from '../domain/key.ts';
import { classNamed, type KeyClasses } from '../domain/key-class.ts';
import { policyPrincipals } from '../domain/policy-principals.ts';
import {
  type Evidence,
  finalRequestStates,
  type RequestParameters,
  type RequestRecord,
  type RequestState,
} from '../domain/request.ts';
import { distinctKmsKeys, live } from '../domain/versions.ts';
import { unlessNew } from './every-kms-key.ts';
import { readWork, type StepDependencies, stepInput, type Work } from './held-key.ts';

export const prepareInput = stepInput.extend({
  /** Whether to look again at the evidence of a request that waits already. */
  renew: z.boolean().default(false),
});

/** A wait must outlast the request, so that the record and not the timer decides how it ended. */
const WAIT_MARGIN_SECONDS = 300;

/** Operations that take a key away: nobody approves those without seeing what hangs on it. */
const wantsEvidence: ReadonlySet<RequestParameters['operation']> = new Set(['revoke', 'destroy']);

const decidedStates: ReadonlySet<RequestState> = new Set(['approved', 'executing']);

export interface Prepared {
  readonly ended: boolean;
  readonly approvalRequired: boolean;
  /** How long the approval may wait, in seconds. */
  readonly timeoutSeconds: number;
}

interface PrepareDependencies extends StepDependencies {
  readonly registry: StepDependencies['registry'] & Pick<Registry, 'consumersOf'>;
  readonly kms: KMSClient;
  readonly classes: KeyClasses;
}

/**
 * Collects the evidence for an approval and says whether and how long to wait for one. While the request waits the
 * evidence is looked at again only when that is asked for: a change of it voids the decisions taken before.
 */
export function prepareRequest(deps: PrepareDependencies) {
  return async ({ renew, ...input }: z.infer<typeof prepareInput>): Promise<Prepared> => {
    const work = await readWork(deps, 'prepare-request', input);
    const { request, now } = work;
    if (
      wantsEvidence.has(request.parameters.operation) &&
      request.state === 'accepted' &&
      !request.evidence
    ) {
      await deps.registry.commit(recordEvidence({ ...work, evidence: await collect(deps, work) }));
    }
    if (renew && request.state === 'awaiting-approval' && request.evidence !== undefined) {
      const change = renewEvidence({ ...work, evidence: await collect(deps, work) });
      if (change !== undefined) await deps.registry.commit(change);
    }
    const left = Math.ceil((Date.parse(request.expiresAt) - Date.parse(now)) / 1000);
    return {
      ended: finalRequestStates.has(request.state),
      // An execution that carries on has its approval behind it.
      approvalRequired: request.approval.quorum > 0 && !decidedStates.has(request.state),
      timeoutSeconds: Math.max(left, 0) + WAIT_MARGIN_SECONDS,
    };
  };
}

const EVIDENCE_WINDOW = 'P90D';

type KmsKeyEvidence = Evidence['kmsKeys'][number];

async function collect(deps: PrepareDependencies, work: Work): Promise<Evidence> {
  const { now, request, key, versions } = work;
  const window = classNamed(deps.classes, key.className).evidenceWindow ?? EVIDENCE_WINDOW;
  const kmsKeys: KmsKeyEvidence[] = [];
  for (const version of distinctKmsKeys(live(versions))) {
    try {
      kmsKeys.push(await lookAt(deps.kms, request, version));
    } catch (error) {
      throw unlessNew(error, version, work);
    }
  }
  const consumers = await deps.registry.consumersOf(request.keyId);
  return boundedEvidence({
    collectedAt: now,
    window: { from: plusDuration(now, `-${window}`), to: now },
    kmsKeys,
    consumers: consumers.map(({ name, contact, uses }) => ({ name, contact, uses })),
    gaps: [
      `Who used the key in the last ${durationText(window)} is not known: usage records are not collected. Absence of a name here is no sign of disuse.`,
      'KMS tells the last use of a KMS key, up to an hour late, and not whose it was: Keyward’s own probes count as uses.',
      'Whom IAM policies of the account let use the key is not looked at; neither are copies of data keys, nor backups.',
      ...kmsKeys.flatMap(gapsIn),
      ...(consumers.length === 0 ? ['Nobody has registered as a consumer of the key.'] : []),
    ],
  });
}

async function lookAt(
  kms: KMSClient,
  request: RequestRecord,
  { version, kmsKeyArn, kmsKeyId }: VersionRecord,
): Promise<KmsKeyEvidence> {
  const found = await describeKmsKey(kms, kmsKeyId);
  if (found === undefined) return { version, kmsKeyArn, keyState: NOT_FOUND, aliases: [], grants: [] };
  const principals = policyPrincipals(await getKmsPolicy(kms, kmsKeyId));
  const lastUse = await lastUseIfTold(kms, kmsKeyId, lastUseSeen(request, kmsKeyArn));
  return {
    version,
    kmsKeyArn,
    keyState: found.keyState,
    aliases: await aliasesOf(kms, kmsKeyId),
    grants: await listGrants(kms, kmsKeyId),
    ...(principals === undefined ? {} : { policyPrincipals: principals }),
    ...(lastUse === undefined ? {} : { lastUse }),
  };
}

const NOT_FOUND = 'NotFound';

function gapsIn({
  version,
  kmsKeyArn,
  keyState,
  policyPrincipals: principals,
  lastUse,
}: KmsKeyEvidence): string[] {
  if (keyState === NOT_FOUND) {
    return [`KMS knows no key ${kmsKeyArn} (version ${version}): it is gone, or not shown yet.`];
  }
  return [
    ...(principals === undefined ? [`The key policy of version ${version} cannot be read.`] : []),
    ...(lastUse === undefined ? [`KMS does not tell the last use of version ${version}.`] : []),
  ];
}

function lastUseSeen({ evidence }: RequestRecord, kmsKeyArn: string): LastUse | undefined {
  return evidence?.kmsKeys.find((kmsKey) => kmsKey.kmsKeyArn === kmsKeyArn)?.lastUse;
}

/**
 * Not every Region and partition tells, and those that do tell an account five times a second: a refusal is a gap and
 * keeps no revocation waiting. What was told before is not forgotten when KMS is busy.
 */
async function lastUseIfTold(
  kms: KMSClient,
  kmsKeyId: string,
  former: LastUse | undefined,
): Promise<LastUse | undefined> {
  try {
    return await lastUseOf(kms, kmsKeyId);
  } catch (error) {
    if (error instanceof BackendRefused) return undefined;
    if (error instanceof BackendBusy) return former;
    throw error;
  }
}
