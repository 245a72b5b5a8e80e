import { isSameTrustAnchor } from '../../cloudhsm/claims.ts';
import { activeHsms } from '../../cloudhsm/cloudhsm.ts';
import type { Cluster } from '../../cloudhsm/store/resources.ts';
import { checkReachable, clusterIdOf, clusterOf, suitableCluster } from '../custom-key-stores/clusters.ts';
import { invalidClusterConfiguration } from '../custom-key-stores/errors.ts';
import { ServiceError, validation } from '../errors.ts';
import type { Kms } from '../kms.ts';
import type { HsmAccess } from '../store/custom-key-stores.ts';

interface HsmInput {
  readonly CloudHsmClusterId?: string | undefined;
  readonly TrustAnchorCertificate?: string | undefined;
  readonly KeyStorePassword?: string | undefined;
}

/** What an AWS CloudHSM key store is made of; throws ValidationException when something is missing, or too much. */
export function newHsmAccess(input: HsmInput): HsmAccess {
  const { CloudHsmClusterId, TrustAnchorCertificate, KeyStorePassword } = input;
  if (
    CloudHsmClusterId === undefined ||
    TrustAnchorCertificate === undefined ||
    KeyStorePassword === undefined
  ) {
    throw validation(
      'CloudHsmClusterId, TrustAnchorCertificate and KeyStorePassword are required for an AWS CloudHSM key store.',
    );
  }
  return {
    type: 'AWS_CLOUDHSM',
    clusterId: CloudHsmClusterId,
    trustAnchor: TrustAnchorCertificate,
    password: KeyStorePassword,
  };
}

/** Throws unless a custom key store can be made of the cluster, beside those that there are. */
export function admitCluster(kms: Kms, access: HsmAccess): void {
  const cluster = suitableCluster(kms, access.clusterId);
  refuseUsed(kms, cluster);
  checkTrustAnchor(cluster, access.trustAnchor);
}

/** A cluster, with all that share its backup history, is for one custom key store. */
function refuseUsed(kms: Kms, cluster: Cluster): void {
  const isUsed = kms.customKeyStores.list().some((store) => {
    const clusterId = clusterIdOf(store);
    if (clusterId === undefined) return false;
    return clusterId === cluster.id || kms.cloudHsm.clusters.find(clusterId)?.history === cluster.history;
  });
  if (!isUsed) return;
  throw new ServiceError(
    'CloudHsmClusterInUseException',
    `The CloudHSM cluster ${cluster.id}, or one that shares its backup history, is associated with a custom key store.`,
  );
}

function checkTrustAnchor({ id, claim }: Cluster, certificate: string): void {
  if (claim !== undefined && isSameTrustAnchor(claim.trustAnchor, certificate)) return;
  throw new ServiceError(
    'IncorrectTrustAnchorException',
    `The certificate is not the trust anchor that the CloudHSM cluster ${id} was initialized with.`,
  );
}

/** Throws what can be said at once of a cluster that is to be connected to. */
export function checkForConnection(kms: Kms, { clusterId }: HsmAccess): void {
  const cluster = clusterOf(kms, clusterId);
  if (cluster === undefined) return;
  checkReachable(cluster);
  if (activeHsms(kms.cloudHsm, clusterId).length === 0) {
    throw invalidClusterConfiguration(`The CloudHSM cluster ${clusterId} must have at least one active HSM.`);
  }
}

/** What becomes of the access of a store by an update; throws unless the store can move to the cluster. */
export function changedHsmAccess(kms: Kms, access: HsmAccess, input: HsmInput): HsmAccess {
  if (input.CloudHsmClusterId !== undefined) checkRelated(kms, access, input.CloudHsmClusterId);
  return {
    ...access,
    clusterId: input.CloudHsmClusterId ?? access.clusterId,
    password: input.KeyStorePassword ?? access.password,
  };
}

function checkRelated(kms: Kms, { clusterId }: HsmAccess, id: string): void {
  const cluster = suitableCluster(kms, id);
  if (kms.cloudHsm.clusters.find(clusterId)?.history === cluster.history) return;
  throw new ServiceError(
    'CloudHsmClusterNotRelatedException',
    `The CloudHSM cluster ${id} shares no backup history with ${clusterId}.`,
  );
}

/** As DescribeCustomKeyStores shows it. */
export const describedCluster = ({ clusterId, trustAnchor }: HsmAccess) => ({
  CloudHsmClusterId: clusterId,
  TrustAnchorCertificate: trustAnchor,
});
