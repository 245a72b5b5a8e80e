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
import type { ConnectionErrorCode, HsmAccess } from '../store/custom-key-stores.ts';
import { clusterOf } from './clusters.ts';

/** The crypto user that AWS KMS is in a cluster. */
export const KMS_USER = 'kmsuser';

/** 32 hexadecimal digits: the longest password that a crypto user can have. */
const PASSWORD_BYTES = 16;

/** AWS KMS logs in, and changes the password to one that it alone knows. Gives what it knows then, or why it cannot. */
export function logIn(kms: Kms, access: HsmAccess): HsmAccess | ConnectionErrorCode {
  const cluster = clusterOf(kms, access.clusterId);
  const obstacle = cluster === undefined ? 'CLUSTER_NOT_FOUND' : obstacleIn(kms, cluster);
  const user = cluster?.users.find(({ name }) => name === KMS_USER);
  if (cluster === undefined || user === undefined || obstacle !== undefined)
    return obstacle ?? 'USER_NOT_FOUND';
  if (!hasPassword(user, access.password)) {
    changeUser(kms, cluster, afterLogin(user, false));
    return 'INVALID_CREDENTIALS';
  }
  const password = randomBytes(PASSWORD_BYTES).toString('hex');
  changeUser(kms, cluster, afterLogin(withPassword(user, password), true));
  return { ...access, password };
}

export function logOut(kms: Kms, access: HsmAccess): void {
  const cluster = clusterOf(kms, access.clusterId);
  const user = cluster?.users.find(({ name }) => name === KMS_USER);
  if (cluster !== undefined && user !== undefined) changeUser(kms, cluster, loggedOut(user));
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

function changeUser({ cloudHsm }: Kms, cluster: Cluster, changed: HsmUser): void {
  const users = cluster.users.map((user) => (user.name === changed.name ? changed : user));
  cloudHsm.clusters.update({ ...cluster, users });
}
