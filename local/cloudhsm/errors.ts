import { ServiceError } from '../kms/errors.ts';

export const invalidRequest = (message: string) =>
  new ServiceError('CloudHsmInvalidRequestException', message);

export const resourceNotFound = (message: string) =>
  new ServiceError('CloudHsmResourceNotFoundException', message);

export const accessDenied = (message: string) => new ServiceError('CloudHsmAccessDeniedException', message);

export const tagFailure = (message: string) => new ServiceError('CloudHsmTagException', message);

export const resourceLimitExceeded = (message: string) =>
  new ServiceError('CloudHsmResourceLimitExceededException', message);
