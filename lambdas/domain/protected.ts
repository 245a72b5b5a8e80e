import { ProtectsKeyward } from './errors.ts';

/**
 * Throws ProtectsKeyward when the key is one that protects Keyward itself: whoever destroys those destroys the record
 * of it too. Keys may be named by ARN, key id, alias or alias ARN. Account and Region are not compared: a key of the
 * same name elsewhere is refused as well, which costs a name and cannot cost the service.
 */
export function assertNotProtectingKeyward(
  { kmsKeyArn, alias }: { readonly kmsKeyArn?: string | undefined; readonly alias?: string | undefined },
  protectedKeys: readonly string[],
): void {
  const refused = new Set(protectedKeys.map((key) => bareName(key)));
  for (const name of [kmsKeyArn, alias]) {
    if (name !== undefined && refused.has(bareName(name))) {
      throw new ProtectsKeyward(`${name} protects Keyward itself. Manage it by hand, outside Keyward.`, {
        name,
      });
    }
  }
}

/** `alias/x` or a key id, of any of the forms in which KMS names a key. */
function bareName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1).replace(/^key\//, '');
}
