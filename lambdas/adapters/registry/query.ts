import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { tableCall } from './call.ts';
import { cursorFrom, cursorTo } from './cursor.ts';
import type { PageRequest, Table } from './registry.ts';
import { type IndexName, tableShape } from './table.ts';

/** Some of the rows of one partition, in the order of their sort keys. Only an index may lag behind what was written. */
export interface Range {
  readonly index?: IndexName;
  readonly partition: string;
  /** Only rows whose sort key begins like this. */
  readonly startingWith?: string;
  /** Only rows whose sort key is no greater. */
  readonly upTo?: string;
}

type Row = Record<string, unknown>;

/** A page of a range. Throws PageTokenInvalid for a cursor of another one. */
export async function queryPage(
  table: Table,
  range: Range,
  { limit, cursor }: PageRequest,
): Promise<{ rows: Row[]; next?: string }> {
  const { partitionKey, sortKey } = keysOf(range);
  const { partition, startingWith = '' } = range;
  const startKey =
    cursor === undefined ? undefined : cursorFrom(cursor, { partitionKey, partition, sortKey, startingWith });
  const { rows, lastKey } = await query(table, range, startKey, limit);
  return { rows, ...(lastKey === undefined ? {} : { next: cursorTo(lastKey) }) };
}

/** All rows of a range, read page by page as they are taken. */
export async function* queryAll(table: Table, range: Range): AsyncGenerator<Row, void, undefined> {
  let startKey: Row | undefined;
  do {
    const { rows, lastKey } = await query(table, range, startKey);
    yield* rows;
    startKey = lastKey;
  } while (startKey !== undefined);
}

async function query(
  { client, tableName }: Table,
  range: Range,
  startKey: Row | undefined,
  limit?: number,
): Promise<{ rows: Row[]; lastKey: Row | undefined }> {
  const { partitionKey, sortKey } = keysOf(range);
  const bound = range.startingWith ?? range.upTo;
  const within = range.startingWith === undefined ? '#sort <= :bound' : 'begins_with(#sort, :bound)';
  const { Items: rows = [], LastEvaluatedKey: lastKey } = await tableCall('dynamodb:Query', () =>
    client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: range.index,
        ConsistentRead: range.index === undefined,
        KeyConditionExpression: `#partition = :partition${bound === undefined ? '' : ` AND ${within}`}`,
        ExpressionAttributeNames: {
          '#partition': partitionKey,
          ...(bound === undefined ? {} : { '#sort': sortKey }),
        },
        ExpressionAttributeValues: {
          ':partition': range.partition,
          ...(bound === undefined ? {} : { ':bound': bound }),
        },
        Limit: limit,
        ExclusiveStartKey: startKey,
      }),
    ),
  );
  return { rows, lastKey };
}

function keysOf({ index }: Range): { readonly partitionKey: string; readonly sortKey: string } {
  return index === undefined ? tableShape : tableShape.indexes[index];
}
