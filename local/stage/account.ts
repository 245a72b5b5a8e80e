/** The account that the local AWS plays, and the credentials of its root. */
export const account = {
  id: '000000000000',
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
} as const;

/** What an AWS SDK client takes to talk to the local AWS as the account's root. */
export const clientConfig = (endpoint: string) => ({
  endpoint,
  region: account.region,
  credentials: account.credentials,
});

/**
 * The environment of a command that must see the local AWS and nothing of the caller's own: neither its AWS settings
 * nor its home and temporary folders, where the CDK would leave caches.
 */
export function commandEnvironment(endpoint: string, home: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS|CDK|NODE|VITEST)_?/.test(name));
  return {
    ...Object.fromEntries(inherited),
    HOME: home,
    TMPDIR: home,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: account.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.credentials.secretAccessKey,
    AWS_REGION: account.region,
    AWS_DEFAULT_REGION: account.region,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
