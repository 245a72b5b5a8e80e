import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { SlackCopy } from '../../domain/slack-copy.ts';
import { refusedWith } from '../aws-call.ts';
import { tableCall } from './call.ts';
import { queryAll } from './query.ts';
import type { Registry, Table } from './registry.ts';
import {
  type Row,
  recordIn,
  records,
  rowKey,
  slackCopyRow,
  statePartition,
  unfinishedCopies,
} from './rows.ts';

/** Which messages in Slack show a request, and who posts one. */
export function slackCopies(
  table: Table,
): Pick<
  Registry,
  | 'putSlackCopy'
  | 'slackCopiesOf'
  | 'unfinishedSlackCopies'
  | 'waitingRequestIds'
  | 'claimSlackPost'
  | 'releaseSlackPost'
> {
  /** From the index alone: no record is read, so that none that is corrupt is in the way of others. */
  async function* idsIn(partition: string): AsyncGenerator<string> {
    for await (const row of queryAll(table, { index: 'byState', partition })) yield String(row.stateSk);
  }
  return {
    putSlackCopy: (requestId, copy) => put(table, slackCopyRow(requestId, copy)),
    async slackCopiesOf(requestId) {
      const { PK: partition } = rowKey.slackCopy(requestId, '', '');
      const copies: SlackCopy[] = [];
      for await (const row of queryAll(table, { partition, startingWith: 'COPY#' })) {
        copies.push(recordIn(records.slackCopy, row));
      }
      return copies;
    },
    unfinishedSlackCopies: () => idsIn(unfinishedCopies),
    waitingRequestIds: () => idsIn(statePartition('REQUEST', 'awaiting-approval')),
    async claimSlackPost(requestId, channel, now, until) {
      try {
        await put(table, postRow(requestId, channel, until), {
          ConditionExpression: 'attribute_not_exists(PK) OR claimedUntil < :now',
          ExpressionAttributeValues: { ':now': now },
        });
        return true;
      } catch (error) {
        if (refusedWith(error, 'ConditionalCheckFailedException')) return false;
        throw error;
      }
    },
    releaseSlackPost: (requestId, channel) => put(table, postRow(requestId, channel, RELEASED)),
  };
}

/** Before any time at which somebody claims. */
const RELEASED = '1970-01-01T00:00:00.000Z';

function postRow(requestId: string, channel: string, claimedUntil: string): Row {
  return { ...rowKey.slackPost(requestId, channel), claimedUntil };
}

async function put(
  { client, tableName }: Table,
  row: Row,
  condition: Partial<PutCommand['input']> = {},
): Promise<void> {
  await tableCall('dynamodb:PutItem', () =>
    client.send(new PutCommand({ TableName: tableName, Item: row, ...condition })),
  );
}
