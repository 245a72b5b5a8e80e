import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { ControlRoutes } from '../kms/protocol/control-routes.ts';
import { atomically } from '../kms/store/database.ts';
import { backupArn } from './arns.ts';
import type { CloudHsm } from './cloudhsm.ts';
import { type Durations, durationsSchema } from './durations.ts';
import { availabilityZone, subnetId } from './fields.ts';
import type { Hardware } from './hardware.ts';

const network = z.strictObject({
  clusterId: z.string(),
  /** The HSMs are there and cannot be reached, as in an outage. */
  unreachable: z.boolean().optional(),
  /** The rules of the cluster's security group for TCP ports 2223 to 2225 are in place. */
  portsOpen: z.boolean().optional(),
});

const subnet = z.strictObject({
  accountId: z.string().optional(),
  subnetId,
  vpcId: z.string().regex(/^vpc-[0-9a-f]{8,17}$/),
  availabilityZone,
  freeAddresses: z.int().min(0).default(251),
});

/** What surrounds CloudHSM, and this server has no service for: networks, AWS RAM, and the time that things take. */
export function surroundingsRoutes(
  cloudHsm: CloudHsm,
  parts: {
    readonly database: DatabaseSync;
    /** That of subnets which are told of without one. */
    readonly accountId: string;
    readonly hardware: Hardware;
    readonly setDurations: (durations: Partial<Durations>) => Durations;
  },
): ControlRoutes {
  const { database } = parts;
  return {
    'POST /_local/cloudhsm/durations': ({ body }) => parts.setDurations(durationsSchema.parse(body)),
    'POST /_local/cloudhsm/subnets': ({ body }) => {
      const { accountId = parts.accountId, subnetId: id, ...put } = subnet.parse(body);
      const region = put.availabilityZone.slice(0, -1);
      cloudHsm.subnets.put({ accountId, region }, { id, ...put });
      return { accountId, region, subnetId: id, ...put };
    },
    'DELETE /_local/cloudhsm/subnets': ({ body }) => {
      cloudHsm.subnets.delete(z.strictObject({ subnetId }).parse(body).subnetId);
      return {};
    },
    'POST /_local/cloudhsm/network': ({ body }) => {
      const { clusterId, unreachable, portsOpen } = network.parse(body);
      return atomically(database, () => {
        const cluster = cloudHsm.clusters.find(clusterId);
        if (cluster === undefined) throw new Error(`There is no cluster ${clusterId}.`);
        const changed = {
          unreachable: unreachable ?? cluster.unreachable,
          portsOpen: portsOpen ?? cluster.portsOpen,
        };
        cloudHsm.clusters.update({ ...cluster, ...changed });
        return { clusterId, ...changed };
      });
    },
    'POST /_local/cloudhsm/promote-share': ({ body }) => {
      const { backupArn: arn } = z.strictObject({ backupArn: z.string() }).parse(body);
      return atomically(database, () => {
        const backup = cloudHsm.backups.find(arn.split('/').at(-1) ?? '');
        if (backup?.policy === undefined || backupArn(backup, backup.id) !== arn) {
          throw new Error(`There is no backup ${arn} with a resource policy.`);
        }
        cloudHsm.backups.update({ ...backup, promoted: true });
        return { backupArn: arn };
      });
    },
    'GET /_local/cloudhsm/roots': async () => {
      const { aws, manufacturer } = await parts.hardware.authorities();
      return { aws: aws.certificate, manufacturer: manufacturer.certificate };
    },
  };
}
