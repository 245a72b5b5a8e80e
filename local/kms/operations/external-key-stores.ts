import { isDeepStrictEqual } from 'node:util';
import type { Account } from '../account.ts';
import { ServiceError, validation } from '../errors.ts';
import type { Kms } from '../kms.ts';
import type { CustomKeyStore, ProxyAccess } from '../store/custom-key-stores.ts';
import { refusalOf } from '../xks/failures.ts';
import { askProxy, serviceFailure } from '../xks/requests.ts';
import type { ProxyInput } from './key-store-fields.ts';

/** What an external key store is made of; throws ValidationException when something is missing, or too much. */
export function newProxyAccess(input: ProxyInput, { accountId }: Account): ProxyAccess {
  const {
    XksProxyUriEndpoint: uriEndpoint,
    XksProxyUriPath: uriPath,
    XksProxyAuthenticationCredential: credential,
    XksProxyConnectivity: connectivity,
  } = input;
  if (
    uriEndpoint === undefined ||
    uriPath === undefined ||
    credential === undefined ||
    connectivity === undefined
  ) {
    throw validation(
      'XksProxyUriEndpoint, XksProxyUriPath, XksProxyAuthenticationCredential and XksProxyConnectivity are required for ' +
        'an external key store.',
    );
  }
  return {
    type: 'EXTERNAL_KEY_STORE',
    uriEndpoint,
    uriPath,
    credential: credentialOf(credential),
    vpcEndpointService: requestedService(connectivity, input, accountId),
  };
}

/** The account that asks has the service, unless another is named. */
function requestedService(
  connectivity: NonNullable<ProxyInput['XksProxyConnectivity']>,
  input: ProxyInput,
  accountId: string,
): ProxyAccess['vpcEndpointService'] {
  const { XksProxyVpcEndpointServiceName: name, XksProxyVpcEndpointServiceOwner: owner } = input;
  if (connectivity === 'VPC_ENDPOINT_SERVICE') {
    if (name !== undefined) return { name, owner: owner ?? accountId };
    throw validation(
      'XksProxyVpcEndpointServiceName is required for XksProxyConnectivity VPC_ENDPOINT_SERVICE.',
    );
  }
  if (name === undefined && owner === undefined) return null;
  throw validation(
    'XksProxyVpcEndpointServiceName and XksProxyVpcEndpointServiceOwner are for XksProxyConnectivity ' +
      'VPC_ENDPOINT_SERVICE only.',
  );
}

const credentialOf = ({
  AccessKeyId: accessKeyId,
  RawSecretAccessKey: rawSecretAccessKey,
}: NonNullable<ProxyInput['XksProxyAuthenticationCredential']>) => ({ accessKeyId, rawSecretAccessKey });

/**
 * Throws unless an external key store can be made of the proxy, beside those that there are. A proxy behind a VPC endpoint
 * service is asked when the store is connected, not yet here.
 */
export function admitProxy(kms: Kms, access: ProxyAccess): void {
  refuseUsed(kms.customKeyStores.list(), access);
  const failure =
    access.vpcEndpointService === null ? proxyFailure(kms, access) : serviceFailure(kms, access);
  if (failure !== undefined) throw refusalOf(failure);
}

function proxyFailure(kms: Kms, access: ProxyAccess) {
  const answer = askProxy(kms, access);
  return 'failure' in answer ? answer.failure : undefined;
}

/** Public endpoints may have several stores, by their paths. A private DNS name and its service have one. */
function refuseUsed(stores: readonly CustomKeyStore[], access: ProxyAccess): void {
  const { uriEndpoint, uriPath, vpcEndpointService: service } = access;
  for (const { access: used } of stores) {
    if (used.type !== 'EXTERNAL_KEY_STORE') continue;
    if (used.uriEndpoint === uriEndpoint && used.uriPath === uriPath) {
      throw new ServiceError(
        'XksProxyUriInUseException',
        `The proxy URI ${uriEndpoint}${uriPath} is associated with another external key store.`,
      );
    }
    if (used.uriEndpoint === uriEndpoint && (service !== null || used.vpcEndpointService !== null)) {
      throw new ServiceError(
        'XksProxyUriEndpointInUseException',
        `The proxy URI endpoint ${uriEndpoint} is associated with another external key store.`,
      );
    }
    if (service !== null && used.vpcEndpointService?.name === service.name) {
      throw new ServiceError(
        'XksProxyVpcEndpointServiceInUseException',
        `The VPC endpoint service ${service.name} is associated with another external key store.`,
      );
    }
  }
}

/** What becomes of the access of a store by an update; throws unless the proxy answers there. */
export function changedProxyAccess(
  kms: Kms,
  store: CustomKeyStore,
  access: ProxyAccess,
  input: ProxyInput,
): ProxyAccess {
  const { XksProxyAuthenticationCredential: credential } = input;
  const changed: ProxyAccess = {
    ...access,
    uriEndpoint: input.XksProxyUriEndpoint ?? access.uriEndpoint,
    uriPath: input.XksProxyUriPath ?? access.uriPath,
    credential: credential === undefined ? access.credential : credentialOf(credential),
    vpcEndpointService: changedService(kms, access, input),
  };
  if (isDeepStrictEqual(changed, access)) return access;
  const others = kms.customKeyStores.list().filter(({ id }) => id !== store.id);
  refuseUsed(others, changed);
  const failure = proxyFailure(kms, changed);
  if (failure !== undefined) throw refusalOf(failure);
  return changed;
}

/** One connectivity takes the place of the other together with the endpoint. */
function changedService(
  { account }: Kms,
  { vpcEndpointService: service }: ProxyAccess,
  input: ProxyInput,
): ProxyAccess['vpcEndpointService'] {
  const before = service === null ? 'PUBLIC_ENDPOINT' : 'VPC_ENDPOINT_SERVICE';
  const connectivity = input.XksProxyConnectivity ?? before;
  if (connectivity !== before && input.XksProxyUriEndpoint === undefined) {
    throw validation('XksProxyUriEndpoint is required when XksProxyConnectivity changes.');
  }
  if (service === null || connectivity === 'PUBLIC_ENDPOINT') {
    return requestedService(connectivity, input, account.accountId);
  }
  return {
    name: input.XksProxyVpcEndpointServiceName ?? service.name,
    owner: input.XksProxyVpcEndpointServiceOwner ?? service.owner,
  };
}

/** As DescribeCustomKeyStores shows it: without the secret. */
export const describedProxy = ({ uriEndpoint, uriPath, credential, vpcEndpointService }: ProxyAccess) => ({
  XksProxyConfiguration: {
    Connectivity: vpcEndpointService === null ? 'PUBLIC_ENDPOINT' : 'VPC_ENDPOINT_SERVICE',
    AccessKeyId: credential.accessKeyId,
    UriEndpoint: uriEndpoint,
    UriPath: uriPath,
    ...(vpcEndpointService === null
      ? {}
      : {
          VpcEndpointServiceName: vpcEndpointService.name,
          VpcEndpointServiceOwner: vpcEndpointService.owner,
        }),
  },
});
