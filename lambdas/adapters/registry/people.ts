import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { tableCall } from './call.ts';
import { queryAll } from './query.ts';
import { getRow } from './reads.ts';
import type { Registry, Table } from './registry.ts';
import {
  absenceRows,
  consumerRow,
  passkeyRow,
  type Row,
  recordIn,
  records,
  rowKey,
  slackAccountRow,
  slackCopyRow,
} from './rows.ts';

/** What people say of themselves and of the keys they use. Each row is written whole; the last writer wins. */
export function people(
  table: Table,
): Pick<
  Registry,
  | 'putAbsence'
  | 'absencesOf'
  | 'standInsOf'
  | 'putPasskey'
  | 'passkeysOf'
  | 'putSlackAccount'
  | 'slackAccount'
  | 'putSlackCopy'
  | 'slackCopiesOf'
  | 'putConsumer'
  | 'consumersOf'
> {
  const list = async <S extends z.ZodType>(
    schema: S,
    partition: string,
    startingWith: string,
  ): Promise<z.output<S>[]> => {
    const all: z.output<S>[] = [];
    for await (const row of queryAll(table, { partition, startingWith })) all.push(recordIn(schema, row));
    return all;
  };
  return {
    putAbsence: (absence) => putRows(table, absenceRows(absence)),
    absencesOf: (personId) => list(records.absence, `PERSON#${personId}`, 'ABSENCE#'),
    standInsOf: (substituteId) => list(records.absence, `PERSON#${substituteId}`, 'STANDIN#'),
    putPasskey: (passkey) => putRows(table, [passkeyRow(passkey)]),
    passkeysOf: async (personId) => {
      const all = await list(records.passkey, `PERSON#${personId}`, 'PASSKEY#');
      return all.filter(({ removedAt }) => removedAt === undefined);
    },
    putSlackAccount: (account) => putRows(table, [slackAccountRow(account)]),
    async slackAccount(teamId, userId) {
      const row = await getRow(table, rowKey.slackAccount(teamId, userId));
      return row === undefined ? undefined : recordIn(records.slackAccount, row);
    },
    putSlackCopy: (requestId, copy) => putRows(table, [slackCopyRow(requestId, copy)]),
    slackCopiesOf: (requestId) => list(records.slackCopy, `SLACKCOPY#${requestId}`, 'COPY#'),
    putConsumer: (consumer) => putRows(table, [consumerRow(consumer)]),
    consumersOf: async (keyId) => {
      const all = await list(records.consumer, `KEY#${keyId}`, 'CONSUMER#');
      return all.filter(({ removedAt }) => removedAt === undefined);
    },
  };
}

async function putRows({ client, tableName }: Table, rows: readonly Row[]): Promise<void> {
  await tableCall('dynamodb:TransactWriteItems', () =>
    client.send(
      new TransactWriteCommand({
        TransactItems: rows.map((row) => ({ Put: { TableName: tableName, Item: row } })),
      }),
    ),
  );
}
