import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { RowConflict } from '../../domain/errors.ts';
import type { SlackAccount } from '../../domain/slack-account.ts';
import { refusedWith } from '../aws-call.ts';
import { tableCall } from './call.ts';
import { getRow } from './reads.ts';
import type { Registry, Table } from './registry.ts';
import {
  type Row,
  type RowKey,
  recordIn,
  records,
  rowKey,
  slackAccountRows,
  slackCodeOfRow,
  slackCodeRow,
} from './rows.ts';

/** Which person a Slack account belongs to, and the codes by which that is proved. */
export function slackAccounts(
  table: Table,
): Pick<
  Registry,
  'putSlackCode' | 'slackCode' | 'linkSlackAccount' | 'unlinkSlackAccount' | 'slackAccount' | 'slackAccountOf'
> {
  const linkedAt = async (key: RowKey): Promise<SlackAccount | undefined> => {
    const row = await getRow(table, key);
    const account = row === undefined ? undefined : recordIn(records.slackAccount, row);
    return account?.unlinkedAt === undefined ? account : undefined;
  };
  return {
    putSlackCode: (code) => write(table, [{ row: slackCodeRow(code) }, { row: slackCodeOfRow(code) }]),
    async slackCode(codeHash) {
      const row = await getRow(table, rowKey.slackCode(codeHash));
      if (row === undefined) return undefined;
      const code = recordIn(records.slackCode, row);
      const last = await getRow(table, rowKey.slackCodeOf(code.person.id));
      return last?.codeHash === codeHash ? code : undefined;
    },
    async linkSlackAccount(account, code) {
      const [ofAccount, ofPerson] = slackAccountRows(account);
      const free = 'attribute_not_exists(PK) OR attribute_exists(#record.#unlinkedAt)';
      await write(table, [
        {
          row: ofAccount,
          condition: `${free} OR #record.#person.#id = :person`,
          values: { ':person': account.person.id },
        },
        {
          row: ofPerson,
          condition: `${free} OR #record.#teamId = :team AND #record.#userId = :user`,
          values: { ':team': account.teamId, ':user': account.userId },
        },
        {
          row: slackCodeRow({ ...code, usedAt: account.linkedAt }),
          condition: 'attribute_exists(PK) AND attribute_not_exists(#record.#usedAt)',
        },
        {
          // Written as it is, and so looked at: a check by itself would take a right of its own.
          row: slackCodeOfRow(code),
          condition: '#codeHash = :code',
          values: { ':code': code.codeHash },
        },
      ]);
    },
    async unlinkSlackAccount(account, at) {
      const rows = slackAccountRows({ ...account, unlinkedAt: at });
      await write(table, [
        ...rows.map((row) => ({
          row,
          condition: '#record.#linkedAt = :linkedAt AND attribute_not_exists(#record.#unlinkedAt)',
          values: { ':linkedAt': account.linkedAt },
        })),
        { row: rowKey.slackCodeOf(account.person.id) },
      ]);
    },
    slackAccount: (teamId, userId) => linkedAt(rowKey.slackAccount(teamId, userId)),
    slackAccountOf: (personId) => linkedAt(rowKey.slackAccountOf(personId)),
  };
}

interface Put {
  readonly row: Row | RowKey;
  readonly condition?: string;
  readonly values?: Record<string, unknown>;
}

async function write({ client, tableName }: Table, puts: readonly Put[]): Promise<void> {
  try {
    await tableCall('dynamodb:TransactWriteItems', () =>
      client.send(
        new TransactWriteCommand({
          TransactItems: puts.map(({ row, condition, values }) => ({
            Put: {
              TableName: tableName,
              Item: row,
              ...(condition === undefined
                ? {}
                : { ConditionExpression: condition, ExpressionAttributeNames: namesIn(condition) }),
              ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
            },
          })),
        }),
      ),
    );
  } catch (error) {
    if (!refusedWith(error, 'TransactionCanceledException')) throw error;
    throw new RowConflict('The link of a Slack account was changed by somebody else.', {}, { cause: error });
  }
}

/** Each `#name` of a condition stands for the attribute `name`. */
function namesIn(condition: string): Record<string, string> {
  const names = condition.match(/#\w+/g) ?? [];
  return Object.fromEntries(names.map((name) => [name, name.slice(1)]));
}
