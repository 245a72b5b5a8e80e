/** An error as the AWS JSON protocol carries it: `code` becomes `__type`. AWS KMS leaves some messages out. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'ServiceError';
    this.code = code;
    this.status = status;
  }
}

export const validation = (message: string) => new ServiceError('ValidationException', message);

/** For a request that cannot be read. AWS says nothing of JSON that is not well formed. */
export const serialization = (message = '') => new ServiceError('SerializationException', message);

export const notFound = (message: string) => new ServiceError('NotFoundException', message);

/** For what AWS KMS has and this server does not, and for what AWS KMS itself refuses for a kind of key. */
export const unsupported = (message: string) => new ServiceError('UnsupportedOperationException', message);

export const invalidKeyUsage = (message: string) => new ServiceError('InvalidKeyUsageException', message);

/** AWS KMS does not say what is wrong with a ciphertext, a signature or a MAC. */
export const invalidCiphertext = () => new ServiceError('InvalidCiphertextException', '');

export const limitExceeded = (message: string) => new ServiceError('LimitExceededException', message);

export const malformedPolicy = (message: string) =>
  new ServiceError('MalformedPolicyDocumentException', message);

export const throttled = () =>
  new ServiceError(
    'ThrottlingException',
    'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
  );

/** Of the services beside AWS KMS. */
export const rateExceeded = () => new ServiceError('ThrottlingException', 'Rate exceeded');
