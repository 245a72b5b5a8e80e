import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { refusedWith } from '../aws-call.ts';
import { tableCall } from './call.ts';
import { getRow } from './reads.ts';
import type { Registry, Table } from './registry.ts';
import { parseRow, type RowKey, rowKey } from './rows.ts';

const named = z.looseObject({ keyId: z.string(), releasedAt: z.string().optional() });
const waiting = z.looseObject({ token: z.string() });
const answered = z.looseObject({
  key: z.string(),
  bodyHash: z.string(),
  requestId: z.string(),
  expiresAt: z.string(),
});

/** Rows beside the records: names, task tokens, answers to repeat, and what was done once. */
export function markers(
  table: Table,
): Pick<
  Registry,
  | 'holderOfAlias'
  | 'keyIdOfKmsKey'
  | 'getIdempotency'
  | 'putTaskToken'
  | 'getTaskToken'
  | 'claimOnce'
  | 'isClaimed'
> {
  const read = async <S extends z.ZodType>(schema: S, key: RowKey): Promise<z.output<S> | undefined> => {
    const row = await getRow(table, key);
    return row === undefined ? undefined : parseRow(schema, row);
  };
  return {
    async holderOfAlias(alias) {
      const row = await read(named, rowKey.alias(alias));
      return row?.releasedAt === undefined ? row?.keyId : undefined;
    },
    async keyIdOfKmsKey(kmsKeyArn) {
      return (await read(named, rowKey.kmsKey(kmsKeyArn)))?.keyId;
    },
    async getIdempotency(key) {
      const row = await read(answered, rowKey.idempotency(key));
      if (row === undefined) return undefined;
      const { bodyHash, requestId, expiresAt } = row;
      return { key: row.key, bodyHash, requestId, expiresAt };
    },
    async putTaskToken(requestId, token, at) {
      await put(table, { ...rowKey.token(requestId), token, at });
    },
    async getTaskToken(requestId) {
      return (await read(waiting, rowKey.token(requestId)))?.token;
    },
    async claimOnce(id, seconds) {
      const ttl = Math.floor(Date.now() / 1000) + seconds;
      try {
        await put(table, { ...rowKey.once(id), ttl }, 'attribute_not_exists(PK)');
        return true;
      } catch (error) {
        if (refusedWith(error, 'ConditionalCheckFailedException')) return false;
        throw error;
      }
    },
    async isClaimed(id) {
      return (await getRow(table, rowKey.once(id))) !== undefined;
    },
  };
}

async function put(
  { client, tableName }: Table,
  item: Record<string, unknown>,
  condition?: string,
): Promise<void> {
  await tableCall('dynamodb:PutItem', () =>
    client.send(
      new PutCommand({
        TableName: tableName,
        Item: item,
        ...(condition === undefined ? {} : { ConditionExpression: condition }),
      }),
    ),
  );
}
