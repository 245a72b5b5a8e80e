import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { BackendBusy } from '../../domain/errors.ts';
import { tableCall } from './call.ts';
import { queryAll, queryPage, type Range } from './query.ts';
import type { Registry, Table } from './registry.ts';
import { type RowKey, recordIn, records, rowKey } from './rows.ts';

/** How often a key that changes while it is read is read anew. */
const SNAPSHOT_TRIES = 5;

/** Strongly consistent reads by id. */
export function reads(
  table: Table,
): Pick<
  Registry,
  'getKey' | 'getKeyWithVersions' | 'getRequest' | 'getDecisions' | 'getLedger' | 'getWholeLedger'
> {
  const ledgerOf = (keyId: string): Range => ({ partition: `KEY#${keyId}`, startingWith: 'LEDGER#' });
  const getKey = (keyId: string) => getRecord(table, records.key, rowKey.key(keyId));
  return {
    getKey,
    getRequest: (requestId) => getRecord(table, records.request, rowKey.request(requestId)),
    async getKeyWithVersions(keyId) {
      // Every commit moves the key's row version: versions read between two equal ones belong to it.
      let key = await getKey(keyId);
      for (let tries = 1; key !== undefined && tries <= SNAPSHOT_TRIES; tries += 1) {
        const versions = await getRecords(table, records.version, {
          partition: `KEY#${keyId}`,
          startingWith: 'VERSION#',
        });
        const after = await getKey(keyId);
        if (after?.rowVersion === key.rowVersion) return { key, versions };
        key = after;
      }
      if (key === undefined) return undefined;
      throw new BackendBusy(`${keyId} changed each time it was read; it is tried again.`, { keyId });
    },
    async getDecisions(requestId) {
      const decisions = await getRecords(table, records.decision, {
        partition: `DECISION#${requestId}`,
        startingWith: 'PERSON#',
      });
      return decisions.toSorted((a, b) => a.decidedAt.localeCompare(b.decidedAt));
    },
    async getLedger(keyId, page) {
      const { rows, next } = await queryPage(table, ledgerOf(keyId), page);
      return {
        items: rows.map((row) => recordIn(records.ledger, row)),
        ...(next === undefined ? {} : { next }),
      };
    },
    getWholeLedger: (keyId) => getRecords(table, records.ledger, ledgerOf(keyId)),
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

async function getRecords<S extends z.ZodType>(
  table: Table,
  schema: S,
  range: Range,
): Promise<z.output<S>[]> {
  const all: z.output<S>[] = [];
  for await (const row of queryAll(table, range)) all.push(recordIn(schema, row));
  return all;
}
