import { CreateKeyCommand, type CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { tagNames } from '../../lambdas/adapters/kms/keys.ts';
import type { KeyClasses } from '../../lambdas/domain/key-class.ts';
import { policyFor } from '../../lambdas/domain/managed-policy.ts';
import { roles } from './callers.ts';
import { policies, type World } from './world.ts';

/** A KMS key that somebody else makes and gives Keyward's tags. Returns its id. */
export async function aStranger(
  world: World,
  { keyId, requestId }: { readonly keyId: string; readonly requestId: string },
  how: Partial<CreateKeyCommandInput> = {},
): Promise<string> {
  const { KeyMetadata: made } = await world.kms.send(
    new CreateKeyCommand({
      Tags: [
        { TagKey: tagNames.managed, TagValue: 'true' },
        { TagKey: tagNames.keyId, TagValue: keyId },
        { TagKey: tagNames.requestId, TagValue: requestId },
      ],
      ...how,
    }),
  );
  return made?.KeyId ?? '';
}

/** The key policy that Keyward writes on a KMS key that it makes, if its classes asked for such a deletion window. */
export async function ourPolicy(world: World, keyId: string, deletionWindowDays = 30): Promise<string> {
  const key = await world.registry.getKey(keyId);
  if (key === undefined) throw new Error(`There is no key ${keyId}.`);
  return policyFor({ key, classes: classesThatAsk(deletionWindowDays), roles, protects: true });
}

/** The key classes, if all of them asked for such a deletion window. */
export function classesThatAsk(deletionWindowDays: number): KeyClasses {
  return policies.classes.map((keyClass) => Object.assign({}, keyClass, { deletionWindowDays }));
}
