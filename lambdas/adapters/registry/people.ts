import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { tableCall } from './call.ts';
import { queryAll } from './query.ts';
import type { Registry, Table } from './registry.ts';
import { absenceRows, consumerRow, type Row, recordIn, records } from './rows.ts';

/** What people say of themselves and of the keys they use. Each row is written whole; the last writer wins. */
export function people(
  table: Table,
): Pick<Registry, 'putAbsence' | 'absencesOf' | 'standInsOf' | 'putConsumer' | 'consumersOf'> {
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
