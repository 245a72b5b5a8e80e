import type { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import { refusedWith } from '../adapters/aws-call.ts';
import { createAlias, targetOf, updateAlias } from '../adapters/kms/aliases.ts';
import { findKept } from '../adapters/kms/kept.ts';
import { describeKmsKey } from '../adapters/kms/keys.ts';
import { looks, type Pause } from '../adapters/kms/looks.ts';
import { log } from '../adapters/log.ts';
import { AliasTaken, BackendStateUnexpected, NotSettled } from '../domain/errors.ts';
import { recordNaming } from '../domain/execution.ts';
import type { KeyRecord, VersionRecord } from '../domain/key.ts';
import { hasLived, unbornVersion } from '../domain/versions.ts';
import { readHeldWork, type StepDependencies, stepInput, type Work } from './held-key.ts';

/** `new` points the alias at the version this request made, `current` puts it back where the registry says. */
export const bindAliasInput = stepInput.extend({ target: z.enum(['new', 'current']) });

/**
 * Points the key's alias at a version and reads it back. Forward, throws AliasTaken when a foreign KMS key holds the name.
 * The undoing ends in any case: it puts back what its own request has moved, and leaves to people what somebody else did.
 */
export function bindAlias(deps: StepDependencies & { readonly kms: KMSClient; readonly pause: Pause }) {
  return async (input: z.infer<typeof bindAliasInput>): Promise<{ version?: number }> => {
    if (input.target === 'current') {
      return restore(deps, await readHeldWork(deps, 'bind-alias', input, 'undo'));
    }
    const work = await readHeldWork(deps, 'bind-alias', input, 'forward');
    const target = unbornVersion(work);
    if (target === undefined) {
      throw new BackendStateUnexpected('There is no new version to point the alias at.', {
        requestId: input.requestId,
      });
    }
    await bind(deps, work, target);
    return { version: target.version };
  };
}

/** It is recorded that the alias of a living key is moved before it is: from then on the new KMS key may be in use. */
async function bind(
  { kms, registry }: StepDependencies & { readonly kms: KMSClient },
  work: Work,
  target: VersionRecord,
): Promise<void> {
  const { key, versions } = work;
  const holder = await holderOf(kms, key.alias);
  if (holder !== undefined && !versions.some(({ kmsKeyId }) => kmsKeyId === holder)) {
    throw new AliasTaken(
      `${key.alias} is held by the KMS key ${holder}, which is not a version of this key.`,
      { alias: key.alias, holder },
    );
  }
  if (key.currentVersion > 0 && !hasLived(target.kmsKeyArn, versions)) {
    await registry.commit(recordNaming({ ...work, version: target }));
  }
  if (holder === target.kmsKeyId) return;
  await point(kms, key.alias, holder, target);
}

/**
 * KMS may show the alias as it was: before this request has moved it, or before somebody else has since. A forward step has
 * moved it only while no stranger had it, so that one look of several that shows a stranger is believed.
 */
async function restore(
  { kms, pause }: { readonly kms: KMSClient; readonly pause: Pause },
  work: Work,
): Promise<{ version?: number }> {
  const { key, versions } = work;
  const current = versions.find(({ version }) => version === key.currentVersion);
  if (current === undefined) return {}; // nothing was ever bound
  const own = unbornKmsKeys(work);
  const holders = new Set<string | undefined>();
  for await (const holder of looks(pause, () => holderOf(kms, key.alias))) holders.add(holder);
  const known = new Set(versions.map(({ kmsKeyId }) => kmsKeyId));
  const stranger = [...holders].find((holder) => holder !== undefined && !known.has(holder));
  const holder = stranger ?? [...holders].at(-1);
  const mayBeMoved = own.size > 0 && [...own, current.kmsKeyId].some((kmsKeyId) => holders.has(kmsKeyId));
  if (stranger !== undefined || !(holders.has(undefined) || mayBeMoved)) {
    if (holder !== current.kmsKeyId) leave('somebody else has moved an alias', key, holder);
    return {};
  }
  if ((await findKept({ kms, pause }, current.kmsKeyId)) === undefined) {
    leave('an alias cannot be put back: the current KMS key is gone or on its way to deletion', key, holder);
    return {};
  }
  await point(kms, key.alias, holder, current);
  return { version: current.version };
}

/** The KMS keys that this request has made: none of their versions was ever active. */
function unbornKmsKeys({ request, versions }: Work): Set<string> {
  const activated = versions.filter(({ activatedAt }) => activatedAt !== undefined);
  const lived = new Set(activated.map(({ kmsKeyId }) => kmsKeyId));
  return new Set(
    versions
      .filter(({ requestId, kmsKeyId }) => requestId === request.requestId && !lived.has(kmsKeyId))
      .map(({ kmsKeyId }) => kmsKeyId),
  );
}

function leave(what: string, { keyId, alias }: KeyRecord, holder: string | undefined): void {
  log.error(what, { code: 'AliasNotRestored', keyId, alias, holder });
}

async function point(
  kms: KMSClient,
  alias: string,
  holder: string | undefined,
  { kmsKeyId }: VersionRecord,
): Promise<void> {
  try {
    await (holder === undefined ? createAlias(kms, alias, kmsKeyId) : updateAlias(kms, alias, kmsKeyId));
  } catch (error) {
    if (refusedWith(error, 'NotFoundException', 'AlreadyExistsException')) {
      throw new NotSettled(`KMS does not yet show ${alias} or its target to everyone.`, {}, { cause: error });
    }
    throw error;
  }
  if ((await holderOf(kms, alias)) !== kmsKeyId) {
    throw new NotSettled(`${alias} does not show its new target yet.`, { alias });
  }
}

/** The id of the KMS key behind the alias. A key that is not Keyward's may not be described; its id is all that matters. */
async function holderOf(kms: KMSClient, alias: string): Promise<string | undefined> {
  try {
    return (await describeKmsKey(kms, alias))?.kmsKeyId;
  } catch (error) {
    if (!refusedWith(error, 'AccessDeniedException')) throw error;
    return targetOf(kms, alias);
  }
}
