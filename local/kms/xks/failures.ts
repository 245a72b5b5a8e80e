import { ServiceError } from '../errors.ts';
import type { ConnectionErrorCode } from '../store/custom-key-stores.ts';

interface FailureFacts {
  /** Of the operations on custom key stores. */
  readonly exception: string;
  /** Of a connection that fails so. */
  readonly code: ConnectionErrorCode;
  readonly message: string;
}

/**
 * What can be wrong between AWS KMS and an external key store proxy, and what AWS KMS makes of it: "Troubleshooting
 * external key stores" in the KMS Developer Guide, which does not say what becomes of a store's creation whose proxy denies
 * access.
 */
export const PROXY_FAILURES = {
  unreachable: {
    exception: 'XksProxyUriUnreachableException',
    code: 'XKS_PROXY_NOT_REACHABLE',
    message:
      'AWS KMS cannot communicate with the external key store proxy. Verify that your external key store proxy is active ' +
      'and is connected to the network, and that its URI path and endpoint URI or VPC service name are correct in your ' +
      'external key store.',
  },
  'times-out': {
    exception: 'XksProxyUriUnreachableException',
    code: 'XKS_PROXY_TIMED_OUT',
    message:
      'AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. If ' +
      'you see this error repeatedly, report it to your external key store proxy administrator.',
  },
  'manager-unavailable': {
    exception: 'XksProxyUriUnreachableException',
    code: 'XKS_PROXY_NOT_REACHABLE',
    message:
      'The external key store proxy is in an unhealthy state. If you see this message repeatedly, notify your external ' +
      'key store proxy administrator.',
  },
  'bad-tls': {
    exception: 'XksProxyInvalidConfigurationException',
    code: 'XKS_PROXY_INVALID_TLS_CONFIGURATION',
    message:
      'AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, including ' +
      'its certificate.',
  },
  'invalid-path': {
    exception: 'XksProxyInvalidConfigurationException',
    code: 'XKS_PROXY_INVALID_CONFIGURATION',
    message:
      'The external key store proxy rejected the request because of an invalid URI path. Verify the URI path for your ' +
      'external key store and update if necessary.',
  },
  'denies-access': {
    exception: 'XksProxyInvalidConfigurationException',
    code: 'XKS_PROXY_ACCESS_DENIED',
    message:
      'The external key store proxy denied access to the operation. Verify that the user and the external key are both ' +
      'authorized for this operation, and try the request again.',
  },
  'wrong-credential': {
    exception: 'XksProxyIncorrectAuthenticationCredentialException',
    code: 'INVALID_CREDENTIALS',
    message:
      'The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify the ' +
      'credentials for your external key store and update if necessary.',
  },
  'wrong-answer': {
    exception: 'XksProxyInvalidResponseException',
    code: 'XKS_PROXY_INVALID_RESPONSE',
    message:
      'AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, consult ' +
      'your external key store proxy administrator.',
  },
  'no-service': {
    exception: 'XksProxyVpcEndpointServiceNotFoundException',
    code: 'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND',
    message:
      'AWS KMS could not find the VPC endpoint service, or is no allowed principal of it, or it is in another Region.',
  },
  'unfit-service': {
    exception: 'XksProxyVpcEndpointServiceInvalidConfigurationException',
    code: 'XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION',
    message:
      'The configuration of the VPC endpoint service does not fulfill the requirements for an external key store.',
  },
} as const satisfies Record<string, FailureFacts>;

export type ProxyFailure = keyof typeof PROXY_FAILURES;

/** What the operations on custom key stores say of the failure. */
export function refusalOf(failure: ProxyFailure): ServiceError {
  const { exception, message } = PROXY_FAILURES[failure];
  return new ServiceError(exception, message);
}
