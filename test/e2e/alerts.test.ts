import { randomUUID } from 'node:crypto';
import {
  DisableKeyCommand,
  EnableKeyCommand,
  GetKeyPolicyCommand,
  KMSClient,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { clientConfig } from '../../local/stage/account.ts';
import { refusalOf } from '../../local/tour/consumer.ts';
import { ask, beginStory, readKey, requestIn, type Story } from '../../local/tour/story.ts';
import { until } from '../../local/tour/until.ts';

let story: Story;
let root: KMSClient;

beforeAll(async () => {
  story = await beginStory(inject('localAws'));
  root = new KMSClient(clientConfig(inject('localAws').kmsUrl));
});

async function managedKey(): Promise<{ arn: string; alias: string }> {
  const { requestId, keyId } = await ask(story.alice, '/v1/keys', {
    name: `a-${randomUUID().slice(0, 8)}`,
    owner: 'payments',
    class: 'data-protection',
    spec: 'SYMMETRIC_DEFAULT',
    reason: 'Somebody will meddle with it.',
  });
  await requestIn(story.alice, requestId, 'succeeded');
  const { versions = [], alias } = await readKey(story.alice, keyId);
  return { arn: versions[0]?.kmsKeyArn ?? '', alias };
}

/** Waits for the alert about a call on a key, within the minute that is promised. */
function alertOf(call: string, alias: string) {
  return until(`the alert about ${call} on ${alias}`, 60, async () =>
    (await story.alerts()).find(({ text }) => text.includes(call) && text.includes(alias)),
  );
}

describe('an alert within a minute', () => {
  it('tells of each change that the root user makes around Keyward', async () => {
    const { arn, alias } = await managedKey();
    const { Policy: policy } = await root.send(new GetKeyPolicyCommand({ KeyId: arn }));
    await root.send(new DisableKeyCommand({ KeyId: arn }));
    await root.send(new EnableKeyCommand({ KeyId: arn }));
    await root.send(new PutKeyPolicyCommand({ KeyId: arn, Policy: policy }));
    await root.send(new ScheduleKeyDeletionCommand({ KeyId: arn, PendingWindowInDays: 30 }));
    for (const call of ['DisableKey', 'EnableKey', 'PutKeyPolicy', 'ScheduleKeyDeletion']) {
      expect((await alertOf(call, alias)).text).toContain(':root');
    }
  });

  it('tells of what the key policy kept an administrator from doing', async () => {
    const { arn, alias } = await managedKey();
    expect(await refusalOf(story.mallory.send(new DisableKeyCommand({ KeyId: arn })))).toBe(
      'AccessDeniedException',
    );
    expect((await alertOf('DisableKey', alias)).text).toContain('mallory');
  });

  it('is silent about Keyward itself', async () => {
    const { alias } = await managedKey();
    // Both channels have been through what came before by the time they tell of this.
    const other = await managedKey();
    await root.send(new DisableKeyCommand({ KeyId: other.arn }));
    await alertOf('DisableKey', other.alias);
    expect((await story.alerts()).filter(({ text }) => text.includes(alias))).toEqual([]);
  });
});
