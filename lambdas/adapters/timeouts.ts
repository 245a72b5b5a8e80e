/**
 * How long a call to AWS may take, for every client. Without `throwOnRequestTimeout` the SDK only warns of an answer
 * that does not come, and waits on.
 */
export const timeouts = {
  connectionTimeout: 1_000,
  requestTimeout: 5_000,
  throwOnRequestTimeout: true,
} as const;
