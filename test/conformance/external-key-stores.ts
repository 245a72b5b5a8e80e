import {
  CREDENTIAL,
  externalStoreIn,
  PATH,
  SERVICE,
  type TestExternalStore,
  VPC,
} from '../unit/local/kms/external-key-stores/external-store-in.ts';
import type { TestKms } from '../unit/local/kms/started-kms.ts';
import { standingStill } from './standing-still.ts';

const OTHER_PATH = '/other/kms/xks/v1';

/** A store that stays connected, and one that is connected only while keys are made in it. */
interface Stores {
  readonly server: TestExternalStore;
  readonly connected: string;
  readonly disconnected: string;
  /** Every KMS key stands for an external key of its own. */
  readonly externalKeys: string[];
}

const opened = new WeakMap<TestKms, Promise<Stores>>();

function storesOf(kms: TestKms): Promise<Stores> {
  const stores = opened.get(kms) ?? openStores(kms);
  opened.set(kms, stores);
  return stores;
}

async function openStores(kms: TestKms): Promise<Stores> {
  const server = await externalStoreIn(kms);
  const connected = await server.connected();
  return { server, connected, disconnected: await second(server), externalKeys: [] };
}

/** A store of a second proxy. */
async function second(server: TestExternalStore): Promise<string> {
  await server.proxy({ uriPath: OTHER_PATH });
  return await server.create({ CustomKeyStoreName: 'second', XksProxyUriPath: OTHER_PATH });
}

/** Makes a key that will be unavailable once `leave` is called, or one that never is. */
export async function keyInExternalStore(
  kms: TestKms,
  becomesUnavailable: boolean,
): Promise<{ keyId: string; leave: () => Promise<unknown> }> {
  const { server, connected, disconnected, externalKeys } = await storesOf(kms);
  const XksKeyId = `key-${externalKeys.length}`;
  externalKeys.push(XksKeyId);
  for (const uriPath of [PATH, OTHER_PATH]) {
    await server.proxy({ uriPath, keys: externalKeys.map((id) => ({ id })) });
  }
  const id = becomesUnavailable ? disconnected : connected;
  await server.connect(id);
  const keyId = await server.keyIn(id, { XksKeyId });
  return { keyId, leave: () => (becomesUnavailable ? server.disconnect(id) : Promise.resolve()) };
}

interface Wrong {
  /** Of a proxy that is told of first. */
  readonly proxy?: object;
  /** Of the request. */
  readonly members: object;
}

const NEW_ENDPOINT = 'https://new.xks.example.com';
const OTHER_SERVICE = `${SERVICE}0`;
const WRONG_PATH = '/wrong/kms/xks/v1';

/** What is wrong with a store that is made or changed beside two others, one of them in a VPC. */
const WRONG: Readonly<Record<string, Wrong>> = {
  XksProxyUriInUse: { members: { XksProxyUriPath: PATH } },
  XksProxyUriEndpointInUse: { members: { ...VPC.store, XksProxyVpcEndpointServiceName: OTHER_SERVICE } },
  XksProxyUriUnreachable: { members: { XksProxyUriEndpoint: NEW_ENDPOINT } },
  XksProxyIncorrectAuthenticationCredential: {
    proxy: { uriPath: OTHER_PATH },
    members: { XksProxyAuthenticationCredential: { ...CREDENTIAL, AccessKeyId: 'Z'.repeat(20) } },
  },
  XksProxyVpcEndpointServiceInUse: { members: { ...VPC.store, XksProxyUriEndpoint: NEW_ENDPOINT } },
  XksProxyVpcEndpointServiceNotFound: {
    members: {
      ...VPC.store,
      XksProxyUriEndpoint: NEW_ENDPOINT,
      XksProxyVpcEndpointServiceName: OTHER_SERVICE,
    },
  },
  XksProxyVpcEndpointServiceInvalidConfiguration: {
    proxy: {
      uriEndpoint: NEW_ENDPOINT,
      connectivity: { vpcEndpointServiceName: OTHER_SERVICE, meetsRequirements: false },
    },
    members: {
      ...VPC.store,
      XksProxyUriEndpoint: NEW_ENDPOINT,
      XksProxyVpcEndpointServiceName: OTHER_SERVICE,
    },
  },
  XksProxyInvalidResponse: {
    proxy: { uriPath: WRONG_PATH, behaviour: 'wrong-answer' },
    members: { XksProxyUriPath: WRONG_PATH },
  },
  XksProxyInvalidConfiguration: { members: { XksProxyUriPath: WRONG_PATH } },
};

type Provocation = (server: TestExternalStore, store: string) => Promise<unknown>;

const creatingOrUpdating = Object.entries(WRONG).flatMap(([error, { proxy, members }]) => {
  const beside =
    (provoke: (server: TestExternalStore) => Promise<unknown>): Provocation =>
    async (server) => {
      await server.proxy(VPC.proxy);
      await server.create({ CustomKeyStoreName: 'vpc', ...VPC.store });
      if (proxy !== undefined) await server.proxy(proxy);
      return await provoke(server);
    };
  const made = { CustomKeyStoreName: 'new', XksProxyUriPath: OTHER_PATH, ...members };
  return [
    [`CreateCustomKeyStore.${error}`, beside((server) => server.create(made))],
    [
      `UpdateCustomKeyStore.${error}`,
      beside(async (server) => await server.update(await second(server), members)),
    ],
  ] as const;
});

const BY_ERROR: Readonly<Record<string, Provocation>> = {
  ...Object.fromEntries(creatingOrUpdating),
  'CreateCustomKeyStore.LimitExceeded': async (server) => {
    for (let count = 1; count < 10; count += 1) {
      const uriPath = `/${count}/kms/xks/v1`;
      await server.proxy({ uriPath });
      await server.create({ CustomKeyStoreName: uriPath, XksProxyUriPath: uriPath });
    }
    return await second(server);
  },
  'CreateKey.XksKeyAlreadyInUse': async (server, store) => {
    await server.keyIn(store);
    return await server.keyIn(store);
  },
  'CreateKey.XksKeyInvalidConfiguration': async (server, store) => {
    await server.proxy({ keys: [{ id: 'one', status: 'DISABLED' }] });
    return await server.keyIn(store);
  },
  'CreateKey.XksKeyNotFound': (server, store) => server.keyIn(store, { XksKeyId: 'none' }),
};

/** How the errors of external key stores are provoked, by operation and error, each on local KMS of its own. */
export const EXTERNAL_KEY_STORE_PROVOCATIONS: Readonly<Record<string, () => Promise<unknown>>> =
  Object.fromEntries(
    Object.entries(BY_ERROR).map(([name, provoke]) => [
      name,
      async () => {
        const kms = await standingStill();
        try {
          const server = await externalStoreIn(kms);
          return await provoke(server, await server.connected());
        } finally {
          await kms.close();
        }
      },
    ]),
  );
