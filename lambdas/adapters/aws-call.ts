import { BackendBusy, BackendRefused } from '../domain/errors.ts';

const transientCodes = new Set([
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'KMSInternalException',
  'InternalFailure',
  'ServiceUnavailableException',
  'DependencyTimeoutException',
  'KeyUnavailableException',
  'TimeoutError',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * Runs one AWS call and names its failure: BackendBusy when the same call may go through later (matched by code, since
 * throttling is in no service's model), else BackendRefused with `details.awsCode`.
 */
export async function awsCall<T>(name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const awsCode = codeOf(error);
    if (transientCodes.has(awsCode) || statusOf(error) >= 500) {
      throw new BackendBusy(
        `${name} did not go through (${awsCode}); it is tried again.`,
        { awsCode },
        { cause: error },
      );
    }
    const told = error instanceof Error ? error.message : String(error);
    throw new BackendRefused(`${name} was refused with ${awsCode}: ${told}`, { awsCode }, { cause: error });
  }
}

/** Whether a failed call was refused with one of these codes. */
export function refusedWith(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof BackendRefused && codes.includes(String(error.details.awsCode));
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'Unknown';
  const { name, code } = error as { name?: unknown; code?: unknown };
  if (typeof code === 'string' && transientCodes.has(code)) return code;
  return typeof name === 'string' ? name : 'Unknown';
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return 0;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: number };
  return httpStatusCode ?? 0;
}
