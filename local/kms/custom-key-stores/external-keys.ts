import { open, seal } from '../cryptography/aes-gcm.ts';
import type { SymmetricCipher } from '../cryptography/symmetric.ts';
import { ServiceError } from '../errors.ts';
import type { Kms } from '../kms.ts';
import type { BackingKey } from '../store/backing-keys.ts';
import type { ProxyAccess } from '../store/custom-key-stores.ts';
import { PROXY_FAILURES } from '../xks/failures.ts';
import type { ExternalKey } from '../xks/proxies.ts';
import { askProxy } from '../xks/requests.ts';
import { invalidStoreState } from './errors.ts';

const NO_KEY =
  'The external key store proxy rejected the request because it could not find the external key.';

/**
 * Throws unless a new KMS key can stand for the external key: XksKeyAlreadyInUseException, XksKeyNotFoundException,
 * XksKeyInvalidConfigurationException, or, when the proxy fails, CustomKeyStoreInvalidStateException.
 */
export function checkExternalKey(kms: Kms, access: ProxyAccess, backing: BackingKey): void {
  const { customKeyStoreId, backingKeyId } = backing;
  if (kms.backingKeys.isTaken(backing)) {
    throw new ServiceError(
      'XksKeyAlreadyInUseException',
      `The external key ${backingKeyId} is associated with another KMS key in the external key store ${customKeyStoreId}.`,
    );
  }
  const answer = askProxy(kms, access);
  if ('failure' in answer) throw invalidStoreState(PROXY_FAILURES[answer.failure].message);
  const key = answer.proxy.keys.find(({ id }) => id === backingKeyId);
  if (key === undefined) throw new ServiceError('XksKeyNotFoundException', NO_KEY);
  const problem = problemOf(key);
  if (problem !== undefined) throw new ServiceError('XksKeyInvalidConfigurationException', problem);
}

function problemOf({ keySpec, keyUsage, status }: ExternalKey): string | undefined {
  if (keySpec !== 'AES_256') {
    return `The key spec of the external key must be AES_256. The key spec of specified external key is ${keySpec}.`;
  }
  if (status !== 'ENABLED') {
    return `The status of the external key must be ENABLED. The status of specified external key is ${status}.`;
  }
  if (keyUsage.includes('ENCRYPT') && keyUsage.includes('DECRYPT')) return undefined;
  const usage = keyUsage.join(', ');
  return `The key usage of the external key must include ENCRYPT and DECRYPT. The key use of specified external key is ${usage}.`;
}

/**
 * What the external key manager encrypts and decrypts with for AWS KMS. Whatever goes wrong there, a connected store
 * notwithstanding, is thrown as KMSInvalidStateException.
 */
export function externalCipher(kms: Kms, backing: BackingKey): SymmetricCipher {
  return {
    seal: (plaintext, authenticated) => seal(materialFor(kms, backing, 'ENCRYPT'), plaintext, authenticated),
    open: (sealed, authenticated) => {
      const opened = open(materialFor(kms, backing, 'DECRYPT'), sealed, authenticated);
      if (opened !== undefined) return opened;
      throw invalidState(
        'The external key store proxy rejected the request because the specified ciphertext or additional authenticated ' +
          'data is corrupted, missing, or otherwise invalid.',
      );
    },
  };
}

function materialFor(
  kms: Kms,
  { customKeyStoreId, backingKeyId }: BackingKey,
  usage: 'ENCRYPT' | 'DECRYPT',
): Buffer {
  const access = kms.customKeyStores.find(customKeyStoreId)?.access;
  if (access?.type !== 'EXTERNAL_KEY_STORE') {
    throw new Error(`${customKeyStoreId} is no external key store.`);
  }
  const answer = askProxy(kms, access);
  if ('failure' in answer) throw invalidState(PROXY_FAILURES[answer.failure].message);
  const key = answer.proxy.keys.find(({ id }) => id === backingKeyId);
  if (key === undefined) throw invalidState(NO_KEY);
  if (key.status !== 'ENABLED') {
    throw invalidState(
      'The external key store proxy rejected the request because the external key is not enabled in the external key manager.',
    );
  }
  if (key.keySpec !== 'AES_256' || !key.keyUsage.includes(usage)) {
    throw invalidState(
      'The external key store proxy rejected the request because the external key does not support the requested operation.',
    );
  }
  return Buffer.from(key.material, 'base64');
}

const invalidState = (message: string) => new ServiceError('KMSInvalidStateException', message);
