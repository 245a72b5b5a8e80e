import {
  ListResourceTagsCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-kms';
import {
  GetResourcesCommand,
  type GetResourcesCommandInput,
  GetTagKeysCommand,
  ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, identityPolicy, localKms, type TestKms } from './local-kms.ts';

const tag = (TagKey: string, TagValue: string) => ({ TagKey, TagValue });

describe('tags of a key', () => {
  test('are put, replaced, removed and listed by the page', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey({ Tags: [tag('team', 'pay'), tag('env', 'test')] });
    await kms.root.send(new TagResourceCommand({ KeyId: id, Tags: [tag('env', 'live'), tag('cost', '')] }));
    await kms.root.send(new UntagResourceCommand({ KeyId: id, TagKeys: ['team', 'absent'] }));
    const list = (input: { Limit?: number; Marker?: string | undefined }) =>
      kms.root.send(new ListResourceTagsCommand({ KeyId: id, ...input }));
    await expect(list({})).resolves.toMatchObject({
      Tags: [tag('cost', ''), tag('env', 'live')],
      Truncated: false,
    });
    const page = await list({ Limit: 1 });
    await expect(list({ Limit: 1, Marker: page.NextMarker })).resolves.toMatchObject({
      Tags: [tag('env', 'live')],
      Truncated: false,
    });
  });

  test('are 50 at most, none twice, none of AWS', async () => {
    const kms = await localKms();
    const Tags = Array.from({ length: 50 }, (_, index) => tag(`key-${index}`, 'x'));
    const { id } = await kms.createKey({ Tags });
    const { id: bare } = await kms.createKey();
    const refusals = [
      [id, [tag('one-more', 'x')]],
      [bare, [tag('a', '1'), tag('a', '2')]],
      [bare, [tag('aws:a', '1')]],
    ] as const;
    for (const [KeyId, wrong] of refusals) {
      await expect(kms.root.send(new TagResourceCommand({ KeyId, Tags: [...wrong] }))).rejects.toMatchObject({
        name: 'TagException',
      });
    }
    await expect(
      kms.root.send(new UntagResourceCommand({ KeyId: id, TagKeys: ['aws:a'] })),
    ).rejects.toMatchObject({ name: 'TagException' });
    await expect(kms.root.send(new ListResourceTagsCommand({ KeyId: id }))).resolves.toMatchObject({
      Truncated: false,
      Tags: expect.not.arrayContaining([tag('one-more', 'x')]),
    });
  });
});

describe('the Resource Groups Tagging API', () => {
  const api = (kms: TestKms, accessKeyId = 'test') =>
    new ResourceGroupsTaggingAPIClient({
      endpoint: kms.url,
      region: 'us-east-1',
      credentials: { accessKeyId, secretAccessKey: 'of no account' },
      maxAttempts: 1,
    });

  async function found(kms: TestKms, input: GetResourcesCommandInput): Promise<(string | undefined)[]> {
    const { ResourceTagMappingList } = await api(kms).send(new GetResourcesCommand(input));
    return ResourceTagMappingList?.map(({ ResourceARN }) => ResourceARN) ?? [];
  }

  test('finds keys by their tags', async () => {
    const kms = await localKms();
    const pay = await kms.createKey({ Tags: [tag('managed-by', 'keyward'), tag('team', 'pay')] });
    const hr = await kms.createKey({ Tags: [tag('managed-by', 'keyward'), tag('team', 'hr')] });
    await kms.createKey();
    const both = [pay.arn, hr.arn].toSorted();
    expect(await found(kms, {})).toEqual(both);
    expect(await found(kms, { TagFilters: [{ Key: 'managed-by', Values: ['keyward'] }] })).toEqual(both);
    expect(await found(kms, { TagFilters: [{ Key: 'team', Values: ['hr', 'it'] }] })).toEqual([hr.arn]);
    expect(
      await found(kms, { TagFilters: [{ Key: 'managed-by' }, { Key: 'team', Values: ['pay'] }] }),
    ).toEqual([pay.arn]);
    expect(await found(kms, { ResourceTypeFilters: ['kms:key'] })).toEqual(both);
    expect(await found(kms, { ResourceTypeFilters: ['s3'] })).toEqual([]);
    expect(await found(kms, { ResourceARNList: [hr.arn] })).toEqual([hr.arn]);
    const { ResourceTagMappingList } = await api(kms).send(
      new GetResourcesCommand({ ResourceARNList: [hr.arn] }),
    );
    expect(ResourceTagMappingList?.[0]?.Tags).toEqual([
      { Key: 'managed-by', Value: 'keyward' },
      { Key: 'team', Value: 'hr' },
    ]);
  });

  test('goes by the page', async () => {
    const kms = await localKms();
    const made = await Promise.all([1, 2, 3].map(() => kms.createKey({ Tags: [tag('a', 'b')] })));
    const first = await api(kms).send(new GetResourcesCommand({ ResourcesPerPage: 2 }));
    expect(first.PaginationToken).not.toBe('');
    const second = await api(kms).send(
      new GetResourcesCommand({ ResourcesPerPage: 2, PaginationToken: first.PaginationToken }),
    );
    expect(second.PaginationToken).toBe('');
    const arns = [first, second].flatMap(({ ResourceTagMappingList = [] }) =>
      ResourceTagMappingList.map(({ ResourceARN }) => ResourceARN),
    );
    expect(arns).toEqual(made.map(({ arn }) => arn).toSorted());
  });

  test('keeps a key to the end of its waiting period', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey({ Tags: [tag('a', 'b')] });
    await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    expect(await found(kms, {})).toEqual([arn]);
    kms.clock.advance('P7D');
    expect(await found(kms, {})).toEqual([]);
  });

  test('asks who calls, and has no other operation', async () => {
    const kms = await localKms();
    await kms.post('/_local/principals', {
      accessKeyId: 'AKIALIMITED',
      arn: `arn:aws:iam::${ACCOUNT}:user/limited`,
      policies: [identityPolicy({ Effect: 'Allow', Action: 'kms:*', Resource: '*' })],
    });
    const send = (accessKeyId: string) => api(kms, accessKeyId).send(new GetResourcesCommand({}));
    await expect(send('AKIALIMITED')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(send('AKIAUNKNOWN')).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    await expect(api(kms).send(new GetResourcesCommand({ ResourcesPerPage: 101 }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    await expect(api(kms).send(new GetTagKeysCommand({}))).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
    });
  });
});
