import type { KMSClient } from '@aws-sdk/client-kms';
import { beginAgain } from '../adapters/begin-again.ts';
import { describeKmsKey } from '../adapters/kms/keys.ts';
import { looks, type Pause } from '../adapters/kms/looks.ts';
import { log } from '../adapters/log.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Clock } from '../domain/clock.ts';
import {
  beginEmergency,
  isAbout,
  isStopped,
  submitRatification,
  wantsRatification,
} from '../domain/emergency.ts';
import { KeyNotFound } from '../domain/errors.ts';
import type { KeyRecord, VersionRecord } from '../domain/key.ts';
import { classNamed, type KeyClass, type KeyClasses } from '../domain/key-class.ts';
import type { Principal } from '../domain/principal.ts';
import { distinctKmsKeys, usableVersions } from '../domain/versions.ts';
import { begin } from '../steps/begin-execution.ts';
import { completeRequest } from '../steps/complete-request.ts';
import { disableKey } from '../steps/disable-key.ts';

/**
 * Looks at whoever wants to stop a key, and gives back who they are now. Throws for somebody who may not. It is asked of
 * a key that is not there too, and of one whose class is not.
 */
export type Admit = (
  custodian: Principal,
  key: KeyRecord | undefined,
  keyClass: KeyClass | undefined,
) => Promise<Principal>;

export interface StopDependencies {
  readonly registry: Pick<
    Registry,
    'getRequest' | 'getKey' | 'getKeyWithVersions' | 'getDecisions' | 'commit'
  >;
  readonly kms: KMSClient;
  readonly pause: Pause;
  readonly clock: Clock;
  readonly classes: KeyClasses;
  readonly admit: Admit;
  /** Sees use of the key's KMS keys fail, as the step of that name does: its role may use keys, this one only stop them. */
  readonly probeRefusal: (requestId: string) => Promise<void>;
  /** A new ULID. */
  readonly newId: () => string;
  /** 32 random bytes, lower-case hex. */
  readonly randomNonce: () => string;
}

export interface Stop {
  readonly keyId: string;
  readonly reason: string;
  readonly custodian: Principal;
  /** How they came. */
  readonly via: 'api' | 'page' | 'direct';
}

export interface Stopped {
  readonly requestId: string;
  /** The request by which the quorum ratifies; the sweep makes it up when it could not be made at once. */
  readonly ratification?: string;
}

/** How often what comes in between is tried again: other writers, a KMS that throttles or has not settled. */
const OFTEN = { attempts: 8, milliseconds: 100 };

/**
 * Stops a key at once. It uses neither Step Functions nor mail nor Slack.
 *
 * 1. Whoever asks is admitted, or not.
 * 2. The emergency is recorded, before anything is touched; it takes the key from whoever holds it. An emergency that was
 *    begun and not finished is gone on with.
 * 3. Every KMS key of it is disabled and seen to be; its use is seen to fail.
 * 4. That is recorded, and the quorum is asked to ratify.
 *
 * Whatever dies on the way is gone on with by whoever asks again, and by the sweep. Throws KeyNotFound, what admission
 * throws, ClassForbids, StateForbids, BackendBusy.
 */
export function stopKey(deps: StopDependencies) {
  return async (stop: Stop): Promise<Stopped> => {
    const { requestId, over } = await beginAgain(() => begun(deps, stop), { ...OFTEN, pause: deps.pause }); // 1, 2
    if (!over) {
      await carriedOut(deps, requestId); // 3, 4
      const { keyId, via, custodian } = stop;
      log.warn('key stopped in an emergency', {
        code: 'EmergencyStop',
        keyId,
        requestId,
        via,
        by: custodian.id,
      });
    }
    const ratification = await askedToRatify(deps, stop);
    return { requestId, ...(ratification === undefined ? {} : { ratification }) };
  };
}

/** Two may be at it at once: what matters is that it is done. */
async function carriedOut(deps: StopDependencies, requestId: string): Promise<void> {
  const again = <T>(work: () => Promise<T>) => patiently(deps, work);
  try {
    await again(() => begin(deps)({ requestId })); // holds the key again, after a long pause
    await again(() => disableKey(deps)({ requestId }));
    await again(() => deps.probeRefusal(requestId));
    await again(() => completeRequest(deps)({ requestId }));
  } catch (error) {
    if ((await deps.registry.getRequest(requestId))?.state !== 'succeeded') throw error;
  }
}

/**
 * The emergency that is under way, or over: whoever asks again, because an answer was lost, is told of the same. What is
 * given back commits it; the directory is not asked again for a commit that met another.
 */
async function begun(
  { registry, kms, pause, classes, clock, admit, newId, randomNonce }: StopDependencies,
  { keyId, reason, custodian, via }: Stop,
): Promise<() => Promise<{ readonly requestId: string; readonly over: boolean }>> {
  const found = await registry.getKeyWithVersions(keyId);
  const className = found?.key.className;
  const person = await admit(
    custodian,
    found?.key,
    classes.find(({ name }) => name === className),
  );
  if (found === undefined) throw notFound();
  const { key, versions } = found;
  const open = key.openRequests['emergency-revoke'];
  if (open !== undefined) return async () => ({ requestId: open, over: false });
  const stopped = isStopped(key, versions);
  const enabledOutside = stopped ? await enabledIn({ kms, pause }, versions) : undefined;
  const { emergency } = key;
  if (emergency?.status === 'unratified' && stopped && enabledOutside === undefined) {
    return async () => ({ requestId: emergency.requestId, over: true });
  }
  const ids = { requestId: `req_${newId()}`, nonce: randomNonce() };
  const change = beginEmergency({
    now: await clock(),
    custodian: person,
    via,
    keyClass: classNamed(classes, key.className),
    reason,
    ids,
    key,
    versions,
    ...(enabledOutside === undefined ? {} : { enabledOutside }),
  });
  return async () => {
    await registry.commit(change);
    return { requestId: ids.requestId, over: false };
  };
}

/**
 * The ARN of a KMS key that can be used although the record says that the key is stopped: whoever wants it stopped is
 * never told that it is on the word of the record alone, nor of one look, nor that a look has not gone through.
 */
async function enabledIn(
  { kms, pause }: Pick<StopDependencies, 'kms' | 'pause'>,
  versions: readonly VersionRecord[],
): Promise<string | undefined> {
  const enabled = await Promise.all(
    distinctKmsKeys(usableVersions(versions)).map(async ({ kmsKeyId }) => {
      for await (const kmsKey of looks(pause, () => describeKmsKey(kms, kmsKeyId))) {
        if (kmsKey?.keyState === 'Enabled') return kmsKey.kmsKeyArn;
      }
      return undefined;
    }),
  );
  return enabled.find((kmsKeyArn) => kmsKeyArn !== undefined);
}

/** The same for a key that is not there and for one that somebody may not know of. */
export function notFound(): KeyNotFound {
  return new KeyNotFound('There is no such key, or you are not one of its custodians.');
}

/** The key is stopped; what is left is no reason to say that it is not. */
async function askedToRatify(
  { registry, pause, classes, clock, newId, randomNonce }: StopDependencies,
  { keyId, reason }: Stop,
): Promise<string | undefined> {
  try {
    return await patiently({ pause }, async () => {
      const key = await registry.getKey(keyId);
      if (key === undefined) return undefined;
      if (!wantsRatification(key)) return await openRatification(registry, key);
      const requestId = `req_${newId()}`;
      const ids = { requestId, nonce: randomNonce() };
      const keyClass = classNamed(classes, key.className);
      await registry.commit(submitRatification({ now: await clock(), keyClass, reason, ids, key }));
      return requestId;
    });
  } catch (error) {
    log.error('nobody asked to ratify yet', { code: 'RatificationLate', keyId, error: error as Error });
    return undefined;
  }
}

/** Not one of an emergency before: that one has still to end before the sweep can ask about this one. */
async function openRatification(
  registry: StopDependencies['registry'],
  key: KeyRecord,
): Promise<string | undefined> {
  const { ratify } = key.openRequests;
  const open = ratify === undefined ? undefined : await registry.getRequest(ratify);
  return open !== undefined && isAbout(key, open) ? ratify : undefined;
}

function patiently<T>({ pause }: Pick<StopDependencies, 'pause'>, work: () => Promise<T>): Promise<T> {
  return beginAgain(async () => work, { ...OFTEN, pause });
}
