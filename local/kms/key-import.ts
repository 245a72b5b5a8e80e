import { unsupported } from './errors.ts';
import { existingKey } from './key-reference.ts';
import type { KeyState } from './key-states.ts';
import type { Kms } from './kms.ts';
import { relatedKeys } from './multi-region.ts';
import type { KmsKey } from './store/keys.ts';
import type { Material } from './store/materials.ts';

/**
 * The materials of keys of EXTERNAL origin. A key knows each of its materials for good, also while the secret itself is
 * deleted or expired; one that awaits its first rotation can be given up. All Regions of a multi-Region key know the same
 * materials, and each is imported there by itself.
 */

const DYING: ReadonlySet<KeyState> = new Set(['PendingDeletion', 'PendingReplicaDeletion']);

/** Makes a material known in all Regions of the key, with its secret where it was imported only. */
export function addMaterial(kms: Kms, key: KmsKey, material: Material): void {
  for (const related of relatedKeys(kms, key)) {
    const isHere = related.key.arn === key.arn;
    related.kms.materials.insert(key.id, isHere ? material : { ...material, secret: null, validTo: null });
  }
  followMaterials(kms, key.id);
}

/** What an import says of a material anew; the description stays unless there is another one. */
export function restoreMaterial(kms: Kms, key: KmsKey, material: Material): void {
  kms.materials.restore(key.id, material);
  if (material.description !== null) {
    for (const related of relatedKeys(kms, key)) {
      related.kms.materials.describe(key.id, material.id, material.description);
    }
  }
  followMaterials(kms, key.id);
}

/** Forgets the secret; of a primary key, also a material that awaits its rotation, which no ciphertext needs. */
export function dropMaterial(kms: Kms, key: KmsKey, material: Material): void {
  if (material.awaitsRotation && key.multiRegionType !== 'REPLICA') {
    for (const related of relatedKeys(kms, key)) related.kms.materials.remove(key.id, material.id);
  } else {
    kms.materials.forget(key.id, material.id);
    followMaterials(kms, key.id);
  }
}

/** The key waits for import while any of its materials is missing, and can be used again when all are back. */
export function followMaterials(kms: Kms, keyId: string): void {
  const key = existingKey(kms, keyId);
  if (DYING.has(key.state)) return;
  const state = key.settlesAs ?? key.state;
  const next = isComplete(kms, keyId) ? (state === 'PendingImport' ? 'Enabled' : state) : 'PendingImport';
  if (next === state) return;
  if (key.settlesAt === null) kms.keys.setState(key.id, next);
  else kms.keys.settleLater(key.id, key.state, key.settlesAt, next);
}

/** The materials that the key has for good, oldest first; the last one is current. */
export function lastingMaterials(kms: Kms, keyId: string): Material[] {
  return kms.materials.list(keyId).filter(({ awaitsRotation }) => !awaitsRotation);
}

/** Whether a material that awaits its rotation can be rotated to: it was imported in every Region. */
export function isImportedEverywhere(kms: Kms, key: KmsKey, materialId: string): boolean {
  return relatedKeys(kms, key).every(
    (related) => (related.kms.materials.find(key.id, materialId)?.secret ?? null) !== null,
  );
}

function isComplete(kms: Kms, keyId: string): boolean {
  const materials = lastingMaterials(kms, keyId);
  return materials.length > 0 && materials.every(({ secret }) => secret !== null);
}

/** Throws UnsupportedOperationException for a key that AWS KMS made the material of. */
export function refuseAllButImported(key: KmsKey): void {
  if (key.origin !== 'EXTERNAL') {
    throw unsupported(`${key.arn} origin is ${key.origin} which is not valid for this operation.`);
  }
}
