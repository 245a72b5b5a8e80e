import type { KMSClient } from '@aws-sdk/client-kms';
import { aliasesOf } from '../adapters/kms/aliases.ts';
import { listGrants } from '../adapters/kms/grants.ts';
import { describeKmsKey } from '../adapters/kms/keys.ts';
import { recordEvidence } from '../domain/execution.ts';
import { live } from '../domain/outcome.ts';
import {
  type Evidence,
  finalRequestStates,
  type RequestParameters,
  type RequestState,
} from '../domain/request.ts';
import { distinctKmsKeys, readWork, type StepDependencies, type StepInput, type Work } from './held-key.ts';

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

/** Collects the evidence for an approval, once, and says whether and how long to wait for one. */
export function prepareRequest(deps: StepDependencies & { readonly kms: KMSClient }) {
  return async (input: StepInput): Promise<Prepared> => {
    const work = await readWork(deps, 'prepare-request', input);
    const { request, now } = work;
    if (
      wantsEvidence.has(request.parameters.operation) &&
      request.state === 'accepted' &&
      !request.evidence
    ) {
      await deps.registry.commit(recordEvidence({ ...work, evidence: await collect(deps.kms, work) }));
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

async function collect(kms: KMSClient, { now, versions }: Work): Promise<Evidence> {
  const gaps = [
    'Who used the key is not known: usage records are not collected. Absence of a name here is no sign of disuse.',
  ];
  const kmsKeys: Evidence['kmsKeys'] = [];
  for (const { version, kmsKeyArn, kmsKeyId } of distinctKmsKeys(live(versions))) {
    const found = await describeKmsKey(kms, kmsKeyId);
    if (found === undefined) {
      gaps.push(`KMS knows no key ${kmsKeyArn} (version ${version}).`);
      continue;
    }
    kmsKeys.push({
      version,
      kmsKeyArn,
      keyState: found.keyState,
      aliases: await aliasesOf(kms, kmsKeyId),
      grants: await listGrants(kms, kmsKeyId),
    });
  }
  return { collectedAt: now, kmsKeys, gaps };
}
