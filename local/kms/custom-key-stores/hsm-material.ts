import { activeHsms } from '../../cloudhsm/cloudhsm.ts';
import type { HsmKeys } from '../../cloudhsm/keys/hsm-keys.ts';
import { isLockedOut } from '../../cloudhsm/users.ts';
import { ServiceError } from '../errors.ts';
import type { Kms } from '../kms.ts';
import type { BackingKey } from '../store/backing-keys.ts';
import type { KmsKey } from '../store/keys.ts';
import { clusterIdOf, clusterOf } from './clusters.ts';
import { KMS_USER } from './kmsuser.ts';

/** The material of a KMS key in the HSMs of its custom key store. */
export interface HsmMaterial {
  readonly keys: HsmKeys;
  readonly clusterId: string;
  readonly backingKeyId: string;
}

/** Makes the material of a new key, and gives its id. The HSMs do not undo it: nothing may fail after this. */
export function makeHsmMaterial({ cloudHsm }: Kms, clusterId: string, keyArn: string): string {
  return cloudHsm.keys.generate(clusterId, KMS_USER, keyArn).id;
}

/**
 * The material of a key whose custom key store is connected. That does not mean that its cluster is well: throws
 * KMSInvalidStateException, or KeyUnavailableException when the cluster only waits for its HSMs.
 */
export function hsmMaterial(
  kms: Kms,
  key: KmsKey,
  { customKeyStoreId, backingKeyId }: BackingKey,
): HsmMaterial {
  const clusterId = clusterIdOf(kms.customKeyStores.find(customKeyStoreId)) ?? '';
  checkHealth(kms, key, clusterId);
  const { keys } = kms.cloudHsm;
  if (!keys.list(clusterId).some(({ id }) => id === backingKeyId)) {
    throw invalidState(
      `The key material of ${key.arn}, ${backingKeyId}, is not in the CloudHSM cluster ${clusterId} any longer.`,
    );
  }
  return { keys, clusterId, backingKeyId };
}

/** Removes the material as well as that is possible now; never from backups. Whether it has been removed. */
export function deleteHsmMaterial(kms: Kms, { customKeyStoreId, backingKeyId }: BackingKey): boolean {
  const store = kms.customKeyStores.find(customKeyStoreId);
  const clusterId = clusterIdOf(store);
  const cluster = clusterId === undefined ? undefined : clusterOf(kms, clusterId);
  if (store?.connectionState !== 'CONNECTED' || cluster === undefined || cluster.unreachable) return false;
  if (activeHsms(kms.cloudHsm, cluster.id).length === 0) return false;
  return kms.cloudHsm.keys.delete(cluster.id, backingKeyId);
}

function checkHealth(kms: Kms, key: KmsKey, clusterId: string): void {
  const cluster = clusterOf(kms, clusterId);
  if (cluster === undefined) {
    throw invalidState(`The CloudHSM cluster ${clusterId} of ${key.arn} does not exist any longer.`);
  }
  if (activeHsms(kms.cloudHsm, clusterId).length === 0) {
    if (kms.cloudHsm.hsms.ofCluster(clusterId).some(({ state }) => state === 'CREATE_IN_PROGRESS')) {
      throw new ServiceError(
        'KeyUnavailableException',
        `${key.arn} is not available: retry the request.`,
        500,
      );
    }
    throw invalidState(`The CloudHSM cluster ${clusterId} of ${key.arn} has no active HSM.`);
  }
  if (cluster.unreachable || !cluster.portsOpen) {
    throw invalidState(
      'KMS cannot communicate with your CloudHSM cluster. This might be a transient network issue. If you see this error ' +
        'repeatedly, verify that the Network ACLs and the security group rules for the VPC of your AWS CloudHSM cluster are correct.',
    );
  }
  const user = cluster.users.find(({ name }) => name === KMS_USER);
  if (user === undefined || isLockedOut(user)) {
    throw invalidState(
      'KMS cannot communicate with your AWS CloudHSM cluster because the kmsuser is locked out. If you see this error ' +
        'repeatedly, disconnect the AWS CloudHSM key store and reset the kmsuser account password. Update the kmsuser ' +
        'password for the custom key store and try the request again.',
    );
  }
}

const invalidState = (message: string) => new ServiceError('KMSInvalidStateException', message);
