import * as z from 'zod';
import { DAY_MILLISECONDS } from '../../clock/day.ts';
import type { ConditionValues } from '../../kms/authorization/conditions.ts';
import { clusterArn } from '../arns.ts';
import { applyRetention } from '../backups.ts';
import { checkClaim } from '../claims.ts';
import { activeHsms } from '../cloudhsm.ts';
import { describeCluster } from '../descriptions.ts';
import type { ServiceEvent } from '../due-work.ts';
import { invalidRequest } from '../errors.ts';
import { certificate, clusterId, filters, hsmType, pagination, retentionPolicy } from '../fields.ts';
import { checkFilters } from '../filters.ts';
import { existingCluster } from '../lookup.ts';
import { type Call, operation, type Permission } from '../operation.ts';
import { pageOf } from '../pagination.ts';
import { retentionDays } from '../retention.ts';
import type { Cluster } from '../store/resources.ts';
import { resourceTagConditions } from '../tags.ts';

/** What the caller is asked for to do something with the cluster. */
export const onCluster = (cluster: Cluster, conditions: ConditionValues = {}): Permission[] => [
  {
    resource: clusterArn(cluster, cluster.id),
    conditions: { ...resourceTagConditions(cluster.tags), ...conditions },
  },
];

export const describeClusters = operation({
  schema: z.object({ Filters: filters, ...pagination(25) }),
  readOnly: true,
  resolve: ({ cloudHsm, account }, input) => ({
    permissions: [{ resource: '*' }],
    effect: () => {
      const wanted = checkFilters(input.Filters, ['clusterIds', 'vpcIds', 'states']);
      const found = cloudHsm.clusters
        .list(account)
        .filter(
          (cluster) =>
            (wanted('clusterIds')?.includes(cluster.id) ?? true) &&
            (wanted('vpcIds')?.includes(cluster.vpcId) ?? true) &&
            (wanted('states')?.includes(cluster.state) ?? true),
        );
      const { items, position } = pageOf(found, (cluster) => cluster.id, input);
      return {
        output: { Clusters: items.map((cluster) => describeCluster(cloudHsm, cluster)), ...position },
      };
    },
  }),
});

export const initializeCluster = operation({
  schema: z.object({ ClusterId: clusterId, SignedCert: certificate, TrustAnchor: certificate }),
  readOnly: false,
  resolve: ({ cloudHsm, account, now }, input) => {
    const cluster = existingCluster(cloudHsm, account, input.ClusterId);
    return {
      permissions: onCluster(cluster),
      effect: () => {
        const hsm = activeHsms(cloudHsm, cluster.id)[0];
        if (cluster.state !== 'UNINITIALIZED' || hsm === undefined) {
          throw invalidRequest(
            `Cluster '${cluster.id}' cannot be initialized: it is in the ${cluster.state} state` +
              `${hsm === undefined ? ' and has no active HSM' : ''}. It must be UNINITIALIZED, with an active HSM.`,
          );
        }
        checkClaim(hsm.identity, input.SignedCert, input.TrustAnchor);
        cloudHsm.clusters.update({
          ...cluster,
          claim: { clusterCertificate: input.SignedCert, trustAnchor: input.TrustAnchor },
          state: 'INITIALIZE_IN_PROGRESS',
          dueAt: now + cloudHsm.durations().initialization,
        });
        return {
          output: {
            State: 'INITIALIZE_IN_PROGRESS',
            StateMessage: 'Cluster is initializing. State will change to INITIALIZED upon completion.',
          },
        };
      },
    };
  },
});

export const modifyCluster = operation({
  schema: z.object({
    ClusterId: clusterId,
    HsmType: hsmType.optional(),
    BackupRetentionPolicy: retentionPolicy.optional(),
  }),
  readOnly: false,
  resolve: (call, input) => {
    const { cloudHsm, account, now } = call;
    const cluster = existingCluster(cloudHsm, account, input.ClusterId);
    return {
      permissions: onCluster(cluster),
      effect: () => {
        const days = retentionDays(input.BackupRetentionPolicy);
        if (days === undefined && input.HsmType === undefined) {
          throw invalidRequest('Give BackupRetentionPolicy or HsmType.');
        }
        const kept = { ...cluster, retentionDays: days ?? cluster.retentionDays };
        const { changed, event } =
          input.HsmType === undefined || input.HsmType === cluster.hsmType
            ? { changed: kept, event: undefined }
            : migrated(call, kept, input.HsmType);
        cloudHsm.clusters.update(changed);
        applyRetention(cloudHsm, cluster.id, now);
        return {
          output: { Cluster: describeCluster(cloudHsm, changed) },
          serviceEvents: event === undefined ? [] : [event],
        };
      },
    };
  },
});

/** The cluster on its way to another HSM type: from hsm1.medium to hsm2m.medium, or within a day back again. */
function migrated(
  { cloudHsm, now }: Call,
  cluster: Cluster,
  to: string,
): { changed: Cluster; event: ServiceEvent } {
  if (cluster.state !== 'ACTIVE') {
    throw invalidRequest(
      `Cluster '${cluster.id}' is ${cluster.state}: the HSM type of an ACTIVE cluster can change.`,
    );
  }
  const dueAt = now + cloudHsm.durations().hsmTypeMigration;
  const event = { account: cluster, clusterId: cluster.id, at: now };
  if (cluster.hsmType === 'hsm1.medium' && to === 'hsm2m.medium') {
    const migration = { from: cluster.hsmType, rollbackUntil: now + DAY_MILLISECONDS };
    return {
      changed: { ...cluster, hsmType: to, state: 'MODIFY_IN_PROGRESS', dueAt, migration },
      event: { ...event, name: 'MigrationStart' },
    };
  }
  if (cluster.migration?.from === to && now <= cluster.migration.rollbackUntil) {
    const { migration, ...before } = cluster;
    return {
      changed: { ...before, hsmType: migration.from, state: 'ROLLBACK_IN_PROGRESS', dueAt },
      event: { ...event, name: 'RollbackStart' },
    };
  }
  throw invalidRequest(
    `Cluster '${cluster.id}' cannot change from ${cluster.hsmType} to ${to}: a cluster migrates from hsm1.medium to ` +
      'hsm2m.medium, and can be rolled back within 24 hours.',
  );
}

export const deleteCluster = operation({
  schema: z.object({ ClusterId: clusterId }),
  readOnly: false,
  resolve: ({ cloudHsm, account, now }, input) => {
    const cluster = existingCluster(cloudHsm, account, input.ClusterId);
    return {
      permissions: onCluster(cluster),
      effect: () => {
        if (cluster.state.endsWith('_IN_PROGRESS')) {
          throw invalidRequest(
            `Cluster '${cluster.id}' is in the ${cluster.state} state and cannot be deleted.`,
          );
        }
        if (cloudHsm.hsms.ofCluster(cluster.id).length > 0) {
          throw invalidRequest(
            `Cluster '${cluster.id}' contains HSMs. Delete all of them before the cluster.`,
          );
        }
        const changed: Cluster = {
          ...cluster,
          state: 'DELETE_IN_PROGRESS',
          dueAt: now + cloudHsm.durations().clusterDeletion,
        };
        cloudHsm.clusters.update(changed);
        return { output: { Cluster: describeCluster(cloudHsm, changed) } };
      },
    };
  },
});
