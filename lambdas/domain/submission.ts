import { type Change, recordChange } from './change.ts';
import { plusDuration } from './cryptoperiod.ts';
import { requestDigest } from './digest.ts';
import { ClassForbids, RequestOpen } from './errors.ts';
import type { KeyRecord, KeySpec } from './key.ts';
import { approvalOf, type KeyClass } from './key-class.ts';
import { assertOperationAllowed } from './lifecycle.ts';
import { actorOf, type Principal } from './principal.ts';
import type { RequestParameters, RequestRecord } from './request.ts';

interface Submission {
  readonly now: string;
  readonly requester: Principal;
  readonly keyClass: KeyClass;
  readonly reason: string;
}

/** What a caller says of the key it wants. */
export interface NewKey {
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  readonly spec: KeySpec;
}

/**
 * A request for a new key: the intent, the name and the first ledger entry, recorded before anything exists in KMS.
 * Throws ClassForbids when the class does not allow the spec.
 */
export function submitGenerate(
  submission: Submission & {
    readonly ids: { readonly keyId: string; readonly requestId: string; readonly nonce: string };
    readonly newKey: NewKey;
  },
): Change {
  const { now, requester, keyClass, ids, newKey } = submission;
  if (!keyClass.specs.includes(newKey.spec)) {
    throw new ClassForbids(
      `Class ${keyClass.name} does not allow ${newKey.spec}. Choose one of: ${keyClass.specs.join(', ')}.`,
      { pointer: '/spec', allowed: keyClass.specs },
    );
  }
  const request = newRequest(submission, ids, { operation: 'generate' }, ids.keyId, newKey.owner);
  return recordChange({
    now,
    actor: actorOf(requester),
    key: {
      after: {
        keyId: ids.keyId,
        name: newKey.name,
        owner: newKey.owner,
        alias: `alias/keyward/${newKey.owner}/${newKey.name}`,
        description: newKey.description,
        className: keyClass.name,
        classHash: keyClass.hash,
        spec: newKey.spec,
        usage: keyClass.usage,
        backend: 'kms',
        state: 'pre-activation',
        currentVersion: 0,
        openRequests: { generate: ids.requestId },
        createdAt: now,
        createdBy: actorOf(requester),
      },
    },
    request: { after: request },
    entries: [requested(request)],
    alias: 'reserve',
  });
}

/**
 * A request to change a key that exists. Throws StateForbids when the key's state does not allow the operation,
 * ClassForbids when the deletion window is shorter than the class allows, and RequestOpen when one of the same operation
 * has not ended.
 */
export function submitOperation(
  submission: Submission & {
    readonly ids: { readonly requestId: string; readonly nonce: string };
    readonly key: KeyRecord;
    readonly parameters: RequestParameters;
  },
): Change {
  const { now, requester, keyClass, ids, key, parameters } = submission;
  assertOperationAllowed(key, parameters);
  assertWindowAllowed(parameters, keyClass);
  const open = key.openRequests[parameters.operation];
  if (open !== undefined) {
    throw new RequestOpen(
      `A ${parameters.operation} of this key has not ended. Follow it at /v1/requests/${open}, or cancel it there first.`,
      { requestId: open },
    );
  }
  const request = newRequest(submission, ids, parameters, key.keyId, key.owner);
  return recordChange({
    now,
    actor: actorOf(requester),
    key: {
      before: key,
      after: {
        ...key,
        classHash: keyClass.hash,
        openRequests: { ...key.openRequests, [parameters.operation]: ids.requestId },
      },
    },
    request: { after: request },
    entries: [requested(request)],
  });
}

function assertWindowAllowed(parameters: RequestParameters, keyClass: KeyClass): void {
  const shortest = keyClass.deletionWindowDays;
  if (parameters.operation !== 'destroy' || parameters.windowDays >= shortest) return;
  throw new ClassForbids(
    `Class ${keyClass.name} wants a window of at least ${shortest} days. Leave windowDays out, or make it longer.`,
    { pointer: '/windowDays', allowed: { minimum: shortest } },
  );
}

/** A request as it is taken. */
export function newRequest(
  { now, requester, keyClass, reason }: Submission,
  ids: { readonly requestId: string; readonly nonce: string },
  parameters: RequestParameters,
  keyId: string,
  owner: string,
): Omit<RequestRecord, 'rowVersion' | 'updatedAt'> {
  const approval = approvalOf(keyClass, parameters.operation);
  const bound = {
    requestId: ids.requestId,
    keyId,
    owner,
    parameters,
    requester: actorOf(requester),
    reason,
    classHash: keyClass.hash,
    approval,
    nonce: ids.nonce,
    expiresAt: plusDuration(now, approval.expiresAfter),
  };
  return {
    ...bound,
    ...(requester.email === undefined ? {} : { requesterEmail: requester.email }),
    className: keyClass.name,
    digest: requestDigest(bound),
    state: 'accepted',
    createdAt: now,
  };
}

function requested(request: Pick<RequestRecord, 'parameters' | 'reason' | 'digest' | 'approval'>) {
  const { parameters, reason, digest, approval } = request;
  return { event: 'requested', details: { parameters, reason, digest, quorum: approval.quorum } } as const;
}
