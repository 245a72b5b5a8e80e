import {
  ConnectCustomKeyStoreCommand,
  CreateKeyCommand,
  DeleteCustomKeyStoreCommand,
  DescribeCustomKeyStoresCommand,
  DisconnectCustomKeyStoreCommand,
  GenerateRandomCommand,
  UpdateCustomKeyStoreCommand,
} from '@aws-sdk/client-kms';
import { cloudHsmOf } from '../unit/local/cloudhsm/cloudhsm-of.ts';
import { keyStoreIn, type TestKeyStore } from '../unit/local/kms/custom-key-stores/key-store-in.ts';
import type { TestKms } from '../unit/local/kms/started-kms.ts';

/** A custom key store, and what can be done with its cluster. */
interface Store {
  readonly id: string;
  readonly server: TestKeyStore;
}

/** One that stays connected, one that is connected only while keys are made in it, and a cluster for another. */
interface KeyStores {
  readonly connected: Store;
  readonly disconnected: Store;
  readonly free: TestKeyStore;
}

const opened = new WeakMap<TestKms, Promise<KeyStores>>();

/** Those of the server, made when they are first asked for. */
function keyStoresOf(kms: TestKms): Promise<KeyStores> {
  const stores = opened.get(kms) ?? openKeyStores(kms);
  opened.set(kms, stores);
  return stores;
}

async function openKeyStores(kms: TestKms): Promise<KeyStores> {
  const one = await keyStoreIn(cloudHsmOf(kms));
  const two = await keyStoreIn(cloudHsmOf(kms), { HsmType: 'hsm1.medium' });
  return {
    connected: { id: await one.connected(), server: one },
    disconnected: { id: await two.create({ CustomKeyStoreName: 'disconnected' }), server: two },
    free: await keyStoreIn(cloudHsmOf(kms)),
  };
}

/** Makes a key that will be unavailable once `leave` is called, or one that never is. */
export async function keyInStore(
  kms: TestKms,
  becomesUnavailable: boolean,
): Promise<{ keyId: string; leave: () => Promise<unknown> }> {
  const { connected, disconnected } = await keyStoresOf(kms);
  const { id, server } = becomesUnavailable ? disconnected : connected;
  await server.connect(id);
  const keyId = await server.keyIn(id);
  return { keyId, leave: () => (becomesUnavailable ? server.disconnect(id) : Promise.resolve()) };
}

const NO_STORE = 'cks-1234567890abcdef0';
const CloudHsmClusterId = 'cluster-aaaaaaaaaaa';

type Provocation = (stores: KeyStores) => Promise<unknown>;

const send = (stores: KeyStores) => stores.connected.server.root;
const connect = (stores: KeyStores, CustomKeyStoreId: string) =>
  send(stores).send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }));
const disconnect = (stores: KeyStores, CustomKeyStoreId: string) =>
  send(stores).send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId }));
const remove = (stores: KeyStores, CustomKeyStoreId: string) =>
  send(stores).send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId }));
const update = (stores: KeyStores, CustomKeyStoreId: string, members: object) =>
  send(stores).send(new UpdateCustomKeyStoreCommand({ CustomKeyStoreId, ...members }));
const makeKey = (stores: KeyStores, CustomKeyStoreId: string) =>
  send(stores).send(new CreateKeyCommand({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId }));
const random = (stores: KeyStores, CustomKeyStoreId: string) =>
  send(stores).send(new GenerateRandomCommand({ NumberOfBytes: 8, CustomKeyStoreId }));
const create = ({ disconnected }: KeyStores, members: object) =>
  disconnected.server.create({ CustomKeyStoreName: 'new', ...members });

/** A cluster that migrates to another type of HSM is not active. */
const whileMigrating =
  (provoke: Provocation): Provocation =>
  async (stores) => {
    const { server } = stores.disconnected;
    const migrate = async (HsmType: string) =>
      await server.done('ModifyCluster', { ClusterId: server.clusterId, HsmType });
    await migrate('hsm2m.medium');
    try {
      return await provoke(stores);
    } finally {
      server.clock.advance('PT30M');
      await migrate('hsm1.medium');
      server.clock.advance('PT30M');
    }
  };

const withMutualTls =
  (provoke: Provocation): Provocation =>
  async (stores) => {
    const { server } = stores.disconnected;
    await server.cli('POST', 'mtls', { enforced: true });
    try {
      return await provoke(stores);
    } finally {
      await server.cli('POST', 'mtls', { enforced: false });
    }
  };

const withFailedConnection =
  (provoke: Provocation): Provocation =>
  async (stores) => {
    const { id, server } = stores.disconnected;
    await server.cli('POST', 'network', { unreachable: true });
    await server.connect(id);
    try {
      return await provoke(stores);
    } finally {
      await server.cli('POST', 'network', { unreachable: false });
      await server.disconnect(id);
    }
  };

const withOneHsm =
  (provoke: Provocation): Provocation =>
  async (stores) => {
    const { server } = stores.connected;
    const [hsm] = (await server.cluster(server.clusterId)).Hsms;
    await server.deleteHsms(1);
    try {
      return await provoke(stores);
    } finally {
      const again = { ClusterId: server.clusterId, AvailabilityZone: hsm?.AvailabilityZone };
      await server.done('CreateHsm', again);
      server.clock.advance('PT5M');
    }
  };

const withEmptyConnectedStore =
  (provoke: (stores: KeyStores, id: string) => Promise<unknown>): Provocation =>
  async (stores) => {
    const id = await stores.free.create({ CustomKeyStoreName: 'empty' });
    await stores.free.connect(id);
    try {
      return await provoke(stores, id);
    } finally {
      await stores.free.disconnect(id);
      await remove(stores, id);
    }
  };

const BY_ERROR: Readonly<Record<string, Provocation>> = {
  'ConnectCustomKeyStore.CloudHsmClusterInvalidConfiguration': withMutualTls((stores) =>
    connect(stores, stores.disconnected.id),
  ),
  'ConnectCustomKeyStore.CloudHsmClusterNotActive': whileMigrating((stores) =>
    connect(stores, stores.disconnected.id),
  ),
  'ConnectCustomKeyStore.CustomKeyStoreInvalidState': withFailedConnection((stores) =>
    connect(stores, stores.disconnected.id),
  ),
  'ConnectCustomKeyStore.CustomKeyStoreNotFound': (stores) => connect(stores, NO_STORE),
  'CreateCustomKeyStore.CloudHsmClusterInUse': (stores) => create(stores, {}),
  'CreateCustomKeyStore.CloudHsmClusterInvalidConfiguration': withMutualTls((stores) => create(stores, {})),
  'CreateCustomKeyStore.CloudHsmClusterNotActive': whileMigrating((stores) => create(stores, {})),
  'CreateCustomKeyStore.CloudHsmClusterNotFound': (stores) => create(stores, { CloudHsmClusterId }),
  'CreateCustomKeyStore.CustomKeyStoreNameInUse': (stores) => create(stores, { CustomKeyStoreName: 'store' }),
  'CreateCustomKeyStore.IncorrectTrustAnchor': (stores) =>
    create(stores, { CloudHsmClusterId: stores.free.clusterId }),
  'CreateKey.CloudHsmClusterInvalidConfiguration': withOneHsm((stores) =>
    makeKey(stores, stores.connected.id),
  ),
  'CreateKey.CustomKeyStoreInvalidState': (stores) => makeKey(stores, stores.disconnected.id),
  'CreateKey.CustomKeyStoreNotFound': (stores) => makeKey(stores, NO_STORE),
  'DeleteCustomKeyStore.CustomKeyStoreHasCMKs': async (stores) => {
    await makeKey(stores, stores.connected.id);
    return await remove(stores, stores.connected.id);
  },
  'DeleteCustomKeyStore.CustomKeyStoreInvalidState': withEmptyConnectedStore(remove),
  'DeleteCustomKeyStore.CustomKeyStoreNotFound': (stores) => remove(stores, NO_STORE),
  'DescribeCustomKeyStores.CustomKeyStoreNotFound': (stores) =>
    send(stores).send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreId: NO_STORE })),
  'DescribeCustomKeyStores.InvalidMarker': (stores) =>
    send(stores).send(new DescribeCustomKeyStoresCommand({ Marker: 'of no page' })),
  'DisconnectCustomKeyStore.CustomKeyStoreInvalidState': (stores) =>
    disconnect(stores, stores.disconnected.id),
  'DisconnectCustomKeyStore.CustomKeyStoreNotFound': (stores) => disconnect(stores, NO_STORE),
  'GenerateRandom.CustomKeyStoreInvalidState': (stores) => random(stores, stores.disconnected.id),
  'GenerateRandom.CustomKeyStoreNotFound': (stores) => random(stores, NO_STORE),
  'UpdateCustomKeyStore.CloudHsmClusterInvalidConfiguration': withMutualTls((stores) =>
    update(stores, stores.disconnected.id, { CloudHsmClusterId: stores.disconnected.server.clusterId }),
  ),
  'UpdateCustomKeyStore.CloudHsmClusterNotActive': whileMigrating((stores) =>
    update(stores, stores.disconnected.id, { CloudHsmClusterId: stores.disconnected.server.clusterId }),
  ),
  'UpdateCustomKeyStore.CloudHsmClusterNotFound': (stores) =>
    update(stores, stores.disconnected.id, { CloudHsmClusterId }),
  'UpdateCustomKeyStore.CloudHsmClusterNotRelated': (stores) =>
    update(stores, stores.disconnected.id, { CloudHsmClusterId: stores.free.clusterId }),
  'UpdateCustomKeyStore.CustomKeyStoreInvalidState': (stores) =>
    update(stores, stores.connected.id, { KeyStorePassword: 'another1' }),
  'UpdateCustomKeyStore.CustomKeyStoreNameInUse': (stores) =>
    update(stores, stores.disconnected.id, { NewCustomKeyStoreName: 'store' }),
  'UpdateCustomKeyStore.CustomKeyStoreNotFound': (stores) =>
    update(stores, NO_STORE, { NewCustomKeyStoreName: 'renamed' }),
};

/** How the errors of custom key stores are provoked, by operation and error. */
export const KEY_STORE_PROVOCATIONS: Readonly<
  Record<string, (tools: { readonly kms: TestKms }) => Promise<unknown>>
> = Object.fromEntries(
  Object.entries(BY_ERROR).map(([name, provoke]) => [
    name,
    async ({ kms }: { readonly kms: TestKms }) => await provoke(await keyStoresOf(kms)),
  ]),
);
