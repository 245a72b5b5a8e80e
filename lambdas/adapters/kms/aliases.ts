import {
  CreateAliasCommand,
  DeleteAliasCommand,
  type KMSClient,
  paginateListAliases,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { awsCall, refusedWith } from '../aws-call.ts';

export async function createAlias(client: KMSClient, alias: string, kmsKeyId: string): Promise<void> {
  await awsCall('kms:CreateAlias', () =>
    client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: kmsKeyId })),
  );
}

export async function updateAlias(client: KMSClient, alias: string, kmsKeyId: string): Promise<void> {
  await awsCall('kms:UpdateAlias', () =>
    client.send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: kmsKeyId })),
  );
}

/** Deletes a name, whatever it points at: read that just before. A name that is gone already is as well. */
export async function deleteAlias(client: KMSClient, alias: string): Promise<void> {
  try {
    await awsCall('kms:DeleteAlias', () => client.send(new DeleteAliasCommand({ AliasName: alias })));
  } catch (error) {
    if (!refusedWith(error, 'NotFoundException')) throw error;
  }
}

/** The names that point at a KMS key, as KMS lists them: it may list a name where it was before. */
export async function aliasesOf(client: KMSClient, kmsKeyId: string): Promise<string[]> {
  return awsCall('kms:ListAliases', async () => {
    const names: string[] = [];
    for await (const page of paginateListAliases({ client }, { KeyId: kmsKeyId })) {
      for (const { AliasName: name } of page.Aliases ?? []) if (name !== undefined) names.push(name);
    }
    return names;
  });
}

/**
 * The id of the KMS key that a name points at, whoever owns it. Reads the account's aliases until it finds the name: for
 * the rare case in which that key may not be described.
 */
export async function targetOf(client: KMSClient, alias: string): Promise<string | undefined> {
  return awsCall('kms:ListAliases', async () => {
    for await (const page of paginateListAliases({ client }, {})) {
      const found = page.Aliases?.find(({ AliasName: name }) => name === alias);
      if (found !== undefined) return found.TargetKeyId;
    }
    return undefined;
  });
}
