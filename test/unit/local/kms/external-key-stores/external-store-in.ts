import {
  ConnectCustomKeyStoreCommand,
  CreateCustomKeyStoreCommand,
  type CreateCustomKeyStoreCommandInput,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  type CustomKeyStoresListEntry,
  DescribeCustomKeyStoresCommand,
  DisconnectCustomKeyStoreCommand,
  UpdateCustomKeyStoreCommand,
} from '@aws-sdk/client-kms';
import type { TestKms } from '../started-kms.ts';

export const ENDPOINT = 'https://proxy.xks.example.com';
export const PATH = '/kms/xks/v1';
export const SECRET = 'c2VjcmV0IG9mIHRoZSBwcm94eSwgbm90IG9mIEFXUyBhdCBhbGw=';
export const CREDENTIAL = { AccessKeyId: 'ABCDEFGHIJKLMNOPQRST', RawSecretAccessKey: SECRET };
export const SERVICE = 'com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0';

/** A proxy behind a VPC endpoint service, and the members of a store that is connected to it. */
export const VPC = {
  proxy: {
    uriEndpoint: 'https://private.xks.example.com',
    connectivity: { vpcEndpointServiceName: SERVICE },
  },
  store: {
    XksProxyUriEndpoint: 'https://private.xks.example.com',
    XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
    XksProxyVpcEndpointServiceName: SERVICE,
  },
} as const;

export interface TestExternalStore extends TestKms {
  /** Tells of the proxy, with two keys unless told otherwise. */
  readonly proxy: (settings?: object) => Promise<unknown>;
  readonly removeProxy: () => Promise<unknown>;
  /** Creates a store, connected to nothing yet. */
  readonly create: (input?: Partial<CreateCustomKeyStoreCommandInput>) => Promise<string>;
  readonly update: (id: string, input: object) => Promise<unknown>;
  /** Resolves to what it has become. */
  readonly connect: (id: string) => Promise<CustomKeyStoresListEntry>;
  readonly disconnect: (id: string) => Promise<CustomKeyStoresListEntry>;
  readonly described: (id: string) => Promise<CustomKeyStoresListEntry>;
  /** One that is connected. */
  readonly connected: () => Promise<string>;
  readonly keyIn: (CustomKeyStoreId: string, input?: CreateKeyCommandInput) => Promise<string>;
}

/** The server, and an external key store proxy with a public endpoint that it can reach. */
export async function externalStoreIn(kms: TestKms): Promise<TestExternalStore> {
  const { root } = kms;
  const proxy = async (settings: object = {}) => {
    const { status, body } = await kms.post('/_local/xks/proxies', {
      uriEndpoint: ENDPOINT,
      uriPath: PATH,
      accessKeyId: CREDENTIAL.AccessKeyId,
      rawSecretAccessKey: SECRET,
      keys: [{ id: 'one' }, { id: 'two' }],
      ...settings,
    });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body;
  };
  const described = async (CustomKeyStoreId: string) => {
    const { CustomKeyStores } = await root.send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreId }));
    return CustomKeyStores?.[0] ?? {};
  };
  const create = async (input: Partial<CreateCustomKeyStoreCommandInput> = {}) => {
    const { CustomKeyStoreId = '' } = await root.send(
      new CreateCustomKeyStoreCommand({
        CustomKeyStoreName: 'external',
        CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
        XksProxyUriEndpoint: ENDPOINT,
        XksProxyUriPath: PATH,
        XksProxyAuthenticationCredential: CREDENTIAL,
        XksProxyConnectivity: 'PUBLIC_ENDPOINT',
        ...input,
      }),
    );
    return CustomKeyStoreId;
  };
  const connect = async (CustomKeyStoreId: string) => {
    await root.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }));
    return await described(CustomKeyStoreId);
  };
  await proxy();
  return {
    ...kms,
    proxy,
    removeProxy: async () => {
      const body = JSON.stringify({ uriEndpoint: ENDPOINT, uriPath: PATH });
      return await fetch(`${kms.url}/_local/xks/proxies`, { method: 'DELETE', body });
    },
    create,
    update: (CustomKeyStoreId, input) =>
      root.send(new UpdateCustomKeyStoreCommand({ CustomKeyStoreId, ...input })),
    connect,
    described,
    disconnect: async (CustomKeyStoreId) => {
      await root.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId }));
      return await described(CustomKeyStoreId);
    },
    connected: async () => {
      const id = await create();
      await connect(id);
      return id;
    },
    keyIn: async (CustomKeyStoreId, input = {}) => {
      const { KeyMetadata } = await root.send(
        new CreateKeyCommand({
          Origin: 'EXTERNAL_KEY_STORE',
          XksKeyId: 'one',
          CustomKeyStoreId,
          ...input,
        }),
      );
      return KeyMetadata?.KeyId ?? '';
    },
  };
}
