import type { ConditionValues } from '../kms/authorization/conditions.ts';
import { tagFailure } from './errors.ts';

interface TagInput {
  readonly Key: string;
  readonly Value: string;
}

type Tags = Readonly<Record<string, string>>;

/** As a resource keeps them. Throws CloudHsmTagException for keys that AWS reserves, or that are given twice. */
export function tagsOf(list: readonly TagInput[]): Tags {
  if (list.some(({ Key }) => Key.toLowerCase().startsWith('aws:'))) {
    throw tagFailure('Tag keys that begin with "aws:" are reserved.');
  }
  if (new Set(list.map(({ Key }) => Key)).size !== list.length) {
    throw tagFailure('Tag keys must be unique in a request.');
  }
  return Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
}

export function tagList(tags: Tags): TagInput[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** The condition keys of the tags in a request. */
export function requestTagConditions(tags: Tags): ConditionValues {
  return {
    'aws:tagkeys': Object.keys(tags),
    ...Object.fromEntries(
      Object.entries(tags).map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, [value]]),
    ),
  };
}

/** The condition keys of the tags on the resource of a request. */
export function resourceTagConditions(tags: Tags): ConditionValues {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [`aws:resourcetag/${key.toLowerCase()}`, [value]]),
  );
}
