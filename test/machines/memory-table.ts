import { isDeepStrictEqual } from 'node:util';
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { tableShape } from '../../lambdas/adapters/registry/table.ts';

type Item = Record<string, unknown>;

interface Conditional {
  readonly Item?: Item | undefined;
  /** Of a row that is only looked at. */
  readonly Key?: Item | undefined;
  readonly ConditionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
}

/**
 * A client of one DynamoDB table in memory, for the commands and expressions that the registry uses: it judges the
 * conditions that it is given, and a transaction is written whole or not at all. Throws for any other command.
 */
export function memoryTable(): DynamoDBDocumentClient {
  const items = new Map<string, Item>();
  const keyOf = (item: Item): string => JSON.stringify([item.PK, item.SK]);
  const stored = (item: Item): Item | undefined => items.get(keyOf(item));
  const write = (item: Item = {}): void => {
    items.set(keyOf(item), JSON.parse(JSON.stringify(item)));
  };

  const transact = (parts: readonly Conditional[]): void => {
    const refused = parts.map((part) => !holds(part, stored(part.Item ?? part.Key ?? {})));
    if (refused.includes(true)) {
      throw new TransactionCanceledException({
        message: 'Transaction cancelled',
        $metadata: { httpStatusCode: 400 },
        CancellationReasons: parts.map(({ Item: item, Key: key = {} }, index) => {
          const found = stored(item ?? key);
          return {
            Code: refused[index] === true ? 'ConditionalCheckFailed' : 'None',
            ...(refused[index] === true && found !== undefined ? { Item: marshall(found) } : {}),
          };
        }),
      });
    }
    for (const { Item: item } of parts) if (item !== undefined) write(item);
  };

  const send = async (command: unknown): Promise<unknown> => {
    // Other callers come in between, as they do over a network.
    await new Promise(setImmediate);
    if (command instanceof GetCommand) {
      return { Item: structuredClone(stored(command.input.Key ?? {})) };
    }
    if (command instanceof PutCommand) {
      if (!holds(command.input, stored(command.input.Item ?? {}))) {
        throw new ConditionalCheckFailedException({ message: 'refused', $metadata: { httpStatusCode: 400 } });
      }
      return write(command.input.Item);
    }
    if (command instanceof QueryCommand) return query([...items.values()], command.input);
    if (command instanceof TransactWriteCommand) {
      return transact(
        (command.input.TransactItems ?? []).map(
          ({ Put: put, ConditionCheck: check }): Conditional => put ?? check ?? {},
        ),
      );
    }
    throw new TypeError('The memory table does not know this command.');
  };
  return { send } as unknown as DynamoDBDocumentClient;
}

/** Terms joined by OR, or by AND. */
function holds({ ConditionExpression: condition, ...names }: Conditional, found: Item | undefined): boolean {
  if (condition === undefined) return true;
  return condition
    .split(' OR ')
    .some((terms) => terms.split(' AND ').every((term) => termHolds(term, names, found)));
}

function termHolds(
  term: string,
  { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} }: Conditional,
  found: Item | undefined,
): boolean {
  const at = (path: string): unknown =>
    path.split('.').reduce<unknown>((inner, step) => {
      const name = names[step] ?? step;
      return typeof inner === 'object' && inner !== null ? (inner as Item)[name] : undefined;
    }, found);
  const [, fn, attribute = ''] = /^(attribute_exists|attribute_not_exists)\((.+)\)$/.exec(term) ?? [];
  if (fn !== undefined) return (at(attribute) === undefined) === (fn === 'attribute_not_exists');
  const [, path = '', sign, value = ''] = /^(\S+) (=|<) (:\w+)$/.exec(term) ?? [];
  const [left, right] = [at(path), values[value]];
  if (sign === '=') return left !== undefined && isDeepStrictEqual(left, right);
  if (sign === '<') return typeof left === 'string' && typeof right === 'string' && left < right;
  throw new SyntaxError(`The memory table cannot read the condition «${term}».`);
}

function query(
  all: readonly Item[],
  {
    IndexName: index,
    KeyConditionExpression: condition = '',
    ExpressionAttributeNames: names = {},
    ExpressionAttributeValues: values = {},
    Limit: limit = 1000,
    ExclusiveStartKey: start,
  }: QueryCommand['input'],
): { Items: Item[]; LastEvaluatedKey?: Item } {
  const keys = Object.entries(tableShape.indexes).find(([name]) => name === index)?.[1] ?? tableShape;
  const position = (item: Item): string => `${String(item[keys.sortKey])}\u0000${String(item.PK)}`;
  const bound = String(values[':bound'] ?? '');
  const inRange = (sort: string): boolean => {
    if (condition.includes('begins_with')) return sort.startsWith(bound);
    return condition.includes('<=') ? sort <= bound : true;
  };
  const rows = all
    .filter(
      (item) =>
        item[names['#partition'] ?? ''] === values[':partition'] && inRange(String(item[keys.sortKey])),
    )
    .toSorted((a, b) => (position(a) < position(b) ? -1 : 1))
    .filter((item) => start === undefined || position(item) > position(start));
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (rows.length < limit || last === undefined) return { Items: structuredClone(page) };
  const keyNames = [...new Set(['PK', 'SK', keys.partitionKey, keys.sortKey])];
  return {
    Items: structuredClone(page),
    // As DynamoDB does: a page that is full says that there may be more.
    LastEvaluatedKey: Object.fromEntries(keyNames.map((name) => [name, last[name]])),
  };
}
