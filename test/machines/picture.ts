import { describeKmsKey } from '../../lambdas/adapters/kms/keys.ts';
import { getKmsPolicy } from '../../lambdas/adapters/kms/policies.ts';
import { live } from '../../lambdas/domain/versions.ts';
import type { World } from './world.ts';

/**
 * What a key's record, its consumers and KMS show of it: no failure may change any of it. A version that a failed rotation
 * had to keep is new, and none of it.
 */
export async function picture(world: World, keyId: string): Promise<object> {
  const found = await world.registry.getKeyWithVersions(keyId);
  if (found === undefined) throw new Error(`There is no key ${keyId}.`);
  const { key, versions } = found;
  return {
    state: key.state,
    currentVersion: key.currentVersion,
    destruction: key.destruction,
    rotationDue: key.rotationDue,
    aliasLeadsTo: (await describeKmsKey(world.kms, key.alias))?.kmsKeyArn,
    versions: await Promise.all(
      live(versions)
        .filter(({ activatedAt, namedAt }) => namedAt === undefined || namedAt !== activatedAt)
        .map(async ({ version, state, kmsKeyArn }) => ({
          version,
          state,
          keyState: (await describeKmsKey(world.kms, kmsKeyArn))?.keyState,
          policy: await getKmsPolicy(world.kms, kmsKeyArn),
        })),
    ),
  };
}
