import { randomBytes } from 'node:crypto';
import { activeHsms } from '../../cloudhsm/cloudhsm.ts';
import type { Cluster } from '../../cloudhsm/store/resources.ts';
import {
  afterLogin,
  type HsmUser,
  hasPassword,
  isLockedOut,
  loggedOut,
  withPassword,
} from '../../cloudhsm/users.ts';
import type { Kms } from '../kms.ts';
import type { ConnectionErrorCode, CustomKeyStore } from '../store/custom-key-stores.ts';
import { clusterOf } from './clusters.ts';

/** The crypto user that AWS KMS is in a cluster. */
export const KMS_USER = 'kmsuser';

/** 32 hexadecimal digits: the longest password that a crypto user can have. */
const PASSWORD_BYTES = 16;

/** Ends what was begun with the custom key store: it is then connected, disconnected, or its connection has failed. */
export function settleConnection(kms: Kms, store: CustomKeyStore): void {
  if (store.connectionState === 'DISCONNECTING') disconnect(kms, store);
  else connect(kms, store);
}

/** AWS KMS logs in as `kmsuser` and changes the password to one that it alone knows. */
function connect(kms: Kms, store: CustomKeyStore): void {
  const cluster = clusterOf(kms, store.access.clusterId);
  const obstacle = cluster === undefined ? 'CLUSTER_NOT_FOUND' : obstacleIn(kms, cluster);
  const user = cluster?.users.find(({ name }) => name === KMS_USER);
  if (cluster === undefined || user === undefined || obstacle !== undefined) {
    fail(kms, store, obstacle ?? 'USER_NOT_FOUND');
    return;
  }
  if (!hasPassword(user, store.access.password)) {
    changeUser(kms, cluster, afterLogin(user, false));
    fail(kms, store, 'INVALID_CREDENTIALS');
    return;
  }
  const password = randomBytes(PASSWORD_BYTES).toString('hex');
  changeUser(kms, cluster, afterLogin(withPassword(user, password), true));
  kms.customKeyStores.update({
    ...store,
    connectionState: 'CONNECTED',
    connectionErrorCode: null,
    settlesAt: null,
    access: { ...store.access, password },
  });
}

/** What keeps AWS KMS from the cluster, before it has tried to log in. */
function obstacleIn({ cloudHsm }: Kms, cluster: Cluster): ConnectionErrorCode | undefined {
  const subnets = Object.values(cluster.subnets).map((id) => cloudHsm.subnets.find(cluster, id));
  if (subnets.includes(undefined)) return 'SUBNET_NOT_FOUND';
  if (subnets.some((subnet) => subnet?.freeAddresses === 0)) return 'INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET';
  if (activeHsms(cloudHsm, cluster.id).length === 0) return 'INSUFFICIENT_CLOUDHSM_HSMS';
  if (cluster.unreachable) return 'NETWORK_ERRORS';
  const user = cluster.users.find(({ name }) => name === KMS_USER);
  if (user === undefined) return 'USER_NOT_FOUND';
  if (isLockedOut(user)) return 'USER_LOCKED_OUT';
  return user.loggedIn ? 'USER_LOGGED_IN' : undefined;
}

function disconnect(kms: Kms, store: CustomKeyStore): void {
  const cluster = clusterOf(kms, store.access.clusterId);
  const user = cluster?.users.find(({ name }) => name === KMS_USER);
  if (cluster !== undefined && user !== undefined) changeUser(kms, cluster, loggedOut(user));
  kms.customKeyStores.update({
    ...store,
    connectionState: 'DISCONNECTED',
    connectionErrorCode: null,
    settlesAt: null,
  });
}

function fail({ customKeyStores }: Kms, store: CustomKeyStore, code: ConnectionErrorCode): void {
  customKeyStores.update({
    ...store,
    connectionState: 'FAILED',
    connectionErrorCode: code,
    settlesAt: null,
  });
}

function changeUser({ cloudHsm }: Kms, cluster: Cluster, changed: HsmUser): void {
  const users = cluster.users.map((user) => (user.name === changed.name ? changed : user));
  cloudHsm.clusters.update({ ...cluster, users });
}
