import type { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import { refusedWith } from '../adapters/aws-call.ts';
import { createAlias, updateAlias } from '../adapters/kms/aliases.ts';
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
  const holder = await describeKmsKey(kms, key.alias);
  if (holder?.kmsKeyArn === target.kmsKeyArn) return;
  if (holder !== undefined && !versions.some(({ kmsKeyArn }) => kmsKeyArn === holder.kmsKeyArn)) {
    throw new AliasTaken(`${key.alias} is held by ${holder.kmsKeyArn}, which is not a version of this key.`, {
      alias: key.alias,
      holder: holder.kmsKeyArn,
    });
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
  const bound = await describeKmsKey(kms, key.alias);
  if (bound?.kmsKeyArn !== target.kmsKeyArn) {
    throw new NotSettled(`${key.alias} does not show its new target yet.`, { alias: key.alias });
  }
}

function currentVersion({ key, versions }: Work): VersionRecord | undefined {
  return versions.find(({ version }) => version === key.currentVersion);
}
