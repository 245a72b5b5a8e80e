import type { Sealed } from '../../kms/cryptography/aes-gcm.ts';

/** A key that an HSM holds. Its bytes never leave that. */
export interface HsmKey {
  /** What the HSM tells its keys apart by now; it is another one after a backup was restored. */
  readonly handle: string;
  /** What stays the same in backups, 32 hexadecimal digits. */
  readonly id: string;
  /** The crypto user that made it. */
  readonly owner: string;
  readonly label: string;
}

/**
 * The keys that HSMs hold, in partitions: the HSMs of a cluster share one, named by the cluster, and each backup is one of
 * its own. A partition that was never written to is empty.
 */
export interface HsmKeys {
  /** Makes an AES-256 key that cannot be extracted. */
  generate(partition: string, owner: string, label: string): HsmKey;
  /** Undefined when the partition does not hold the key. */
  encrypt(partition: string, keyId: string, plaintext: Buffer, authenticated: Buffer): Sealed | undefined;
  /** `refused` when something was altered, or sealed by another key; undefined when the partition does not hold the key. */
  decrypt(
    partition: string,
    keyId: string,
    sealed: Sealed,
    authenticated: Buffer,
  ): Buffer | 'refused' | undefined;
  /** Whether there was such a key. */
  delete(partition: string, keyId: string): boolean;
  list(partition: string): HsmKey[];
  /** Copies every key of one partition to another, empty one: backs it up, or restores it. */
  copy(from: string, to: string): void;
  erase(partition: string): void;
  /** So many bytes of the HSM's own generator. */
  random(byteCount: number): Buffer;
  /** Gives back what it holds; nothing can be asked of it afterwards. */
  close(): void;
}
