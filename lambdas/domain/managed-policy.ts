import { canonicalJson } from './canonical.ts';
import type { KeyRecord } from './key.ts';
import { classNamed, type KeyClasses } from './key-class.ts';
import { managedKeyPolicy, type StepRoles } from './key-policy.ts';

/**
 * The key policy that a KMS key of this key should carry, as canonical JSON. The account is the one of the roles; the
 * shortest deletion window is the one its class asks for today, unless another is given.
 */
export function policyFor({
  key,
  classes,
  roles,
  protects,
  deletionWindowDays = classNamed(classes, key.className).deletionWindowDays,
}: {
  readonly key: KeyRecord;
  readonly classes: KeyClasses;
  readonly roles: StepRoles;
  readonly protects: boolean;
  readonly deletionWindowDays?: number | undefined;
}): string {
  const [, partition, , , accountId = ''] = roles.create.split(':');
  return canonicalJson(
    managedKeyPolicy({
      accountId,
      partition,
      roles,
      spec: key.spec,
      usage: key.usage,
      deletionWindowDays,
      protects,
    }),
  );
}
