import {
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  type KeyMetadata,
  type KMSClient,
} from '@aws-sdk/client-kms';
import {
  paginateGetResources,
  type ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { BackendRefused } from '../../domain/errors.ts';
import type { KeySpec, KeyUsage } from '../../domain/key.ts';
import { awsCall, refusedWith } from '../aws-call.ts';

/** The tags that make a KMS key Keyward's. The first is what every role's permissions hang on. */
export const tagNames = {
  managed: 'keyward:managed',
  keyId: 'keyward:key-id',
  requestId: 'keyward:request-id',
  owner: 'keyward:owner',
} as const;

/** What KMS says of a KMS key. */
export interface KmsKey {
  readonly kmsKeyId: string;
  readonly kmsKeyArn: string;
  readonly keyState: string;
  readonly createdAt: string;
  readonly keyMaterialId?: string;
  readonly deletionDate?: string;
  /** `CUSTOMER` or `AWS`. */
  readonly manager?: string;
  /** Where its material comes from. */
  readonly origin?: string;
  readonly spec?: string;
  readonly usage?: string;
  readonly multiRegion: boolean;
  /** Whether it lives in a custom key store. */
  readonly inKeyStore: boolean;
}

/**
 * Creates a KMS key. KMS has no client token for this, so the tag with the request's id is what a retry looks for
 * (`findByRequest`) before it creates again.
 */
export async function createKmsKey(
  client: KMSClient,
  input: {
    readonly keyId: string;
    readonly requestId: string;
    readonly owner: string;
    readonly description: string;
    readonly spec: KeySpec;
    readonly usage: KeyUsage;
    /** The key policy as JSON. */
    readonly policy: string;
  },
): Promise<KmsKey> {
  const { KeyMetadata: metadata } = await awsCall('kms:CreateKey', () =>
    client.send(
      new CreateKeyCommand({
        KeySpec: input.spec,
        KeyUsage: input.usage,
        Origin: 'AWS_KMS',
        Description: input.description,
        Policy: input.policy,
        Tags: [
          { TagKey: tagNames.managed, TagValue: 'true' },
          { TagKey: tagNames.keyId, TagValue: input.keyId },
          { TagKey: tagNames.requestId, TagValue: input.requestId },
          { TagKey: tagNames.owner, TagValue: input.owner },
        ],
      }),
    ),
  );
  return kmsKey(metadata);
}

/** Reads a KMS key by id, ARN or alias; undefined when KMS knows none (any more, or yet). */
export async function describeKmsKey(client: KMSClient, kmsKeyId: string): Promise<KmsKey | undefined> {
  try {
    const { KeyMetadata: metadata } = await awsCall('kms:DescribeKey', () =>
      client.send(new DescribeKeyCommand({ KeyId: kmsKeyId })),
    );
    return kmsKey(metadata);
  } catch (error) {
    if (refusedWith(error, 'NotFoundException')) return undefined;
    throw error;
  }
}

/** Whether KMS has the KMS key and will go on having it: one that is on its way to deletion cannot be named or used. */
export function isKept(found: KmsKey | undefined): found is KmsKey {
  return found !== undefined && found.keyState !== 'PendingDeletion';
}

export async function disableKmsKey(client: KMSClient, kmsKeyId: string): Promise<void> {
  await awsCall('kms:DisableKey', () => client.send(new DisableKeyCommand({ KeyId: kmsKeyId })));
}

export async function enableKmsKey(client: KMSClient, kmsKeyId: string): Promise<void> {
  await awsCall('kms:EnableKey', () => client.send(new EnableKeyCommand({ KeyId: kmsKeyId })));
}

/**
 * The ARNs of the KMS keys whose tags say that a request has made them for a key: whoever may tag can write those on any
 * KMS key. The tag index may lag behind KMS by some seconds.
 */
export async function findByRequest(
  client: ResourceGroupsTaggingAPIClient,
  { keyId, requestId }: { readonly keyId: string; readonly requestId: string },
): Promise<string[]> {
  return awsCall('tag:GetResources', async () => {
    const found: string[] = [];
    const pages = paginateGetResources(
      { client },
      {
        ResourceTypeFilters: ['kms:key'],
        TagFilters: [
          { Key: tagNames.managed, Values: ['true'] },
          { Key: tagNames.keyId, Values: [keyId] },
          { Key: tagNames.requestId, Values: [requestId] },
        ],
      },
    );
    for await (const { ResourceTagMappingList: tagged = [] } of pages) {
      found.push(...tagged.flatMap(({ ResourceARN: arn }) => (arn === undefined ? [] : [arn])));
    }
    return found;
  });
}

/** A KMS key that carries Keyward's tag, and what its tags say of it. */
export interface TaggedKey {
  readonly kmsKeyArn: string;
  readonly keyId?: string;
  readonly requestId?: string;
}

/** Every KMS key that carries Keyward's tag. */
export async function* listManaged(client: ResourceGroupsTaggingAPIClient): AsyncGenerator<TaggedKey> {
  const pages = paginateGetResources(
    { client },
    { ResourceTypeFilters: ['kms:key'], TagFilters: [{ Key: tagNames.managed, Values: ['true'] }] },
  );
  for await (const page of pages) {
    for (const { ResourceARN: kmsKeyArn, Tags: tags = [] } of page.ResourceTagMappingList ?? []) {
      if (kmsKeyArn === undefined) continue;
      const valueOf = (name: string) => tags.find(({ Key: key }) => key === name)?.Value;
      const keyId = valueOf(tagNames.keyId);
      const requestId = valueOf(tagNames.requestId);
      yield { kmsKeyArn, ...(keyId && { keyId }), ...(requestId && { requestId }) };
    }
  }
}

function kmsKey(metadata: KeyMetadata | undefined): KmsKey {
  if (metadata?.KeyId === undefined || metadata.Arn === undefined || metadata.KeyState === undefined) {
    throw new BackendRefused('KMS answered without the key’s id, ARN or state.', {
      awsCode: 'IncompleteAnswer',
    });
  }
  const { KeyId: kmsKeyId, Arn: kmsKeyArn, KeyState: keyState, CreationDate: created } = metadata;
  return {
    kmsKeyId,
    kmsKeyArn,
    keyState,
    createdAt: (created ?? new Date(0)).toISOString(),
    multiRegion: metadata.MultiRegion === true,
    inKeyStore: metadata.CustomKeyStoreId !== undefined,
    ...(metadata.KeyManager === undefined ? {} : { manager: metadata.KeyManager }),
    ...(metadata.Origin === undefined ? {} : { origin: metadata.Origin }),
    ...(metadata.KeySpec === undefined ? {} : { spec: metadata.KeySpec }),
    ...(metadata.KeyUsage === undefined ? {} : { usage: metadata.KeyUsage }),
    ...(metadata.CurrentKeyMaterialId === undefined ? {} : { keyMaterialId: metadata.CurrentKeyMaterialId }),
    ...(metadata.DeletionDate === undefined ? {} : { deletionDate: metadata.DeletionDate.toISOString() }),
  };
}
