import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CreateTableCommand, DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ulid } from 'ulid';
import type { Registry, Table } from '../../lambdas/adapters/registry/registry.ts';
import { tableShape } from '../../lambdas/adapters/registry/table.ts';
import { type Change, recordChange } from '../../lambdas/domain/change.ts';
import type { KeyRecord } from '../../lambdas/domain/key.ts';
import { classNamed, parseKeyClasses } from '../../lambdas/domain/key-class.ts';
import { actorOf, type Principal } from '../../lambdas/domain/principal.ts';
import { submitGenerate, submitOperation } from '../../lambdas/domain/submission.ts';
import { clientConfig } from '../../local/stage/account.ts';

export const NOW = '2026-11-25T03:02:22.000Z';
export const classes = parseKeyClasses(readFileSync('policies/key-classes.yaml', 'utf8'));
const person = (name: string, ...groups: string[]): Principal => ({
  kind: 'person',
  id: `person:${name}`,
  name,
  groups,
  mfa: true,
});
export const olga = person('olga', 'payments');
export const sami = person('sami', 'security');

/** A table of its own, in the shape that the adapter says it has. */
export async function createTable(endpoint: string): Promise<Table> {
  const tableName = `registry-${randomUUID()}`;
  const { partitionKey, sortKey, indexes } = tableShape;
  const attributes = [
    partitionKey,
    sortKey,
    ...Object.values(indexes).flatMap((i) => [i.partitionKey, i.sortKey]),
  ];
  const keySchema = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ];
  const client = documentClientTo(endpoint);
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: attributes.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      KeySchema: keySchema(partitionKey, sortKey),
      GlobalSecondaryIndexes: Object.entries(indexes).map(([name, index]) => ({
        IndexName: name,
        KeySchema: keySchema(index.partitionKey, index.sortKey),
        Projection: { ProjectionType: 'ALL' },
      })),
    }),
  );
  return { client, tableName };
}

export function documentClientTo(
  endpoint: string,
  config: DynamoDBClientConfig = {},
): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient({ ...clientConfig(endpoint), ...config }), {
    marshallOptions: { removeUndefinedValues: true },
  });
}

export function aNewKey(name = `k-${randomUUID().slice(0, 8)}`, owner = 'payments'): Change {
  return submitGenerate({
    now: NOW,
    requester: olga,
    keyClass: classNamed(classes, 'data-protection'),
    reason: 'A test.',
    ids: { keyId: `key_${ulid()}`, requestId: `req_${ulid()}`, nonce: 'a'.repeat(64) },
    newKey: { name, owner, description: '', spec: 'SYMMETRIC_DEFAULT' },
  });
}

/** Something that happens to a key and leaves nothing but its ledger entry. */
export function touched(key: KeyRecord): Change {
  return recordChange({
    now: NOW,
    actor: actorOf(olga),
    key: { before: key, after: key },
    entries: [{ event: 'failed', details: { mark: randomUUID() } }],
  });
}

export async function activeKey(registry: Registry): Promise<KeyRecord> {
  const created = aNewKey();
  await registry.commit(created);
  const active = recordChange({
    now: NOW,
    actor: actorOf(olga),
    key: { before: created.key.after, after: { ...created.key.after, state: 'active', openRequests: {} } },
    entries: [{ event: 'activated', details: {} }],
  });
  await registry.commit(active);
  return active.key.after;
}

export function revocationOf(key: KeyRecord): Change {
  return submitOperation({
    now: NOW,
    requester: olga,
    keyClass: classNamed(classes, 'data-protection'),
    reason: 'A test.',
    ids: { requestId: `req_${ulid()}`, nonce: 'b'.repeat(64) },
    key,
    parameters: { operation: 'revoke', mode: 'suspend' },
  });
}

/** `went through`, or the name of the error. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'went through',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  );
