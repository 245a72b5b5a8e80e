import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { tableCall } from './call.ts';
import { cursorFrom, cursorTo } from './cursor.ts';
import type { Filter, Page, PageRequest, Registry, Table } from './registry.ts';
import { duePartitions, ownerPartition, recordIn, records, statePartition } from './rows.ts';
import { type IndexName, tableShape } from './table.ts';

export interface DueItem {
  readonly kind: 'key' | 'request';
  readonly id: string;
  readonly dueAt: string;
}

/** Lists over the indexes: what was just written may be missing for a moment. */
export function lists(table: Table): Pick<Registry, 'listKeys' | 'listRequests' | 'listDue'> {
  return {
    listKeys: (filter, page) => listRecords(table, records.key, 'KEY', filter, page),
    listRequests: (filter, page) => listRecords(table, records.request, 'REQUEST', filter, page),
    async *listDue(now) {
      for (const shard of duePartitions) {
        let cursor: string | undefined;
        do {
          const { rows, next } = await queryIndex(
            table,
            'due',
            shard,
            { upTo: `${now}$` },
            { limit: 100, cursor },
          );
          for (const { dueSk } of rows) yield dueItem(String(dueSk));
          cursor = next;
        } while (cursor !== undefined);
      }
    },
  };
}

function dueItem(sortKey: string): DueItem {
  const [dueAt = '', kind, id = ''] = sortKey.split('#');
  return { dueAt, kind: kind === 'key' ? 'key' : 'request', id };
}

async function listRecords<S extends z.ZodType>(
  table: Table,
  schema: S,
  kind: 'KEY' | 'REQUEST',
  filter: Filter<string>,
  page: PageRequest,
): Promise<Page<z.output<S>>> {
  const { rows, next } =
    filter.owner === undefined
      ? await queryIndex(table, 'byState', statePartition(kind, filter.state), {}, page)
      : await queryIndex(
          table,
          'byOwner',
          ownerPartition(kind, filter.owner),
          filter.state === undefined ? {} : { startingWith: `${filter.state}#` },
          page,
        );
  return { items: rows.map((row) => recordIn(schema, row)), ...(next === undefined ? {} : { next }) };
}

async function queryIndex(
  { client, tableName }: Table,
  index: IndexName,
  partition: string,
  range: { readonly upTo?: string; readonly startingWith?: string },
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ rows: Record<string, unknown>[]; next?: string }> {
  const { partitionKey, sortKey } = tableShape.indexes[index];
  const within =
    range.upTo !== undefined
      ? ' AND #sort <= :bound'
      : range.startingWith !== undefined
        ? ' AND begins_with(#sort, :bound)'
        : '';
  const bound = range.upTo ?? range.startingWith;
  const { Items: rows = [], LastEvaluatedKey: last } = await tableCall('dynamodb:Query', () =>
    client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: index,
        KeyConditionExpression: `#partition = :partition${within}`,
        ExpressionAttributeNames: {
          '#partition': partitionKey,
          ...(bound === undefined ? {} : { '#sort': sortKey }),
        },
        ExpressionAttributeValues: {
          ':partition': partition,
          ...(bound === undefined ? {} : { ':bound': bound }),
        },
        Limit: limit,
        ...(cursor === undefined ? {} : { ExclusiveStartKey: cursorFrom(cursor) }),
      }),
    ),
  );
  return { rows, ...(last === undefined ? {} : { next: cursorTo(last) }) };
}
