import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { type RecordFields, recordedFields } from '../audit/recorded-fields.ts';
import { invalidStoreState, storeNotFound } from '../custom-key-stores/errors.ts';
import { recordedStore } from '../custom-key-stores/recorded.ts';
import { limitExceeded, ServiceError, validation } from '../errors.ts';
import type { Kms } from '../kms.ts';
import { type Call, type Outcome, operation, type Resolved } from '../operation.ts';
import { pageOf } from '../protocol/pagination.ts';
import type { CustomKeyStore } from '../store/custom-key-stores.ts';
import {
  admitCluster,
  changedHsmAccess,
  checkForConnection,
  describedCluster,
  newHsmAccess,
} from './cloudhsm-key-stores.ts';
import { admitProxy, changedProxyAccess, describedProxy, newProxyAccess } from './external-key-stores.ts';
import { customKeyStoreId, pagination, text } from './fields.ts';
import { epochSeconds } from './key-metadata.ts';
import { clusterFields, proxyFields, refuseMembersOfOthers } from './key-store-fields.ts';

/** AWS's default quota, for stores of both types together. */
const STORES_PER_REGION = 10;

const storeName = text(1, 256);

const creation = z.object({
  CustomKeyStoreName: storeName,
  TrustAnchorCertificate: text(1, 5000).optional(),
  CustomKeyStoreType: z.enum(['AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE']).optional(),
  ...clusterFields,
  ...proxyFields,
});

/** CloudTrail calls the cluster by another name, and shows neither certificate nor credential. */
function recordedMembers(input: Readonly<Record<string, unknown>>): RecordFields {
  const { CloudHsmClusterId: clusterId, ...others } = input;
  const shown = Object.entries(others).filter(([name]) => !NOT_RECORDED.has(name));
  return {
    ...recordedFields(Object.fromEntries(shown)),
    ...(clusterId === undefined ? {} : { clusterId }),
  };
}

const NOT_RECORDED: ReadonlySet<string> = new Set([
  'TrustAnchorCertificate',
  'XksProxyAuthenticationCredential',
]);

export const createCustomKeyStore = operation({
  schema: creation,
  readOnly: false,
  recorded: recordedMembers,
  resolve: (_kms, input) => onAccount((call) => create(call, input)),
});

/** The call of a client that did not get its first answer finds the store that it made then. */
function create({ kms, now }: Call, input: z.infer<typeof creation>): Outcome {
  const { CustomKeyStoreName: name, CustomKeyStoreType: type = 'AWS_CLOUDHSM' } = input;
  refuseMembersOfOthers(type, input);
  const access = type === 'EXTERNAL_KEY_STORE' ? newProxyAccess(input, kms.account) : newHsmAccess(input);
  const stores = kms.customKeyStores.list();
  const same = stores.find((store) => store.name === name);
  const isRepeated = same?.connectionState === 'DISCONNECTED' && isDeepStrictEqual(same.access, access);
  if (same !== undefined && !isRepeated) throw nameInUse(name);
  const id = same?.id ?? newId();
  if (same === undefined) {
    if (stores.length >= STORES_PER_REGION) {
      throw limitExceeded(`There are ${STORES_PER_REGION} custom key stores, as many as there can be.`);
    }
    if (access.type === 'AWS_CLOUDHSM') admitCluster(kms, access);
    else admitProxy(kms, access);
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
  ...(store.access.type === 'AWS_CLOUDHSM' ? describedCluster(store.access) : describedProxy(store.access)),
  ConnectionState: store.connectionState,
  ...(store.connectionErrorCode === null ? {} : { ConnectionErrorCode: store.connectionErrorCode }),
  CreationDate: epochSeconds(store.createdAt),
  CustomKeyStoreType: store.access.type,
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
        if (store.access.type === 'AWS_CLOUDHSM') checkForConnection(kms, store.access);
        const settlesAt = now + kms.durations.of('ConnectCustomKeyStore');
        kms.customKeyStores.update({ ...store, connectionState: 'CONNECTING', settlesAt });
      }
      return { output: {} };
    }),
});

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
  ...clusterFields,
  ...proxyFields,
});

export const updateCustomKeyStore = operation({
  schema: update,
  readOnly: false,
  recorded: recordedMembers,
  resolve: (kms, input) =>
    onStore(kms, input.CustomKeyStoreId, (store) => {
      refuseMembersOfOthers(store.access.type, input);
      checkUpdatable(store, input);
      const name = input.NewCustomKeyStoreName ?? store.name;
      if (kms.customKeyStores.list().some((other) => other.id !== store.id && other.name === name)) {
        throw nameInUse(name);
      }
      const { access } = store;
      const changed =
        access.type === 'AWS_CLOUDHSM'
          ? changedHsmAccess(kms, access, input)
          : changedProxyAccess(kms, store, access, input);
      kms.customKeyStores.update({ ...store, name, access: changed });
      return { output: {} };
    }),
});

/** What a store takes also while it is connected; for anything else it must be disconnected. */
const CHANGEABLE_WHILE_CONNECTED: ReadonlySet<string> = new Set([
  'NewCustomKeyStoreName',
  'XksProxyAuthenticationCredential',
  'XksProxyUriPath',
]);

function checkUpdatable(store: CustomKeyStore, input: z.infer<typeof update>): void {
  const given = Object.entries(input).flatMap(([name, value]) =>
    value === undefined || name === 'CustomKeyStoreId' ? [] : [name],
  );
  if (given.length === 0) throw validation('Give at least one property of the custom key store to change.');
  if (store.connectionState === 'DISCONNECTED') return;
  const isPossible = given.every((name) => CHANGEABLE_WHILE_CONNECTED.has(name));
  if (store.connectionState === 'CONNECTED' && isPossible) return;
  throw invalidStoreState(
    `The custom key store ${store.id} is ${store.connectionState}: it must be DISCONNECTED.`,
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
