import * as z from 'zod';
import type { ConditionValues } from '../authorization/conditions.ts';
import { ServiceError } from '../errors.ts';
import { keyArn } from '../key-reference.ts';
import type { Kms } from '../kms.ts';
import { keyOperation, type Touch } from '../operation.ts';
import { pageOf } from '../protocol/pagination.ts';
import type { KmsKey } from '../store/keys.ts';
import { keyId, pagination, tagKey, tags } from './fields.ts';

const TAGS_PER_KEY = 50;

interface TagInput {
  readonly TagKey: string;
  readonly TagValue: string;
}

export const tagResource = keyOperation({
  schema: z.object({ KeyId: keyId, Tags: tags }),
  readOnly: false,
  conditions: ({ Tags }) => requestTagConditions(Tags),
  handle: ({ kms, key }, { Tags }) => {
    checkTags(Tags);
    putTags(kms, key, Tags);
    if (kms.tags.list(key.id).length > TAGS_PER_KEY) {
      throw new ServiceError('TagException', 'Too many tags');
    }
    return {};
  },
});

export const untagResource = keyOperation({
  schema: z.object({ KeyId: keyId, TagKeys: z.array(tagKey) }),
  readOnly: false,
  conditions: ({ TagKeys }) => ({ 'aws:tagkeys': TagKeys }),
  handle: ({ kms, key }, { TagKeys }) => {
    refuseReserved(TagKeys);
    for (const name of TagKeys) kms.tags.remove(key.id, name);
    return {};
  },
});

export const listResourceTags = keyOperation({
  schema: z.object({ KeyId: keyId, ...pagination(50, 50) }),
  readOnly: true,
  handle: ({ kms, key }, input) => {
    const { items, position } = pageOf(kms.tags.list(key.id), (tag) => tag.tagKey, input);
    return {
      output: { Tags: items.map((tag) => ({ TagKey: tag.tagKey, TagValue: tag.tagValue })), ...position },
    };
  },
});

export function putTags(kms: Kms, key: Pick<KmsKey, 'id'>, given: readonly TagInput[]): void {
  for (const { TagKey, TagValue } of given) kms.tags.put(key.id, { tagKey: TagKey, tagValue: TagValue });
}

/** Making a key asks IAM about no resource, tagging it about the key that is being made; both in the Region of that. */
export function touchesOfCreation({ account }: Kms, id: string, given: readonly TagInput[]): Touch[] {
  const making: Touch = { kind: 'account', action: 'kms:CreateKey', account };
  if (given.length === 0) return [making];
  return [making, { kind: 'account', action: 'kms:TagResource', resource: keyArn(account, id), account }];
}

function refuseReserved(tagKeys: readonly string[]): void {
  if (tagKeys.some((name) => name.startsWith('aws:'))) {
    throw new ServiceError('TagException', 'Tags beginning with aws: are reserved');
  }
}

/** Throws TagException for too many tags, tags that AWS reserves, and for a tag key that is given twice. */
export function checkTags(given: readonly TagInput[]): void {
  if (given.length > TAGS_PER_KEY) throw new ServiceError('TagException', 'Too many tags');
  const names = given.map(({ TagKey }) => TagKey);
  refuseReserved(names);
  if (new Set(names).size !== names.length) {
    throw new ServiceError('TagException', 'Duplicate tag keys');
  }
}

/** The condition keys of tags in a request, in lower case. */
export function requestTagConditions(given: readonly TagInput[]): ConditionValues {
  return {
    'aws:tagkeys': given.map(({ TagKey }) => TagKey),
    ...Object.fromEntries(
      given.map(({ TagKey, TagValue }) => [`aws:requesttag/${TagKey.toLowerCase()}`, [TagValue]]),
    ),
  };
}
