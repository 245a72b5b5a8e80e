import {
  ConnectCustomKeyStoreCommand,
  CreateCustomKeyStoreCommand,
  type CreateCustomKeyStoreCommandInput,
  CreateKeyCommand,
  type CustomKeyStoresListEntry,
  DescribeCustomKeyStoresCommand,
  DescribeKeyCommand,
  DisconnectCustomKeyStoreCommand,
  EncryptCommand,
} from '@aws-sdk/client-kms';
import type { TestCloudHsm } from '../../cloudhsm/cloudhsm-of.ts';

export const PASSWORD = 'kmsPassword1';

export interface TestKeyStore extends TestCloudHsm {
  readonly clusterId: string;
  readonly trustAnchor: string;
  /** Creates it, connected to nothing yet. */
  create(input?: Partial<CreateCustomKeyStoreCommandInput>): Promise<string>;
  /** Resolves to what it has become. */
  connect(id: string): Promise<CustomKeyStoresListEntry>;
  disconnect(id: string): Promise<CustomKeyStoresListEntry>;
  described(id: string): Promise<CustomKeyStoresListEntry>;
  /** One that is connected. */
  connected(): Promise<string>;
  keyIn(storeId: string): Promise<string>;
  keyState(keyId: string): Promise<string | undefined>;
  encrypt(keyId: string): Promise<Uint8Array | undefined>;
  /** As the CloudHSM CLI would, in the store's cluster. */
  cli(method: string, path: string, body?: object): Promise<unknown>;
  /** Deletes the HSMs, and waits until they are gone. */
  deleteHsms(count?: number): Promise<void>;
}

/** An active cluster of two HSMs, made as CreateCluster is told, and `kmsuser` in it. */
export async function keyStoreIn(cloudHsm: TestCloudHsm, cluster?: object): Promise<TestKeyStore> {
  const { id: clusterId, authority } = await cloudHsm.activeCluster(2, cluster);
  const trustAnchor = authority.certificate;
  const { root } = cloudHsm;
  const cli = async (method: string, path: string, body: object = {}) => {
    const answer = await cloudHsm.send(method, `/_local/cloudhsm/${path}`, { clusterId, ...body });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  };
  await cli('POST', 'users', { username: 'kmsuser', role: 'crypto-user', password: PASSWORD });
  const described = async (id: string) => {
    const { CustomKeyStores } = await root.send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreId: id }));
    return CustomKeyStores?.[0] ?? {};
  };
  const create = async (input: Partial<CreateCustomKeyStoreCommandInput> = {}) => {
    const { CustomKeyStoreId = '' } = await root.send(
      new CreateCustomKeyStoreCommand({
        CustomKeyStoreName: 'store',
        CloudHsmClusterId: clusterId,
        TrustAnchorCertificate: trustAnchor,
        KeyStorePassword: PASSWORD,
        ...input,
      }),
    );
    return CustomKeyStoreId;
  };
  const connect = async (id: string) => {
    await root.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId: id }));
    return await described(id);
  };
  return {
    ...cloudHsm,
    clusterId,
    trustAnchor,
    cli,
    create,
    connect,
    described,
    disconnect: async (id) => {
      await root.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId: id }));
      return await described(id);
    },
    connected: async () => {
      const id = await create();
      await connect(id);
      return id;
    },
    keyIn: async (CustomKeyStoreId) => {
      const { KeyMetadata } = await root.send(
        new CreateKeyCommand({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId }),
      );
      return KeyMetadata?.KeyId ?? '';
    },
    keyState: async (KeyId) => (await root.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState,
    encrypt: async (KeyId) =>
      (await root.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('what is protected') })))
        .CiphertextBlob,
    deleteHsms: async (count = 2) => {
      for (const { HsmId } of (await cloudHsm.cluster(clusterId)).Hsms.slice(0, count)) {
        await cloudHsm.done('DeleteHsm', { ClusterId: clusterId, HsmId });
      }
      cloudHsm.clock.advance('PT3M');
    },
  };
}
