import * as z from 'zod';
import { backUp } from '../backups.ts';
import type { CloudHsm } from '../cloudhsm.ts';
import { describeHsm } from '../descriptions.ts';
import { invalidRequest, resourceNotFound } from '../errors.ts';
import { availabilityZone, clusterId, eniId, hsmId, ipAddress } from '../fields.ts';
import type { Hardware } from '../hardware.ts';
import { newEc2Id, newId } from '../ids.ts';
import { existingCluster } from '../lookup.ts';
import { type Call, type Operation, operation, recordedInput, validInput } from '../operation.ts';
import type { Cluster, Hsm } from '../store/resources.ts';
import { onCluster } from './clusters.ts';

/** AWS's default quotas. */
const HSMS_PER_REGION = 6;
const HSMS_PER_CLUSTER = 28;

const creation = z.object({
  ClusterId: clusterId,
  AvailabilityZone: availabilityZone,
  IpAddress: ipAddress.optional(),
});

/** The HSM's keys and certificates are made before the atomic effect. */
export const createHsm = (hardware: Hardware): Operation => ({
  readOnly: false,
  prepare: async (body) => {
    const input = validInput(creation, body);
    const id = newId('hsm');
    const identity = await hardware.newIdentity(id);
    return {
      requestParameters: recordedInput(input, body),
      resolve: (call) => {
        const cluster = existingCluster(call.cloudHsm, call.account, input.ClusterId);
        return {
          permissions: onCluster(cluster),
          effect: () => {
            const hsm = placed(call, cluster, input, { id, identity });
            call.cloudHsm.hsms.insert(hsm);
            return { output: { Hsm: describeHsm(hsm) } };
          },
        };
      },
    };
  },
});

function placed(
  { cloudHsm, account, now }: Call,
  cluster: Cluster,
  input: z.infer<typeof creation>,
  made: Pick<Hsm, 'id' | 'identity'>,
): Hsm {
  checkRoom(cloudHsm, cluster);
  const subnetId = cluster.subnets[input.AvailabilityZone];
  const subnet = subnetId === undefined ? undefined : cloudHsm.subnets.find(account, subnetId);
  if (subnet === undefined) {
    throw invalidRequest(
      `Cluster '${cluster.id}' has no subnet in the Availability Zone ${input.AvailabilityZone}. ` +
        `Its zones are ${Object.keys(cluster.subnets).join(', ')}.`,
    );
  }
  if (subnet.freeAddresses === 0) {
    throw invalidRequest(`Subnet '${subnet.id}' has no free IP address.`);
  }
  const taken = cloudHsm.hsms.list(account).map(({ eniIp }) => eniIp);
  if (input.IpAddress !== undefined && taken.includes(input.IpAddress)) {
    throw invalidRequest(`The IP address ${input.IpAddress} is in use.`);
  }
  return {
    ...made,
    accountId: account.accountId,
    region: account.region,
    clusterId: cluster.id,
    state: 'CREATE_IN_PROGRESS',
    dueAt: now + cloudHsm.durations().hsmCreation,
    availabilityZone: input.AvailabilityZone,
    subnetId: subnet.id,
    eniId: newEc2Id('eni'),
    eniIp:
      input.IpAddress ?? freeAddress(taken, Object.keys(cluster.subnets).indexOf(input.AvailabilityZone)),
    hsmType: cluster.hsmType,
  };
}

/** Only an active cluster takes more than the one HSM that it is claimed with. */
function checkRoom(cloudHsm: CloudHsm, cluster: Cluster): void {
  const hsms = cloudHsm.hsms.ofCluster(cluster.id);
  if (cluster.state === 'UNINITIALIZED' || cluster.state === 'INITIALIZED') {
    if (hsms.length > 0) {
      throw invalidRequest(
        `Cluster '${cluster.id}' already contains an HSM but has not yet been fully activated.`,
      );
    }
  } else if (cluster.state !== 'ACTIVE') {
    throw invalidRequest(`Cluster '${cluster.id}' is in the ${cluster.state} state and takes no HSM.`);
  }
  if (hsms.length >= HSMS_PER_CLUSTER || cloudHsm.hsms.list(cluster).length >= HSMS_PER_REGION) {
    throw invalidRequest(
      `The limit is ${HSMS_PER_REGION} HSMs of an account in a Region, and ${HSMS_PER_CLUSTER} in a cluster.`,
    );
  }
}

/** An address of the zone's network that no HSM of the account has; AWS keeps the first four for itself. */
function freeAddress(taken: readonly string[], zone: number): string {
  for (let host = 4; ; host += 1) {
    const address = `10.0.${zone}.${host}`;
    if (!taken.includes(address)) return address;
  }
}

/** The HSM of an active cluster is backed up before it goes. */
export const deleteHsm = operation({
  schema: z.object({
    ClusterId: clusterId,
    HsmId: hsmId.optional(),
    EniId: eniId.optional(),
    EniIp: ipAddress.optional(),
  }),
  readOnly: false,
  resolve: ({ cloudHsm, account, now }, input) => {
    const cluster = existingCluster(cloudHsm, account, input.ClusterId);
    return {
      permissions: onCluster(cluster),
      effect: () => {
        if ([input.HsmId, input.EniId, input.EniIp].every((name) => name === undefined)) {
          throw invalidRequest('Give HsmId, EniId or EniIp.');
        }
        const hsm = cloudHsm.hsms
          .ofCluster(cluster.id)
          .find(
            ({ id, eniId: eni, eniIp }) => id === input.HsmId || eni === input.EniId || eniIp === input.EniIp,
          );
        if (hsm === undefined) {
          throw resourceNotFound(`Cluster '${cluster.id}' does not contain that HSM.`);
        }
        if (hsm.state !== 'ACTIVE') {
          throw invalidRequest(`HSM '${hsm.id}' is in the ${hsm.state} state and cannot be deleted.`);
        }
        cloudHsm.hsms.update({
          ...hsm,
          state: 'DELETE_IN_PROGRESS',
          dueAt: now + cloudHsm.durations().hsmDeletion,
        });
        if (cluster.state === 'ACTIVE') backUp(cloudHsm, cluster, now);
        return { output: { HsmId: hsm.id } };
      },
    };
  },
});
