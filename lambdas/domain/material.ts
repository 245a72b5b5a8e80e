import { isBefore } from './cryptoperiod.ts';
import type { VersionRecord } from './key.ts';

/** One key material of a KMS key, as KMS lists it. */
export interface ListedMaterial {
  readonly materialId?: string;
  /** When a rotation to it was complete; absent for the first material. */
  readonly rotatedAt?: string;
  readonly onDemand: boolean;
}

/**
 * Whether KMS lists material that came later than the one it shows as current: what it shows is then from before a
 * rotation. The list may lag as well: shown material that it does not name is newer than all of it, unless it is the
 * current version's, which whatever was rotated to after its activation has followed.
 */
export function isSuperseded(
  shown: string,
  current: Pick<VersionRecord, 'keyMaterialId' | 'activatedAt'>,
  listed: readonly ListedMaterial[],
): boolean {
  const own = listed.find(({ materialId }) => materialId === shown);
  const activated = shown === current.keyMaterialId ? current.activatedAt : undefined;
  const since = own === undefined ? activated : (own.rotatedAt ?? BEFORE_EVERYTHING);
  if (since === undefined) return false;
  return listed.some(({ rotatedAt }) => rotatedAt !== undefined && isBefore(since, rotatedAt));
}

const BEFORE_EVERYTHING = new Date(0).toISOString();
