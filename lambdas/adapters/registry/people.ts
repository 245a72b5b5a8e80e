import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import type { AbsenceRecord } from '../../domain/absence.ts';
import { RowConflict } from '../../domain/errors.ts';
import { refusedWith } from '../aws-call.ts';
import { tableCall } from './call.ts';
import { queryAll } from './query.ts';
import type { Registry, Table } from './registry.ts';
import { absenceRows, consumerRow, type Row, recordIn, records, rowKey } from './rows.ts';

/** What people say of themselves and of the keys they use. Each row is written whole; the last writer wins. */
export function people(
  table: Table,
): Pick<
  Registry,
  'beginAbsence' | 'putAbsence' | 'absencesOf' | 'standInsOf' | 'putConsumer' | 'consumersOf'
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
    beginAbsence: (absence, others) => beginAbsence(table, absence, others.length),
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

/** Absences are never deleted: nobody has begun another one for as long as there are no more. */
async function beginAbsence(
  { client, tableName: TableName }: Table,
  absence: AbsenceRecord,
  known: number,
): Promise<void> {
  const counted = { ...rowKey.absences(absence.person.id), begun: known + 1 };
  try {
    await tableCall('dynamodb:TransactWriteItems', () =>
      client.send(
        new TransactWriteCommand({
          TransactItems: [
            {
              Put: {
                TableName,
                Item: counted,
                ConditionExpression: 'attribute_not_exists(PK) OR begun = :known',
                ExpressionAttributeValues: { ':known': known },
              },
            },
            ...absenceRows(absence).map((row) => ({ Put: { TableName, Item: row } })),
          ],
        }),
      ),
    );
  } catch (error) {
    if (!refusedWith(error, 'TransactionCanceledException')) throw error;
    throw new RowConflict('Another absence of this person was begun.', {}, { cause: error });
  }
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
