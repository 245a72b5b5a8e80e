import { isDeepStrictEqual } from 'node:util';
import type { Kms } from '../kms.ts';
import type { ProxyAccess } from '../store/custom-key-stores.ts';
import type { ProxyFailure } from './failures.ts';
import type { XksProxy } from './proxies.ts';

type Asker = Pick<Kms, 'account' | 'xksProxies'>;

/** Sends a request to the proxy of an external key store: gives the proxy that answers, or what was wrong. */
export function askProxy(
  kms: Asker,
  access: ProxyAccess,
): { readonly proxy: XksProxy } | { readonly failure: ProxyFailure } {
  const inService = serviceFailure(kms, access);
  if (inService !== undefined) return { failure: inService };
  const atEndpoint = kms.xksProxies
    .list()
    .filter(
      ({ uriEndpoint, service }) =>
        uriEndpoint === access.uriEndpoint &&
        (service?.vpcEndpointServiceName ?? null) === (access.vpcEndpointService?.name ?? null),
    );
  if (atEndpoint.length === 0) return { failure: 'unreachable' };
  const proxy = atEndpoint.find(({ uriPath }) => uriPath === access.uriPath);
  if (proxy === undefined) return { failure: 'invalid-path' };
  if (proxy.behaviour !== null) return { failure: proxy.behaviour };
  const { accessKeyId, rawSecretAccessKey } = proxy;
  const isAuthentic = isDeepStrictEqual(access.credential, { accessKeyId, rawSecretAccessKey });
  return isAuthentic ? { proxy } : { failure: 'wrong-credential' };
}

/** What is wrong with the VPC endpoint service of an external key store, if it has one, before the proxy is asked. */
export function serviceFailure(
  { account, xksProxies }: Asker,
  { vpcEndpointService, uriEndpoint }: ProxyAccess,
): ProxyFailure | undefined {
  if (vpcEndpointService === null) return undefined;
  const { name, owner } = vpcEndpointService;
  const behindService = xksProxies.list().filter(({ service }) => service?.vpcEndpointServiceName === name);
  const [service] = behindService.flatMap((proxy) => proxy.service ?? []);
  const isFound =
    service?.allowsKms === true &&
    (service.vpcEndpointServiceOwner ?? owner) === owner &&
    name.includes(`.${account.region}.`);
  if (!isFound) return 'no-service';
  // The endpoint is the private DNS name of the service.
  const hasName = behindService.some((proxy) => proxy.uriEndpoint === uriEndpoint);
  return service.meetsRequirements && hasName ? undefined : 'unfit-service';
}
