import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import type { VersionRecord } from '../../domain/key.ts';
import type { LedgerEntry } from '../../domain/ledger.ts';
import type { DecisionRecord } from '../../domain/request.ts';
import { tableCall } from './call.ts';
import { cursorFrom, cursorTo } from './cursor.ts';
import type { PageRequest, Registry, Table } from './registry.ts';
import { type Row, type RowKey, recordIn, records, rowKey } from './rows.ts';

/** Strongly consistent reads by id. */
export function reads(
  table: Table,
): Pick<
  Registry,
  'getKey' | 'getKeyWithVersions' | 'getRequest' | 'getDecisions' | 'getLedger' | 'getWholeLedger'
> {
  const ledgerPage = async (keyId: string, { limit, cursor }: PageRequest) => {
    const { rows, next } = await queryPage(table, `KEY#${keyId}`, 'LEDGER#', limit, cursor);
    const items: LedgerEntry[] = rows.map((row) => recordIn(records.ledger, row));
    return { items, ...(next === undefined ? {} : { next }) };
  };
  return {
    getKey: (keyId) => getRecord(table, records.key, rowKey.key(keyId)),
    getRequest: (requestId) => getRecord(table, records.request, rowKey.request(requestId)),
    async getKeyWithVersions(keyId) {
      // The key is read after its versions: a commit in between is then refused by the key's row version.
      const versions: VersionRecord[] = (await queryAll(table, `KEY#${keyId}`, 'VERSION#')).map((row) =>
        recordIn(records.version, row),
      );
      const key = await getRecord(table, records.key, rowKey.key(keyId));
      return key === undefined ? undefined : { key, versions };
    },
    async getDecisions(requestId) {
      const rows = await queryAll(table, `DECISION#${requestId}`, 'PERSON#');
      const decisions: DecisionRecord[] = rows.map((row) => recordIn(records.decision, row));
      return decisions.toSorted((a, b) => a.decidedAt.localeCompare(b.decidedAt));
    },
    getLedger: ledgerPage,
    async getWholeLedger(keyId) {
      return (await queryAll(table, `KEY#${keyId}`, 'LEDGER#')).map((row) => recordIn(records.ledger, row));
    },
  };
}

export async function getRow(
  { client, tableName }: Table,
  key: RowKey,
): Promise<Record<string, unknown> | undefined> {
  const { Item: item } = await tableCall('dynamodb:GetItem', () =>
    client.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true })),
  );
  return item;
}

async function getRecord<S extends z.ZodType>(
  table: Table,
  schema: S,
  key: RowKey,
): Promise<z.output<S> | undefined> {
  const row = await getRow(table, key);
  return row === undefined ? undefined : recordIn(schema, row);
}

async function queryAll(table: Table, partition: string, prefix: string): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  let cursor: string | undefined;
  do {
    const { rows, next } = await queryPage(table, partition, prefix, undefined, cursor);
    all.push(...rows);
    cursor = next;
  } while (cursor !== undefined);
  return all;
}

async function queryPage(
  { client, tableName }: Table,
  partition: string,
  prefix: string,
  limit: number | undefined,
  cursor: string | undefined,
): Promise<{ rows: Record<string, unknown>[]; next?: string }> {
  const { Items: rows = [], LastEvaluatedKey: last } = await tableCall('dynamodb:Query', () =>
    client.send(
      new QueryCommand({
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: 'PK = :partition AND begins_with(SK, :prefix)',
        ExpressionAttributeValues: { ':partition': partition, ':prefix': prefix },
        ...(limit === undefined ? {} : { Limit: limit }),
        ...(cursor === undefined ? {} : { ExclusiveStartKey: cursorFrom(cursor) }),
      }),
    ),
  );
  return { rows, ...(last === undefined ? {} : { next: cursorTo(last as Row) }) };
}
