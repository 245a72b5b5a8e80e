import { DeleteCustomKeyStoreCommand, GenerateRandomCommand } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { localKms } from '../local-kms.ts';
import {
  CREDENTIAL,
  ENDPOINT,
  externalStoreIn,
  PATH,
  SECRET,
  SERVICE,
  type TestExternalStore,
  VPC,
} from './external-store-in.ts';
import { refusal } from './refusal.ts';

const OTHER_PATH = '/other/kms/xks/v1';
const OTHER_SECRET = SECRET.toUpperCase();

const externalStore = async () => await externalStoreIn(await localKms());

test('an external key store is made of a proxy, connected, disconnected and deleted', async () => {
  const server = await externalStore();
  const id = await server.create();
  expect(id).toMatch(/^cks-[0-9a-f]{17}$/);
  expect(await server.described(id)).toEqual({
    CustomKeyStoreId: id,
    CustomKeyStoreName: 'external',
    ConnectionState: 'DISCONNECTED',
    CreationDate: expect.any(Date),
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConfiguration: {
      Connectivity: 'PUBLIC_ENDPOINT',
      AccessKeyId: CREDENTIAL.AccessKeyId,
      UriEndpoint: ENDPOINT,
      UriPath: PATH,
    },
  });
  expect(await server.create()).toBe(id);
  expect(await server.connect(id)).toMatchObject({ ConnectionState: 'CONNECTED' });
  expect(await refusal(server.create())).toBe('CustomKeyStoreNameInUseException');
  expect(await refusal(server.root.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: id })))).toBe(
    'CustomKeyStoreInvalidStateException',
  );
  const random = new GenerateRandomCommand({ NumberOfBytes: 8, CustomKeyStoreId: id });
  expect(await refusal(server.root.send(random))).toBe('UnsupportedOperationException');
  expect(await server.disconnect(id)).toMatchObject({ ConnectionState: 'DISCONNECTED' });
  await server.root.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: id }));
  expect(await refusal(server.described(id))).toBe('CustomKeyStoreNotFoundException');
});

test('what a store of either type needs must be given, and nothing that is for the other', async () => {
  const server = await externalStore();
  for (const input of [
    { XksProxyUriEndpoint: undefined },
    { XksProxyUriPath: undefined },
    { XksProxyAuthenticationCredential: undefined },
    { XksProxyConnectivity: undefined },
    { XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE' },
    { XksProxyVpcEndpointServiceName: SERVICE },
    { XksProxyVpcEndpointServiceOwner: '000000000000' },
    { KeyStorePassword: 'kmsPassword1' },
    { TrustAnchorCertificate: 'certificate' },
    { CustomKeyStoreType: undefined },
  ] as const) {
    expect(await refusal(server.create(input)), JSON.stringify(input)).toBe('ValidationException');
  }
});

test.each([
  ['nothing', { uriEndpoint: 'https://elsewhere.example.com' }, 'Unreachable', 'NOT_REACHABLE'],
  ['another path', { uriPath: OTHER_PATH }, 'InvalidConfiguration', 'INVALID_CONFIGURATION'],
  ['one that is unreachable', { behaviour: 'unreachable' }, 'Unreachable', 'NOT_REACHABLE'],
  ['one that times out', { behaviour: 'times-out' }, 'Unreachable', 'TIMED_OUT'],
  ['one without its manager', { behaviour: 'manager-unavailable' }, 'Unreachable', 'NOT_REACHABLE'],
  ['one of bad TLS', { behaviour: 'bad-tls' }, 'InvalidConfiguration', 'INVALID_TLS_CONFIGURATION'],
  ['one that denies access', { behaviour: 'denies-access' }, 'InvalidConfiguration', 'ACCESS_DENIED'],
  ['one that answers wrongly', { behaviour: 'wrong-answer' }, 'InvalidResponse', 'INVALID_RESPONSE'],
  [
    'one of another credential',
    { rawSecretAccessKey: OTHER_SECRET },
    'IncorrectAuthenticationCredential',
    'INVALID_CREDENTIALS',
  ],
])('no store is made of %s, and none connected to it', async (_, settings, error, code) => {
  const server = await externalStore();
  const id = await server.create();
  await server.removeProxy();
  await server.proxy(settings);
  const name = error === 'Unreachable' ? 'XksProxyUriUnreachable' : `XksProxy${error}`;
  expect(await server.connect(id)).toMatchObject({
    ConnectionState: 'FAILED',
    ConnectionErrorCode: code === 'INVALID_CREDENTIALS' ? code : `XKS_PROXY_${code}`,
  });
  expect(await refusal(server.connect(id))).toBe('CustomKeyStoreInvalidStateException');
  const disconnected = await server.disconnect(id);
  expect(disconnected.ConnectionErrorCode).toBeUndefined();
  await server.root.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: id }));
  expect(await refusal(server.create())).toBe(`${name}Exception`);
});

const inVpc = async (connectivity: object = {}, store: object = {}) => {
  const server = await externalStore();
  await server.proxy({ ...VPC.proxy, connectivity: { ...VPC.proxy.connectivity, ...connectivity } });
  return { server, create: () => server.create({ CustomKeyStoreName: 'vpc', ...VPC.store, ...store }) };
};

test('a store in a VPC shows its service, and asks the proxy when it is connected', async () => {
  const { server, create } = await inVpc();
  await server.proxy({ ...VPC.proxy, behaviour: 'times-out' });
  const id = await create();
  expect(await create()).toBe(id);
  expect(await server.described(id)).toMatchObject({
    XksProxyConfiguration: {
      Connectivity: 'VPC_ENDPOINT_SERVICE',
      UriEndpoint: VPC.proxy.uriEndpoint,
      VpcEndpointServiceName: SERVICE,
      VpcEndpointServiceOwner: '000000000000',
    },
  });
  expect(await server.connect(id)).toMatchObject({ ConnectionErrorCode: 'XKS_PROXY_TIMED_OUT' });
  await server.disconnect(id);
  await server.proxy(VPC.proxy);
  expect(await server.connect(id)).toMatchObject({ ConnectionState: 'CONNECTED' });
});

test.each([
  ['is of another account', { vpcEndpointServiceOwner: '111122223333' }, 'NotFound', 'NOT_FOUND'],
  ['does not let AWS KMS in', { allowsKms: false }, 'NotFound', 'NOT_FOUND'],
  ['is not as required', { meetsRequirements: false }, 'InvalidConfiguration', 'INVALID_CONFIGURATION'],
])('a VPC endpoint service that %s is of no use', async (_, connectivity, error, code) => {
  const { server, create } = await inVpc();
  const id = await create();
  await server.proxy({ ...VPC.proxy, connectivity: { ...VPC.proxy.connectivity, ...connectivity } });
  expect(await server.connect(id)).toMatchObject({
    ConnectionErrorCode: `XKS_VPC_ENDPOINT_SERVICE_${code}`,
  });
  await server.disconnect(id);
  await server.root.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: id }));
  expect(await refusal(create())).toBe(`XksProxyVpcEndpointService${error}Exception`);
});

test('a VPC endpoint service is of no use in another Region', async () => {
  const { server } = await inVpc();
  const away = { ...server, root: server.client('test', { region: 'eu-west-1' }) };
  const { create } = await externalStoreIn(away);
  expect(await refusal(create(VPC.store))).toBe('XksProxyVpcEndpointServiceNotFoundException');
});

test('a VPC endpoint service of another account is named with its owner, and its private DNS name must fit', async () => {
  const owned = await inVpc(
    { vpcEndpointServiceOwner: '111122223333' },
    { XksProxyVpcEndpointServiceOwner: '111122223333' },
  );
  expect(await owned.create()).toMatch(/^cks-/);
  const misnamed = await inVpc({}, { XksProxyUriEndpoint: 'https://other.xks.example.com' });
  expect(await refusal(misnamed.create())).toBe('XksProxyVpcEndpointServiceInvalidConfigurationException');
});

test('a URI, a private DNS name and a VPC endpoint service are for one store; a public endpoint for several', async () => {
  const server = await externalStore();
  await server.proxy({ uriPath: OTHER_PATH });
  await server.proxy(VPC.proxy);
  await server.create();
  const create = (input: object) => refusal(server.create({ CustomKeyStoreName: 'second', ...input }));
  expect(await create({})).toBe('XksProxyUriInUseException');
  expect(await create({ XksProxyUriPath: OTHER_PATH })).toMatch(/^cks-/);
  expect(
    await refusal(
      server.create({
        ...VPC.store,
        CustomKeyStoreName: 'third',
        XksProxyUriEndpoint: ENDPOINT,
        XksProxyUriPath: '/third/kms/xks/v1',
      }),
    ),
  ).toBe('XksProxyUriEndpointInUseException');
  await server.create({ ...VPC.store, CustomKeyStoreName: 'third' });
  expect(
    await refusal(
      server.create({
        ...VPC.store,
        CustomKeyStoreName: 'fourth',
        XksProxyUriEndpoint: 'https://fourth.xks.example.com',
      }),
    ),
  ).toBe('XksProxyVpcEndpointServiceInUseException');
});

test('there are ten custom key stores', async () => {
  const server = await externalStore();
  const make = async (number: number) => {
    const uriPath = `/${number}/kms/xks/v1`;
    await server.proxy({ uriPath });
    return await refusal(server.create({ CustomKeyStoreName: `store ${number}`, XksProxyUriPath: uriPath }));
  };
  for (let number = 0; number < 10; number += 1) expect(await make(number)).toMatch(/^cks-/);
  expect(await make(10)).toBe('LimitExceededException');
});

test('a connected store takes a new name, path and credential, and nothing else', async () => {
  const server = await externalStore();
  const id = await server.connected();
  await server.update(id, { NewCustomKeyStoreName: 'renamed' });
  expect(await refusal(server.update(id, { XksProxyUriPath: OTHER_PATH }))).toBe(
    'XksProxyInvalidConfigurationException',
  );
  await server.proxy({ uriPath: OTHER_PATH, rawSecretAccessKey: OTHER_SECRET });
  expect(await refusal(server.update(id, { XksProxyUriPath: OTHER_PATH }))).toBe(
    'XksProxyIncorrectAuthenticationCredentialException',
  );
  const credential = { AccessKeyId: CREDENTIAL.AccessKeyId, RawSecretAccessKey: OTHER_SECRET };
  await server.update(id, {
    XksProxyUriPath: OTHER_PATH,
    XksProxyAuthenticationCredential: credential,
  });
  expect(await server.described(id)).toMatchObject({
    CustomKeyStoreName: 'renamed',
    ConnectionState: 'CONNECTED',
    XksProxyConfiguration: { UriPath: OTHER_PATH },
  });
  for (const input of [
    { XksProxyUriEndpoint: 'https://new.xks.example.com' },
    { XksProxyConnectivity: 'PUBLIC_ENDPOINT' },
    { XksProxyVpcEndpointServiceName: SERVICE },
  ]) {
    expect(await refusal(server.update(id, input))).toBe('CustomKeyStoreInvalidStateException');
  }
  expect(await refusal(server.update(id, { KeyStorePassword: 'kmsPassword1' }))).toBe('ValidationException');
  expect(await refusal(server.update(id, {}))).toBe('ValidationException');
});

test('a disconnected store moves to another connectivity together with its endpoint', async () => {
  const { server } = await inVpc();
  const id = await server.create();
  const { XksProxyUriEndpoint, ...service } = VPC.store;
  expect(await refusal(server.update(id, service))).toBe('ValidationException');
  expect(
    await refusal(server.update(id, { XksProxyUriEndpoint, XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE' })),
  ).toBe('ValidationException');
  await server.update(id, VPC.store);
  expect(await server.connect(id)).toMatchObject({ ConnectionState: 'CONNECTED' });
  await server.disconnect(id);
  expect(await refusal(server.update(id, { XksProxyConnectivity: 'PUBLIC_ENDPOINT' }))).toBe(
    'ValidationException',
  );
  await server.update(id, { XksProxyConnectivity: 'PUBLIC_ENDPOINT', XksProxyUriEndpoint: ENDPOINT });
  const { XksProxyConfiguration } = await server.described(id);
  expect(XksProxyConfiguration).toEqual({
    Connectivity: 'PUBLIC_ENDPOINT',
    AccessKeyId: CREDENTIAL.AccessKeyId,
    UriEndpoint: ENDPOINT,
    UriPath: PATH,
  });
});

test('an update does not take what another store has', async () => {
  const server: TestExternalStore = await externalStore();
  await server.proxy({ uriPath: OTHER_PATH });
  await server.create();
  const id = await server.create({ CustomKeyStoreName: 'second', XksProxyUriPath: OTHER_PATH });
  expect(await refusal(server.update(id, { XksProxyUriPath: PATH }))).toBe('XksProxyUriInUseException');
  expect(await refusal(server.update(id, { NewCustomKeyStoreName: 'external' }))).toBe(
    'CustomKeyStoreNameInUseException',
  );
});

test('no record and no answer shows the secret of a credential', async () => {
  const server = await externalStore();
  const id = await server.connected();
  await server.update(id, { XksProxyAuthenticationCredential: CREDENTIAL });
  expect(JSON.stringify([await server.described(id), await server.proxy()])).not.toContain(SECRET);
  expect(JSON.stringify(server.recorded)).not.toContain(SECRET);
  expect(server.recorded.find(({ eventName }) => eventName === 'CreateCustomKeyStore')).toMatchObject({
    requestParameters: {
      customKeyStoreName: 'external',
      customKeyStoreType: 'EXTERNAL_KEY_STORE',
      xksProxyConnectivity: 'PUBLIC_ENDPOINT',
      xksProxyUriEndpoint: ENDPOINT,
      xksProxyUriPath: PATH,
    },
    responseElements: { customKeyStoreId: id },
  });
  expect(server.recorded.find(({ eventName }) => eventName === 'ConnectCustomKeyStore')).toMatchObject({
    additionalEventData: { customKeyStoreName: 'external' },
  });
});
