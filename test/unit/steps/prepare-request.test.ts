import { join } from 'node:path';
import {
  DescribeKeyCommand,
  GetKeyLastUsageCommand,
  GetKeyPolicyCommand,
  KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { readPolicies } from '../../../lambdas/adapters/policy-files.ts';
import type { Change } from '../../../lambdas/domain/change.ts';
import type { VersionRecord } from '../../../lambdas/domain/key.ts';
import type { RequestRecord } from '../../../lambdas/domain/request.ts';
import { prepareRequest } from '../../../lambdas/steps/prepare-request.ts';
import { aKey, aRequest, KEY_ID, REQUEST_ID } from '../domain/examples.ts';

const { classes } = readPolicies(join(import.meta.dirname, '../../../policies'));
const now = '2026-11-25T04:00:00.000Z';

const version: VersionRecord = {
  keyId: KEY_ID,
  version: 1,
  state: 'active',
  kmsKeyId: 'k1',
  kmsKeyArn: 'arn:k1',
  backendState: 'Enabled',
  requestId: REQUEST_ID,
  createdAt: aKey.createdAt,
  rowVersion: 1,
};

const grants = ['g1', 'g2'].map((id) => ({ GrantId: id, GranteePrincipal: 'arn:role', Operations: [] }));

/** KMS with one key; `lastUse` is what it answers when asked for the last use. */
function kmsWith(told: { lastUse: () => unknown; grants?: unknown[] }): KMSClient {
  const client = new KMSClient({ region: 'us-east-1' });
  client.send = (async (command: unknown) => {
    if (command instanceof DescribeKeyCommand) {
      return { KeyMetadata: { KeyId: 'k1', Arn: 'arn:k1', KeyState: 'Enabled' } };
    }
    if (command instanceof GetKeyPolicyCommand) return { Policy: '{"Statement":[]}' };
    if (command instanceof ListAliasesCommand) return { Aliases: [] };
    if (command instanceof ListGrantsCommand) return { Grants: told.grants ?? grants };
    if (command instanceof GetKeyLastUsageCommand) return told.lastUse();
    throw new Error('KMS was asked for something else.');
  }) as KMSClient['send'];
  return client;
}

async function prepared(request: RequestRecord, kms: KMSClient): Promise<Change[]> {
  const commits: Change[] = [];
  const registry = {
    getRequest: async () => request,
    getKeyWithVersions: async () => ({ key: aKey, versions: [version] }),
    getDecisions: async () => [],
    consumersOf: async () => [],
    commit: async (change: Change) => void commits.push(change),
  };
  const prepare = prepareRequest({ registry, kms, classes, clock: async () => now });
  await prepare({ requestId: REQUEST_ID, renew: request.state === 'awaiting-approval' });
  return commits;
}

const { evidence: _none, ...bare } = aRequest;
const asked: RequestRecord = {
  ...bare,
  state: 'accepted',
  parameters: { operation: 'revoke', mode: 'suspend' },
};
const used = () => ({ KeyLastUsage: { Operation: 'Decrypt', Timestamp: new Date(aKey.createdAt) } });
const busy = () => {
  throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
};

async function waiting(): Promise<RequestRecord> {
  const [change] = await prepared(asked, kmsWith({ lastUse: used }));
  return { ...asked, ...change?.request?.after, state: 'awaiting-approval' };
}

describe('the last use of a key', () => {
  test('is evidence', async () => {
    expect((await waiting()).evidence?.kmsKeys[0]?.lastUse).toEqual({
      operation: 'Decrypt',
      at: aKey.createdAt,
    });
  });

  test('that KMS is too busy to tell is a gap, and holds nobody up', async () => {
    const [change] = await prepared(asked, kmsWith({ lastUse: busy }));
    expect(change?.request?.after.evidence?.gaps).toContain('KMS does not tell the last use of version 1.');
  });

  test('is not forgotten, and voids no decision, when KMS is busy later on', async () => {
    expect(await prepared(await waiting(), kmsWith({ lastUse: busy }))).toEqual([]);
  });
});

describe('evidence looked at again', () => {
  test('is the same in whatever order KMS tells it', async () => {
    const kms = kmsWith({ lastUse: used, grants: grants.toReversed() });
    expect(await prepared(await waiting(), kms)).toEqual([]);
  });

  test('is another with a grant less', async () => {
    const kms = kmsWith({ lastUse: used, grants: grants.slice(1) });
    const [change] = await prepared(await waiting(), kms);
    expect(change?.entries.map(({ event }) => event)).toEqual(['evidence-changed']);
  });
});
