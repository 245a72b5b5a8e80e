import { CancelKeyDeletionCommand, DescribeKeyCommand } from '@aws-sdk/client-kms';
import * as z from 'zod';
import { decryptWith, refusalOf, type Sealed } from '../consumer.ts';
import type { Narrator } from '../narrator.ts';
import {
  approve,
  ask,
  expectStatus,
  type KeyView,
  moveClock,
  readKey,
  requestIn,
  type Story,
} from '../story.ts';
import { until } from '../until.ts';

const certified = z.looseObject({
  certificate: z.looseObject({
    destroyedAt: z.string(),
    request: z.looseObject({ approvedBy: z.array(z.string()) }),
    observations: z.array(z.looseObject({ evidence: z.string() })),
  }),
  certificateDigest: z.string(),
});

/** A destruction is approved and scheduled, and somebody with administrator's rights takes the key out of it. */
export async function tamperWithDestruction(story: Story, tell: Narrator, key: KeyView): Promise<void> {
  const { alice, mallory, alerts } = story;
  tell.chapter('A destruction is scheduled, and interfered with');
  await scheduleDestruction(story, key, 'The invoices have moved to the archive.');
  const scheduled = await readKey(alice, key.keyId);
  tell.seen(
    `approved by Bob and Carol: KMS deletes the key on ${scheduled.destruction?.deletionDate.slice(0, 10)}`,
  );

  const kmsKeyArn = scheduled.versions?.at(-1)?.kmsKeyArn;
  await mallory.send(new CancelKeyDeletionCommand({ KeyId: kmsKeyArn }));
  tell.waiting('Mallory, an administrator, cancels the deletion in KMS, around Keyward');
  await until('the alert', 60, async () =>
    (await alerts()).find(({ text }) => text.includes('CancelKeyDeletion') && text.includes('mallory')),
  );
  tell.seen('an alert says who did what to which key');
  const interrupted = await until('the destruction to be marked as interrupted', 30, async () => {
    const now = await readKey(alice, key.keyId);
    return now.destruction?.status === 'interrupted' ? now : undefined;
  });
  const { KeyMetadata: metadata } = await mallory.send(new DescribeKeyCommand({ KeyId: kmsKeyArn }));
  tell.seen(
    `the destruction is ${interrupted.destruction?.status}, the KMS key stays ${metadata?.KeyState}: Keyward does not fight, it asks again`,
  );
}

/** The destruction is approved anew, its window goes by, and its end is seen and certified. */
export async function destroyKey(story: Story, tell: Narrator, key: KeyView, sealed: Sealed): Promise<void> {
  const { alice, application, erin } = story;
  tell.chapter('The destruction is resumed, to its end');
  await scheduleDestruction(story, key, 'The cancellation was a mistake; the archive is complete.');
  tell.seen('approved anew by Bob and Carol, with a whole window');
  await moveClock(story, 'P31D');
  tell.waiting('a month goes by; KMS deletes the key');
  await until('the destruction to be observed', 120, async () => {
    const now = await readKey(alice, key.keyId);
    return now.state === 'destroyed' ? now : undefined;
  });
  const refusal = await refusalOf(decryptWith(application, sealed));
  tell.seen(`the key is destroyed: the application gets ${refusal}`);
  const { certificate, certificateDigest } = certified.parse(
    expectStatus(await erin.get(`/v1/keys/${key.keyId}/certificate`), 200),
  );
  tell.seen(`certificate ${certificateDigest.slice(0, 16)}…, read by Erin, an auditor:`);
  tell.seen(
    `  destroyed ${certificate.destroyedAt}, approved by ${certificate.request.approvedBy.join(' and ')}`,
  );
  for (const { evidence } of certificate.observations) tell.seen(`  ${evidence}`);
}

async function scheduleDestruction(
  { alice, bob, carol }: Story,
  key: KeyView,
  reason: string,
): Promise<void> {
  const { requestId } = await ask(alice, `/v1/keys/${key.keyId}/destroy`, { reason });
  await approve(bob, requestId, 'The archive is complete.');
  await approve(carol, requestId, 'Checked the archive too.');
  await requestIn(alice, requestId, 'succeeded');
}
