import { createHash } from 'node:crypto';
import { IV_BYTES, TAG_BYTES } from '../cryptography/aes-gcm.ts';
import { cipherWith, type SymmetricCipher } from '../cryptography/symmetric.ts';
import { externalCipher } from '../custom-key-stores/external-keys.ts';
import { type HsmMaterial, hsmMaterial } from '../custom-key-stores/hsm-material.ts';
import { ServiceError } from '../errors.ts';
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
  const backing = kms.backingKeys.find(key);
  if (backing !== undefined && key.origin === 'AWS_CLOUDHSM') {
    return cipherInHsm(hsmMaterial(kms, key, backing));
  }
  const { id, secret } = kms.materials.current(key.id);
  if (backing !== undefined) {
    const cipher = doubleCipher(cipherWith(secret), externalCipher(kms, backing));
    return { cipher, materialId: id, shownMaterialId: {} };
  }
  return { cipher: cipherWith(secret), materialId: id, shownMaterialId: { materialId: id } };
}

/** What decrypts a ciphertext of that material; undefined when the key has no such material, or that is gone. */
export function cipherOf(kms: Kms, key: KmsKey, materialId: string): KeyCipher | undefined {
  if (kms.backingKeys.find(key) !== undefined) {
    const inStore = currentCipher(kms, key);
    return inStore.materialId === materialId ? inStore : undefined;
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

/** Encrypts with the one, and what comes of it with the other: neither is enough to decrypt. */
function doubleCipher(inner: SymmetricCipher, outer: SymmetricCipher): SymmetricCipher {
  return {
    seal: (plaintext, authenticated) => {
      const { iv, tag, ciphertext } = inner.seal(plaintext, authenticated);
      return outer.seal(Buffer.concat([iv, tag, ciphertext]), authenticated);
    },
    open: (sealed, authenticated) => {
      const opened = outer.open(sealed, authenticated);
      const plaintext =
        opened &&
        inner.open(
          {
            iv: opened.subarray(0, IV_BYTES),
            tag: opened.subarray(IV_BYTES, IV_BYTES + TAG_BYTES),
            ciphertext: opened.subarray(IV_BYTES + TAG_BYTES),
          },
          authenticated,
        );
      if (plaintext !== undefined) return plaintext;
      throw new ServiceError(
        'KMSInvalidStateException',
        'The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is ' +
          'corrupted, missing, or otherwise invalid.',
      );
    },
  };
}
