import { createHash } from 'node:crypto';
import { cipherWith, type SymmetricCipher } from '../cryptography/symmetric.ts';
import { type HsmMaterial, hsmMaterial } from '../custom-key-stores/hsm-material.ts';
import type { Kms } from '../kms.ts';
import type { KmsKey } from '../store/keys.ts';

interface KeyCipher {
  readonly cipher: SymmetricCipher;
  /** What a ciphertext names the material by, 64 hexadecimal digits. */
  readonly materialId: string;
  /** AWS KMS names the materials of its own only, and not those in custom key stores. */
  readonly shownMaterialId: { readonly materialId?: string };
}

/** What a symmetric key encrypts with. Throws when the material is not at hand in the key's custom key store. */
export function currentCipher(kms: Kms, key: KmsKey): KeyCipher {
  const backing = kms.backingKeys.find(key.id);
  if (backing !== undefined) return cipherInHsm(hsmMaterial(kms, key, backing));
  const { id, secret } = kms.materials.current(key.id);
  return { cipher: cipherWith(secret), materialId: id, shownMaterialId: { materialId: id } };
}

/** What decrypts a ciphertext of that material; undefined when the key has no such material, or that is gone. */
export function cipherOf(kms: Kms, key: KmsKey, materialId: string): KeyCipher | undefined {
  if (kms.backingKeys.find(key.id) !== undefined) {
    const inHsm = currentCipher(kms, key);
    return inHsm.materialId === materialId ? inHsm : undefined;
  }
  const secret = kms.materials.find(key.id, materialId)?.secret ?? undefined;
  return secret && { cipher: cipherWith(secret), materialId, shownMaterialId: { materialId } };
}

function cipherInHsm({ keys, clusterId, backingKeyId }: HsmMaterial): KeyCipher {
  return {
    cipher: {
      seal: (plaintext, authenticated) => {
        const sealed = keys.encrypt(clusterId, backingKeyId, plaintext, authenticated);
        if (sealed === undefined) throw new Error(`The HSMs of ${clusterId} have lost ${backingKeyId}.`);
        return sealed;
      },
      open: (sealed, authenticated) => {
        const opened = keys.decrypt(clusterId, backingKeyId, sealed, authenticated);
        return opened === 'refused' ? undefined : opened;
      },
    },
    materialId: createHash('sha256').update(backingKeyId).digest('hex'),
    shownMaterialId: {},
  };
}
