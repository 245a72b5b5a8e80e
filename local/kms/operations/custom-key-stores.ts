import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { isSameTrustAnchor } from '../../cloudhsm/certificates.ts';
import { activeHsms } from '../../cloudhsm/cloudhsm.ts';
import type { Cluster } from '../../cloudhsm/store/resources.ts';
import { checkReachable, clusterOf, suitableCluster } from '../custom-key-stores/clusters.ts';
import {
  invalidClusterConfiguration,
  invalidStoreState,
  storeNotFound,
} from '../custom-key-stores/errors.ts';
import { recordedStore } from '../custom-key-stores/recorded.ts';
import { limitExceeded, ServiceError, unsupported, validation } from '../errors.ts';
import type { Kms } from '../kms.ts';
import { type Call, type Outcome, operation, type Resolved } from '../operation.ts';
import { pageOf } from '../pagination.ts';
import type { CustomKeyStore } from '../store/custom-key-stores.ts';
import { customKeyStoreId, pagination, text } from './fields.ts';
import { epochSeconds } from './key-metadata.ts';

/** AWS's default quota. */
const STORES_PER_REGION = 10;

const storeName = text(1, 256);
const clusterId = text(19, 24, 'cluster-[2-7a-zA-Z]{11,16}');
const password = text(7, 32);
const trustAnchor = text(1, 5000);

/** Those of an external key store, which this server has not. */
const proxyFields = {
  XksProxyUriEndpoint: text(10, 128, '^https://[a-zA-Z0-9.-]+$').optional(),
  XksProxyUriPath: text(
    10,
    128,
    '^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$',
  ).optional(),
  XksProxyVpcEndpointServiceName: text(
    20,
    64,
    '^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$',
  ).optional(),
  XksProxyVpcEndpointServiceOwner: text(12, 12, '[0-9]{12}').optional(),
  XksProxyAuthenticationCredential: z
    .object({
      AccessKeyId: text(20, 30, '^[A-Z2-7]+$'),
      RawSecretAccessKey: text(43, 64, '^[a-zA-Z0-9\\/+=]+$'),
    })
    .optional(),
  XksProxyConnectivity: z.enum(['PUBLIC_ENDPOINT', 'VPC_ENDPOINT_SERVICE']).optional(),
};

const creation = z.object({
  CustomKeyStoreName: storeName,
  CloudHsmClusterId: clusterId.optional(),
  TrustAnchorCertificate: trustAnchor.optional(),
  KeyStorePassword: password.optional(),
  CustomKeyStoreType: z.enum(['AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE']).default('AWS_CLOUDHSM'),
  ...proxyFields,
});

export const createCustomKeyStore = operation({
  schema: creation,
  readOnly: false,
  recorded: ({ CustomKeyStoreName, CloudHsmClusterId }) => ({
    customKeyStoreName: CustomKeyStoreName,
    clusterId: CloudHsmClusterId,
  }),
  resolve: (_kms, input) => onAccount((call) => create(call, input)),
});

/** The call of a client that did not get its first answer finds the store that it made then. */
function create({ kms, now }: Call, input: z.infer<typeof creation>): Outcome {
  const { name, access } = requestedStore(input);
  const stores = kms.customKeyStores.list();
  const same = stores.find((store) => store.name === name);
  if (same !== undefined && !isRepeated(same, access)) throw nameInUse(name);
  const id = same?.id ?? newId();
  if (same === undefined) {
    if (stores.length >= STORES_PER_REGION) {
      throw limitExceeded(`There are ${STORES_PER_REGION} custom key stores, as many as there can be.`);
    }
    const cluster = suitableCluster(kms, access.clusterId);
    refuseUsed(kms, stores, cluster);
    checkTrustAnchor(cluster, access.trustAnchor);
    kms.customKeyStores.insert({
      id,
      name,
      createdAt: now,
      connectionState: 'DISCONNECTED',
      connectionErrorCode: null,
      settlesAt: null,
      access,
    });
  }
  return { output: { CustomKeyStoreId: id }, responseElements: { customKeyStoreId: id } };
}

function requestedStore(input: z.infer<typeof creation>): Pick<CustomKeyStore, 'name' | 'access'> {
  if (input.CustomKeyStoreType === 'EXTERNAL_KEY_STORE') {
    throw unsupported('The local KMS has no external key stores.');
  }
  refuseProxySettings(input);
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
    name: input.CustomKeyStoreName,
    access: {
      clusterId: CloudHsmClusterId,
      trustAnchor: TrustAnchorCertificate,
      password: KeyStorePassword,
    },
  };
}

function refuseProxySettings(input: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(proxyFields).find((name) => input[name] !== undefined);
  if (given !== undefined) throw validation(`${given} is for external key stores only.`);
}

function isRepeated(store: CustomKeyStore, access: CustomKeyStore['access']): boolean {
  return (
    store.connectionState === 'DISCONNECTED' &&
    store.access.clusterId === access.clusterId &&
    store.access.password === access.password &&
    store.access.trustAnchor === access.trustAnchor
  );
}

/** A cluster, with all that share its backup history, is for one custom key store. */
function refuseUsed(kms: Kms, stores: readonly CustomKeyStore[], cluster: Cluster): void {
  const isUsed = stores.some(
    ({ access }) =>
      access.clusterId === cluster.id ||
      kms.cloudHsm.clusters.find(access.clusterId)?.history === cluster.history,
  );
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

export const describeCustomKeyStores = operation({
  schema: z.object({
    CustomKeyStoreId: customKeyStoreId.optional(),
    CustomKeyStoreName: storeName.optional(),
    ...pagination(100, 1000),
  }),
  readOnly: true,
  resolve: (kms, input) =>
    onAccount(() => {
      const { CustomKeyStoreId: id, CustomKeyStoreName: name } = input;
      if (id !== undefined && name !== undefined) {
        throw validation('Give CustomKeyStoreId or CustomKeyStoreName, not both.');
      }
      const found = kms.customKeyStores
        .list()
        .filter(
          (store) => (id === undefined || store.id === id) && (name === undefined || store.name === name),
        );
      const named = id ?? name;
      if (named !== undefined && found.length === 0) throw storeNotFound(named);
      const { items, position } = pageOf(found, (store) => store.id, input);
      return { output: { CustomKeyStores: items.map(described), ...position } };
    }),
});

const described = (store: CustomKeyStore) => ({
  CustomKeyStoreId: store.id,
  CustomKeyStoreName: store.name,
  CloudHsmClusterId: store.access.clusterId,
  TrustAnchorCertificate: store.access.trustAnchor,
  ConnectionState: store.connectionState,
  ...(store.connectionErrorCode === null ? {} : { ConnectionErrorCode: store.connectionErrorCode }),
  CreationDate: epochSeconds(store.createdAt),
  CustomKeyStoreType: 'AWS_CLOUDHSM',
});

const storeOnly = z.object({ CustomKeyStoreId: customKeyStoreId });

/** What is wrong with the cluster at first sight is said at once; what shows on the way becomes the connection's error. */
export const connectCustomKeyStore = operation({
  schema: storeOnly,
  readOnly: false,
  resolve: (kms, input) =>
    onStore(kms, input.CustomKeyStoreId, (store, { now }) => {
      if (store.connectionState === 'DISCONNECTING' || store.connectionState === 'FAILED') {
        throw invalidStoreState(
          `The custom key store ${store.id} is ${store.connectionState}: it must be DISCONNECTED first.`,
        );
      }
      if (store.connectionState === 'DISCONNECTED') {
        checkForConnection(kms, store.access.clusterId);
        const settlesAt = now + kms.durations.of('ConnectCustomKeyStore');
        kms.customKeyStores.update({ ...store, connectionState: 'CONNECTING', settlesAt });
      }
      return { output: {} };
    }),
});

function checkForConnection(kms: Kms, id: string): void {
  const cluster = clusterOf(kms, id);
  if (cluster === undefined) return;
  checkReachable(cluster);
  if (activeHsms(kms.cloudHsm, id).length === 0) {
    throw invalidClusterConfiguration(`The CloudHSM cluster ${id} must have at least one active HSM.`);
  }
}

export const disconnectCustomKeyStore = operation({
  schema: storeOnly,
  readOnly: false,
  resolve: (kms, input) =>
    onStore(kms, input.CustomKeyStoreId, (store, { now }) => {
      if (store.connectionState === 'DISCONNECTING' || store.connectionState === 'DISCONNECTED') {
        throw invalidStoreState(`The custom key store ${store.id} is ${store.connectionState} already.`);
      }
      const settlesAt = now + kms.durations.of('DisconnectCustomKeyStore');
      kms.customKeyStores.update({
        ...store,
        connectionState: 'DISCONNECTING',
        connectionErrorCode: null,
        settlesAt,
      });
      return { output: {} };
    }),
});

const update = z.object({
  CustomKeyStoreId: customKeyStoreId,
  NewCustomKeyStoreName: storeName.optional(),
  KeyStorePassword: password.optional(),
  CloudHsmClusterId: clusterId.optional(),
  ...proxyFields,
});

/** A connected store takes a new name; for anything else it must be disconnected. */
export const updateCustomKeyStore = operation({
  schema: update,
  readOnly: false,
  recorded: (input) => ({
    customKeyStoreId: input.CustomKeyStoreId,
    ...(input.NewCustomKeyStoreName === undefined
      ? {}
      : { newCustomKeyStoreName: input.NewCustomKeyStoreName }),
    ...(input.CloudHsmClusterId === undefined ? {} : { clusterId: input.CloudHsmClusterId }),
  }),
  resolve: (kms, input) =>
    onStore(kms, input.CustomKeyStoreId, (store) => {
      refuseProxySettings(input);
      checkUpdatable(store, input);
      const name = input.NewCustomKeyStoreName ?? store.name;
      if (kms.customKeyStores.list().some((other) => other.id !== store.id && other.name === name)) {
        throw nameInUse(name);
      }
      if (input.CloudHsmClusterId !== undefined) checkRelated(kms, store, input.CloudHsmClusterId);
      kms.customKeyStores.update({
        ...store,
        name,
        access: {
          ...store.access,
          clusterId: input.CloudHsmClusterId ?? store.access.clusterId,
          password: input.KeyStorePassword ?? store.access.password,
        },
      });
      return { output: {} };
    }),
});

function checkUpdatable(store: CustomKeyStore, input: z.infer<typeof update>): void {
  const changesAccess = input.KeyStorePassword !== undefined || input.CloudHsmClusterId !== undefined;
  if (!changesAccess && input.NewCustomKeyStoreName === undefined) {
    throw validation('Give at least one property of the custom key store to change.');
  }
  if (store.connectionState === 'DISCONNECTED') return;
  if (store.connectionState === 'CONNECTED' && !changesAccess) return;
  throw invalidStoreState(
    `The custom key store ${store.id} is ${store.connectionState}: it must be DISCONNECTED.`,
  );
}

function checkRelated(kms: Kms, { access }: CustomKeyStore, id: string): void {
  const cluster = suitableCluster(kms, id);
  if (kms.cloudHsm.clusters.find(access.clusterId)?.history === cluster.history) return;
  throw new ServiceError(
    'CloudHsmClusterNotRelatedException',
    `The CloudHSM cluster ${id} shares no backup history with ${access.clusterId}.`,
  );
}

export const deleteCustomKeyStore = operation({
  schema: storeOnly,
  readOnly: false,
  resolve: (kms, input) =>
    onStore(kms, input.CustomKeyStoreId, (store) => {
      if (kms.backingKeys.existIn(store.id)) {
        throw new ServiceError(
          'CustomKeyStoreHasCMKsException',
          `The custom key store ${store.id} has KMS keys: they must be deleted first, after their waiting periods.`,
        );
      }
      if (store.connectionState !== 'DISCONNECTED') {
        throw invalidStoreState(
          `The custom key store ${store.id} is ${store.connectionState}: it must be DISCONNECTED.`,
        );
      }
      kms.customKeyStores.delete(store.id);
      return { output: {} };
    }),
});

/** Custom key stores are no resources for IAM. */
function onAccount(effect: (call: Call) => Outcome): Resolved {
  return { touches: [{ kind: 'account' }], effect };
}

function onStore(kms: Kms, id: string, effect: (store: CustomKeyStore, call: Call) => Outcome): Resolved {
  return onAccount((call) => {
    const store = kms.customKeyStores.find(id);
    if (store === undefined) throw storeNotFound(id);
    return { ...effect(store, call), additionalEventData: recordedStore(store) };
  });
}

function nameInUse(name: string): ServiceError {
  return new ServiceError(
    'CustomKeyStoreNameInUseException',
    `There is a custom key store of the name ${name}.`,
  );
}

const newId = () => `cks-${randomBytes(9).toString('hex').slice(0, 17)}`;
