import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { BackendBusy, PasskeyInvalid } from '../../domain/errors.ts';
import type { PasskeyRecord } from '../../domain/passkey.ts';
import { tableCall } from './call.ts';
import { queryAll } from './query.ts';
import type { Registry, Table } from './registry.ts';
import { passkeyClaimRow, passkeyRow, recordIn, records } from './rows.ts';

/** The passkeys of people. Each is one person's for good: what a removed one has signed stays that person's. */
export function passkeys(table: Table): Pick<Registry, 'putPasskey' | 'passkeysOf'> {
  return {
    putPasskey: (passkey) => putPasskey(table, passkey),
    async passkeysOf(personId) {
      const known: PasskeyRecord[] = [];
      for await (const row of queryAll(table, {
        partition: `PASSKEY#${personId}`,
        startingWith: 'CREDENTIAL#',
      })) {
        known.push(recordIn(records.passkey, row));
      }
      return known.filter(({ removedAt }) => removedAt === undefined);
    },
  };
}

async function putPasskey({ client, tableName }: Table, passkey: PasskeyRecord): Promise<void> {
  const { personId, credentialId, publicKey } = passkey;
  const claims = [credentialId, publicKey].map((what) => passkeyClaimRow(what, personId));
  try {
    await tableCall('dynamodb:TransactWriteItems', () =>
      client.send(
        new TransactWriteCommand({
          TransactItems: [
            { Put: { TableName: tableName, Item: passkeyRow(passkey) } },
            ...claims.map((row) => ({
              Put: {
                TableName: tableName,
                Item: row,
                ConditionExpression: 'attribute_not_exists(PK) OR personId = :mine',
                ExpressionAttributeValues: { ':mine': personId },
              },
            })),
          ],
        }),
      ),
    );
  } catch (error) {
    const cancelled = error instanceof Error ? error.cause : undefined;
    if (!(cancelled instanceof TransactionCanceledException)) throw error;
    const taken = cancelled.CancellationReasons?.some(({ Code: code }) => code === 'ConditionalCheckFailed');
    throw taken === true
      ? new PasskeyInvalid(
          'This passkey is somebody else’s here. Enrol one of your own, and tell your security team if it is this one.',
          {},
          { cause: error },
        )
      : new BackendBusy('The passkey met another writer; it is tried again.', {}, { cause: error });
  }
}
