import { activeHsms } from '../../cloudhsm/cloudhsm.ts';
import type { Cluster } from '../../cloudhsm/store/resources.ts';
import { isSameAccount } from '../account.ts';
import type { Kms } from '../kms.ts';
import type { CustomKeyStore } from '../store/custom-key-stores.ts';
import { clusterNotActive, clusterNotFound, invalidClusterConfiguration } from './errors.ts';

/** The cluster of the same account and Region; undefined when there is none, or no more. */
export function clusterOf({ cloudHsm, account }: Kms, id: string): Cluster | undefined {
  const cluster = cloudHsm.clusters.find(id);
  if (cluster === undefined || !isSameAccount(cluster, account) || cluster.state === 'DELETED')
    return undefined;
  return cluster;
}

/** The cluster of an AWS CloudHSM key store; undefined for another kind of store. */
export function clusterIdOf(store: CustomKeyStore | undefined): string | undefined {
  return store?.access.type === 'AWS_CLOUDHSM' ? store.access.clusterId : undefined;
}

/**
 * The cluster, if a custom key store may be made of it: active, with subnets in two Availability Zones, an active HSM in
 * each of two, an open security group and no mutual TLS.
 * Throws CloudHsmClusterNotFoundException, CloudHsmClusterNotActiveException or
 * CloudHsmClusterInvalidConfigurationException.
 */
export function suitableCluster(kms: Kms, id: string): Cluster {
  const cluster = clusterOf(kms, id);
  if (cluster === undefined) throw clusterNotFound(id);
  checkReachable(cluster);
  if (Object.keys(cluster.subnets).length < 2) {
    throw invalidClusterConfiguration(
      `The CloudHSM cluster ${id} must have private subnets in at least two Availability Zones of the Region.`,
    );
  }
  requireTwoZones(kms, id);
  return cluster;
}

/** Throws CloudHsmClusterNotActiveException or CloudHsmClusterInvalidConfigurationException. */
export function checkReachable({ id, state, portsOpen, mutualTls }: Cluster): void {
  if (state !== 'ACTIVE') throw clusterNotActive(id, state);
  if (!portsOpen) {
    throw invalidClusterConfiguration(
      `The security group cloudhsm-${id}-sg must let TCP traffic on ports 2223-2225 in and out, from and to itself.`,
    );
  }
  if (mutualTls) {
    throw invalidClusterConfiguration(
      `The CloudHSM cluster ${id} enforces mutual TLS, which AWS KMS does not support.`,
    );
  }
}

/** Throws CloudHsmClusterInvalidConfigurationException unless HSMs are active in two Availability Zones. */
export function requireTwoZones({ cloudHsm }: Kms, clusterId: string): void {
  const zones = new Set(activeHsms(cloudHsm, clusterId).map(({ availabilityZone }) => availabilityZone));
  if (zones.size < 2) {
    throw invalidClusterConfiguration(
      `The CloudHSM cluster ${clusterId} must have at least two active HSMs, each in a different Availability Zone.`,
    );
  }
}
