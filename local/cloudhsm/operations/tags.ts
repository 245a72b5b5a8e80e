import * as z from 'zod';
import type { ConditionValues } from '../../kms/authorization/conditions.ts';
import type { CloudHsm } from '../cloudhsm.ts';
import { resourceLimitExceeded } from '../errors.ts';
import { pagination, taggableId, tagKey, tagList } from '../fields.ts';
import { existingBackup, existingCluster } from '../lookup.ts';
import { type Call, operation, type Permission } from '../operation.ts';
import { pageOf } from '../pagination.ts';
import { tagList as listed, requestTagConditions, tagsOf } from '../tags.ts';
import { onBackup } from './backups.ts';
import { onCluster } from './clusters.ts';

const TAGS_PER_RESOURCE = 50;

type Tags = Readonly<Record<string, string>>;

interface Tagged {
  readonly tags: Tags;
  readonly permissions: (conditions?: ConditionValues) => readonly Permission[];
  readonly set: (tags: Tags) => void;
}

/** The cluster or the backup of that id. */
function tagged({ cloudHsm, account }: Call, id: string): Tagged {
  return id.startsWith('cluster-')
    ? taggedCluster(cloudHsm, account, id)
    : taggedBackup(cloudHsm, account, id);
}

function taggedCluster(cloudHsm: CloudHsm, account: Call['account'], id: string): Tagged {
  const cluster = existingCluster(cloudHsm, account, id);
  return {
    tags: cluster.tags,
    permissions: (conditions) => onCluster(cluster, conditions),
    set: (tags) => cloudHsm.clusters.update({ ...cluster, tags }),
  };
}

function taggedBackup(cloudHsm: CloudHsm, account: Call['account'], id: string): Tagged {
  const backup = existingBackup(cloudHsm, account, id);
  return {
    tags: backup.tags,
    permissions: (conditions) => onBackup(backup, conditions),
    set: (tags) => cloudHsm.backups.update({ ...backup, tags }),
  };
}

export const listTags = operation({
  schema: z.object({
    ResourceId: taggableId,
    ...pagination(100),
  }),
  readOnly: true,
  resolve: (call, input) => {
    const { tags, permissions } = tagged(call, input.ResourceId);
    return {
      permissions: permissions(),
      effect: () => {
        const { items, position } = pageOf(listed(tags), (tag) => tag.Key, input);
        return { output: { TagList: items, ...position } };
      },
    };
  },
});

export const tagResource = operation({
  schema: z.object({ ResourceId: taggableId, TagList: tagList }),
  readOnly: false,
  resolve: (call, input) => {
    const { tags, permissions, set } = tagged(call, input.ResourceId);
    const added = tagsOf(input.TagList);
    return {
      permissions: permissions(requestTagConditions(added)),
      effect: () => {
        const all = { ...tags, ...added };
        if (Object.keys(all).length > TAGS_PER_RESOURCE) {
          throw resourceLimitExceeded(`A resource can have ${TAGS_PER_RESOURCE} tags.`);
        }
        set(all);
        return { output: {} };
      },
    };
  },
});

export const untagResource = operation({
  schema: z.object({ ResourceId: taggableId, TagKeyList: z.array(tagKey).min(1).max(50) }),
  readOnly: false,
  resolve: (call, input) => {
    const { tags, permissions, set } = tagged(call, input.ResourceId);
    return {
      permissions: permissions({ 'aws:tagkeys': input.TagKeyList }),
      effect: () => {
        set(Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeyList.includes(key))));
        return { output: {} };
      },
    };
  },
});
