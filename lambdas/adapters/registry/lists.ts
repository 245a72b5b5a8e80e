import type * as z from 'zod';
import { RecordCorrupt } from '../../domain/errors.ts';
import { queryAll, queryPage, type Range } from './query.ts';
import type { Filter, Page, PageRequest, Registry, Table } from './registry.ts';
import { duePartitions, ownerPartition, recordIn, records, statePartition } from './rows.ts';

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
      let unreadable: RecordCorrupt | undefined;
      // '$' comes right after the '#' that ends the time.
      let shards = duePartitions.map((partition) =>
        queryAll(table, { index: 'due', partition, upTo: `${now}$` }),
      );
      // The shards take turns: one that is full of what fails does not keep the others waiting.
      while (shards.length > 0) {
        for (const shard of shards) {
          const next = await shard.next();
          if (next.done === true) {
            shards = shards.filter((other) => other !== shard);
            continue;
          }
          const item = dueItem(next.value);
          if (item instanceof RecordCorrupt) unreadable = item;
          else yield item;
        }
      }
      if (unreadable !== undefined) throw unreadable;
    },
  };
}

function dueItem({ PK, SK, dueSk }: Record<string, unknown>): DueItem | RecordCorrupt {
  const [, dueAt, kind, id] = /^([^#]+)#(key|request)#([^#]+)$/.exec(String(dueSk)) ?? [];
  return dueAt === undefined || kind === undefined || id === undefined
    ? new RecordCorrupt(`The row ${String(PK)} / ${String(SK)} is due in no known form.`, { PK, SK })
    : { dueAt, kind: kind === 'key' ? 'key' : 'request', id };
}

async function listRecords<S extends z.ZodType>(
  table: Table,
  schema: S,
  kind: 'KEY' | 'REQUEST',
  filter: Filter<string>,
  page: PageRequest,
): Promise<Page<z.output<S>>> {
  const range: Range =
    filter.owner === undefined
      ? { index: 'byState', partition: statePartition(kind, filter.state) }
      : {
          index: 'byOwner',
          partition: ownerPartition(kind, filter.owner),
          ...(filter.state === undefined ? {} : { startingWith: `${filter.state}#` }),
        };
  const { rows, next } = await queryPage(table, range, page);
  const items = rows.flatMap((row) => readable(schema, row, page.unreadable));
  return { items, ...(next === undefined ? {} : { next }) };
}

function readable<S extends z.ZodType>(
  schema: S,
  row: unknown,
  unreadable: PageRequest['unreadable'],
): z.output<S>[] {
  try {
    return [recordIn(schema, row)];
  } catch (error) {
    if (unreadable === undefined || !(error instanceof RecordCorrupt)) throw error;
    unreadable(error);
    return [];
  }
}
