import { ServiceError } from '../errors.ts';

export const storeNotFound = (named: string) =>
  new ServiceError('CustomKeyStoreNotFoundException', `The custom key store ${named} does not exist.`);

export const invalidStoreState = (message: string) =>
  new ServiceError('CustomKeyStoreInvalidStateException', message);

export const clusterNotFound = (id: string) =>
  new ServiceError('CloudHsmClusterNotFoundException', `The CloudHSM cluster ${id} does not exist.`);

export const clusterNotActive = (id: string, state: string) =>
  new ServiceError(
    'CloudHsmClusterNotActiveException',
    `The CloudHSM cluster ${id} is ${state}, not ACTIVE.`,
  );

export const invalidClusterConfiguration = (message: string) =>
  new ServiceError('CloudHsmClusterInvalidConfigurationException', message);
