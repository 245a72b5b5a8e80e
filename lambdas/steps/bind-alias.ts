import type { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import { refusedWith } from '../adapters/aws-call.ts';
import { createAlias, targetOf, updateAlias } from '../adapters/kms/aliases.ts';
import { describeKmsKey } from '../adapters/kms/keys.ts';
import { AliasTaken, BackendStateUnexpected, NotSettled } from '../domain/errors.ts';
import type { VersionRecord } from '../domain/key.ts';
import { readHeldWork, type StepDependencies, stepInput, unbornVersion, type Work } from './held-key.ts';

/** `new` points the alias at the version this request made, `current` puts it back where the registry says. */
export const bindAliasInput = stepInput.extend({ target: z.enum(['new', 'current']) });

/** Points the key's alias at a version and reads it back. Throws AliasTaken when a foreign KMS key holds the name. */
export function bindAlias(deps: StepDependencies & { readonly kms: KMSClient }) {
  return async (input: z.infer<typeof bindAliasInput>): Promise<{ version?: number }> => {
    const phase = input.target === 'new' ? 'forward' : 'undo';
    const work = await readHeldWork(deps, 'bind-alias', input, phase);
    const target = input.target === 'new' ? unbornVersion(work) : currentVersion(work);
    if (target === undefined) {
      if (input.target === 'current') return {}; // nothing was ever bound
      throw new BackendStateUnexpected('There is no new version to point the alias at.', {
        requestId: input.requestId,
      });
    }
    await point(deps.kms, work, target);
    return { version: target.version };
  };
}

async function point(kms: KMSClient, { key, versions }: Work, target: VersionRecord): Promise<void> {
  const holder = await holderOf(kms, key.alias);
  if (holder === target.kmsKeyId) return;
  if (holder !== undefined && !versions.some(({ kmsKeyId }) => kmsKeyId === holder)) {
    throw new AliasTaken(
      `${key.alias} is held by the KMS key ${holder}, which is not a version of this key.`,
      {
        alias: key.alias,
        holder,
      },
    );
  }
  try {
    await (holder === undefined
      ? createAlias(kms, key.alias, target.kmsKeyId)
      : updateAlias(kms, key.alias, target.kmsKeyId));
  } catch (error) {
    if (refusedWith(error, 'NotFoundException', 'AlreadyExistsException')) {
      throw new NotSettled(
        `KMS does not yet show ${key.alias} or its target to everyone.`,
        {},
        { cause: error },
      );
    }
    throw error;
  }
  if ((await holderOf(kms, key.alias)) !== target.kmsKeyId) {
    throw new NotSettled(`${key.alias} does not show its new target yet.`, { alias: key.alias });
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

function currentVersion({ key, versions }: Work): VersionRecord | undefined {
  return versions.find(({ version }) => version === key.currentVersion);
}
