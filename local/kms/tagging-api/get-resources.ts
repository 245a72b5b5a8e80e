import * as z from 'zod';
import { ServiceError } from '../errors.ts';
import type { Kms } from '../kms.ts';
import type { Tag } from '../store/tags.ts';

const schema = z.strictObject({
  PaginationToken: z.string().max(2048).default(''),
  TagFilters: z
    .array(
      z.strictObject({
        Key: z.string().min(1).max(128),
        Values: z.array(z.string().max(256)).max(20).default([]),
      }),
    )
    .max(50)
    .default([]),
  ResourcesPerPage: z.int().min(1).max(100).default(50),
  ResourceTypeFilters: z.array(z.string().max(256)).default([]),
  ResourceARNList: z.array(z.string()).min(1).max(100).optional(),
});

type Input = z.infer<typeof schema>;

/**
 * GetResources of the Resource Groups Tagging API over the KMS keys: a key is found by its tags until it is
 * deleted. Filters with different keys must all match, of the values of one filter any. Keys without a tag do
 * not appear, as on AWS. Throws InvalidParameterException.
 */
export function getResources(kms: Kms, body: unknown): object {
  const result = schema.safeParse(body);
  if (!result.success) throw invalidParameter(z.prettifyError(result.error));
  const input = result.data;
  const after = Buffer.from(input.PaginationToken, 'base64url').toString();
  const found = asksForKeys(input) ? matchingKeys(kms, input).filter(({ arn }) => arn > after) : [];
  const page = found.slice(0, input.ResourcesPerPage);
  const last = page.at(-1);
  return {
    ResourceTagMappingList: page.map(({ arn, tags }) => ({
      ResourceARN: arn,
      Tags: tags.map(({ tagKey, tagValue }) => ({ Key: tagKey, Value: tagValue })),
    })),
    PaginationToken:
      last === undefined || page.length === found.length ? '' : Buffer.from(last.arn).toString('base64url'),
  };
}

const invalidParameter = (message: string) => new ServiceError('InvalidParameterException', message);

function asksForKeys({ ResourceTypeFilters: types }: Input): boolean {
  return types.length === 0 || types.some((type) => type === 'kms' || type === 'kms:key');
}

function matchingKeys(kms: Kms, { TagFilters, ResourceARNList }: Input) {
  return kms.keys
    .list()
    .map(({ id, arn }) => ({ arn, tags: kms.tags.list(id) }))
    .filter(({ arn, tags }) => tags.length > 0 && (ResourceARNList?.includes(arn) ?? true))
    .filter(({ tags }) => TagFilters.every((filter) => hasTag(tags, filter)))
    .toSorted((a, b) => (a.arn < b.arn ? -1 : 1));
}

function hasTag(tags: readonly Tag[], { Key, Values }: Input['TagFilters'][number]): boolean {
  return tags.some(
    ({ tagKey, tagValue }) => tagKey === Key && (Values.length === 0 || Values.includes(tagValue)),
  );
}
