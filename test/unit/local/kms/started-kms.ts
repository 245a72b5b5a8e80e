import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  KMSClient,
  type KMSClientConfig,
} from '@aws-sdk/client-kms';
import * as z from 'zod';
import type { CloudTrailRecord } from '../../../../local/cloudtrail/record.ts';
import { type LocalKms, type LocalKmsOptions, startLocalKms } from '../../../../local/kms/server.ts';

export const ACCOUNT = '000000000000';
export const ROOT = `arn:aws:iam::${ACCOUNT}:root`;

export interface TestKms extends LocalKms {
  /** The account root. */
  readonly root: KMSClient;
  /** Every record so far. */
  readonly recorded: CloudTrailRecord[];
  /** A client that does not retry, unless the settings say otherwise. */
  client(accessKeyId: string, settings?: KMSClientConfig): KMSClient;
  /** A client of a principal that is registered under an access key of its own. */
  as(arn: string, policies?: readonly object[]): Promise<KMSClient>;
  /** As `as`, for all that can be said of a principal. */
  register(principal: object): Promise<KMSClient>;
  /** Posts JSON to one of the server's own endpoints; resolves to status and body. */
  readonly post: (path: string, body: unknown) => Promise<{ status: number; body: unknown }>;
  createKey(input?: CreateKeyCommandInput, by?: KMSClient): Promise<{ id: string; arn: string }>;
}

/** A server that the caller closes. */
export async function startedKms(options: LocalKmsOptions = {}): Promise<TestKms> {
  const recorded: CloudTrailRecord[] = [];
  const server = await startLocalKms({ ...options, onRecord: (record) => recorded.push(record) });
  const client = (accessKeyId: string, settings: KMSClientConfig = {}) =>
    new KMSClient({
      endpoint: server.url,
      region: 'us-east-1',
      credentials: { accessKeyId, secretAccessKey: 'of no account' },
      maxAttempts: 1,
      ...settings,
    });
  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    const answer: unknown = await response.json();
    return { status: response.status, body: answer };
  };
  const root = client('test');
  let registrations = 0;
  const register = async (principal: object) => {
    registrations += 1;
    const accessKeyId = `AKIAREGISTERED${registrations}`;
    const { status, body } = await post('/_local/principals', { accessKeyId, ...principal });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return client(accessKeyId);
  };
  return {
    ...server,
    root,
    recorded,
    client,
    post,
    as: (arn, policies) => register({ arn, policies }),
    register,
    createKey: async (input = {}, by = root) => {
      const { KeyMetadata } = await by.send(new CreateKeyCommand(input));
      return z
        .object({ KeyId: z.string(), Arn: z.string() })
        .transform(({ KeyId, Arn }) => ({ id: KeyId, arn: Arn }))
        .parse(KeyMetadata);
    },
  };
}

/** A key policy with the account root's statement, and these. */
export function keyPolicy(...statements: readonly object[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Sid: 'Root', Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' },
      ...statements,
    ],
  });
}

/** An identity-based policy of these statements. */
export const identityPolicy = (...statements: readonly object[]) => ({
  Version: '2012-10-17',
  Statement: statements,
});
