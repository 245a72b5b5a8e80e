import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { ControlRoutes } from '../kms/protocol/control-routes.ts';
import { atomically } from '../kms/store/database.ts';
import { backUp } from './backups.ts';
import { activeHsms, type CloudHsm } from './cloudhsm.ts';
import type { Cluster } from './store/resources.ts';
import {
  afterLogin,
  type HsmUser,
  hasPassword,
  isLockedOut,
  loggedOut,
  newUser,
  withPassword,
} from './users.ts';

const clusterId = z.string();
const username = z.string().min(1).max(31);
const password = z.string().min(7).max(32);

const onCluster = z.strictObject({ clusterId });
const onUser = z.strictObject({ clusterId, username });
const withSecret = z.strictObject({ clusterId, username, password });
const creation = z.strictObject({ clusterId, username, password, role: z.enum(['admin', 'crypto-user']) });
const onKey = z.strictObject({ clusterId, keyId: z.string() });

/**
 * What on AWS is done with the CloudHSM CLI, on a machine inside the cluster's VPC, and by no API: as there, it needs an
 * HSM that is active.
 */
export function cliRoutes(cloudHsm: CloudHsm, database: DatabaseSync, catchUp: () => void): ControlRoutes {
  const change = (id: string, effect: (cluster: Cluster) => Cluster) => {
    catchUp();
    return atomically(database, () => {
      const changed = effect(reachableCluster(cloudHsm, id));
      cloudHsm.clusters.update(changed);
      return changed;
    });
  };
  const changeUser = (id: string, name: string, effect: (user: HsmUser) => HsmUser) => {
    const { users } = change(id, (cluster) => {
      const changed = effect(existingUser(cluster, name));
      return { ...cluster, users: cluster.users.map((user) => (user.name === name ? changed : user)) };
    });
    return shown(users.find((user) => user.name === name));
  };
  return {
    'POST /_local/cloudhsm/activate': ({ body }) => {
      const { clusterId: id, password: secret } = z.strictObject({ clusterId, password }).parse(body);
      catchUp();
      return atomically(database, () => {
        const cluster = activated(reachableCluster(cloudHsm, id), secret);
        backUp(cloudHsm, cluster, cloudHsm.clock.now().getTime());
        return { clusterId: id, state: cluster.state };
      });
    },
    'POST /_local/cloudhsm/users': ({ body }) => {
      const { clusterId: id, username: name, password: secret, role } = creation.parse(body);
      const cluster = change(id, (active) => {
        if (active.state !== 'ACTIVE')
          throw new Error(`Cluster ${id} is ${active.state}: activate it first.`);
        if (active.users.some((user) => user.name === name)) throw new Error(`There is a user ${name}.`);
        return { ...active, users: [...active.users, newUser(name, role, secret)] };
      });
      return shown(cluster.users.at(-1));
    },
    'GET /_local/cloudhsm/users': ({ query }) => {
      catchUp();
      return { users: reachableCluster(cloudHsm, query.get('clusterId') ?? '').users.map(shown) };
    },
    'DELETE /_local/cloudhsm/users': ({ body }) => {
      const { clusterId: id, username: name } = onUser.parse(body);
      change(id, (cluster) => {
        existingUser(cluster, name);
        return { ...cluster, users: cluster.users.filter((user) => user.name !== name) };
      });
      return {};
    },
    'POST /_local/cloudhsm/users/change-password': ({ body }) => {
      const { clusterId: id, username: name, password: secret } = withSecret.parse(body);
      return changeUser(id, name, (user) => withPassword(user, secret));
    },
    'POST /_local/cloudhsm/users/login': ({ body }) => {
      const { clusterId: id, username: name, password: secret } = withSecret.parse(body);
      return changeUser(id, name, (user) =>
        afterLogin(user, !isLockedOut(user) && hasPassword(user, secret)),
      );
    },
    'POST /_local/cloudhsm/users/logout': ({ body }) => {
      const { clusterId: id, username: name } = onUser.parse(body);
      return changeUser(id, name, loggedOut);
    },
    'GET /_local/cloudhsm/keys': ({ query }) => {
      catchUp();
      const { id } = reachableCluster(cloudHsm, query.get('clusterId') ?? '');
      const owner = query.get('owner');
      const keys = cloudHsm.keys.list(id).filter((key) => owner === null || key.owner === owner);
      return { count: keys.length, keys };
    },
    'DELETE /_local/cloudhsm/keys': ({ body }) => {
      const { clusterId: id, keyId } = onKey.parse(body);
      catchUp();
      const deleted = cloudHsm.keys.delete(reachableCluster(cloudHsm, id).id, keyId);
      if (!deleted) throw new Error(`Cluster ${id} holds no key ${keyId}.`);
      return {};
    },
    'POST /_local/cloudhsm/mtls': ({ body }) => {
      const { clusterId: id, enforced } = z
        .strictObject({ ...onCluster.shape, enforced: z.boolean() })
        .parse(body);
      change(id, (cluster) => ({ ...cluster, mutualTls: enforced }));
      return { clusterId: id, enforced };
    },
  };
}

/** The first password of the admin makes an initialized cluster active. */
function activated(cluster: Cluster, password: string): Cluster {
  if (cluster.state !== 'INITIALIZED') {
    throw new Error(`Cluster ${cluster.id} is ${cluster.state}: an INITIALIZED cluster can be activated.`);
  }
  return { ...cluster, state: 'ACTIVE', users: [newUser('admin', 'admin', password)] };
}

function reachableCluster(cloudHsm: CloudHsm, id: string): Cluster {
  const cluster = cloudHsm.clusters.find(id);
  if (cluster === undefined) throw new Error(`There is no cluster ${id}.`);
  if (activeHsms(cloudHsm, id).length === 0) throw new Error(`Cluster ${id} has no active HSM.`);
  return cluster;
}

function existingUser({ id, users }: Cluster, name: string): HsmUser {
  const user = users.find((one) => one.name === name);
  if (user === undefined) throw new Error(`Cluster ${id} has no user ${name}.`);
  return user;
}

const shown = (user: HsmUser | undefined) =>
  user && { username: user.name, role: user.role, locked: isLockedOut(user), loggedIn: user.loggedIn };
