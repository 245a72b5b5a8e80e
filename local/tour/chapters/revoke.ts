import * as z from 'zod';
import { decryptWith, refusalOf, type Sealed } from '../consumer.ts';
import { sentMail } from '../mailbox.ts';
import type { Narrator } from '../narrator.ts';
import { slackPerson } from '../slack-person.ts';
import { approve, ask, expectStatus, type KeyView, readKey, requestIn, type Story } from '../story.ts';
import { until } from '../until.ts';
import { openPortal, visitor } from '../visitor.ts';

const problem = z.looseObject({ code: z.string() });
const detail = z.looseObject({ digest: z.string() });

/** A revocation that its requester cannot approve, approved by two others, and taken back. */
export async function revokeAndReinstate(
  story: Story,
  tell: Narrator,
  key: KeyView,
  sealed: Sealed,
): Promise<void> {
  const { alice, bob, application } = story;
  tell.chapter('A revocation needs two people, and not the one who asked');
  const revocation = await ask(alice, `/v1/keys/${key.keyId}/revoke`, {
    mode: 'suspend',
    reason: 'A laptop with access was lost.',
  });
  const { digest } = await requestIn(alice, revocation.requestId, 'awaiting-approval');
  tell.seen(`Alice asked to suspend ${key.alias}; nothing has happened yet`);

  const own = await alice.post(`/v1/requests/${revocation.requestId}/decisions`, {
    verdict: 'approve',
    reason: 'I know what I am doing.',
    digest,
  });
  const { code } = problem.parse(expectStatus(own, 403));
  tell.seen(`Alice cannot approve her own request: 403 ${code}`);

  await approveByMail(story, tell, revocation.requestId);
  await approveInSlack(story, tell, revocation.requestId);
  await requestIn(alice, revocation.requestId, 'succeeded');
  const refusal = await refusalOf(decryptWith(application, sealed));
  if (refusal !== 'DisabledException') throw new Error(`STILL_WORKS: a suspended key answered ${refusal}.`);
  tell.seen(`the key is suspended: the application gets ${refusal}`);

  const reinstatement = await ask(alice, `/v1/keys/${key.keyId}/reinstate`, {
    reason: 'The laptop was found.',
  });
  await approve(bob, reinstatement.requestId, 'It was in the office all the time.');
  await requestIn(alice, reinstatement.requestId, 'succeeded');
  await decryptWith(application, sealed);
  const { state } = await readKey(alice, key.keyId);
  tell.seen(`reinstated with Bob's approval: the key is ${state} and decrypts again`);
}

/** Bob follows the link in his mail, signs in, and decides on the page. Opening the link alone decides nothing. */
async function approveByMail({ addresses, bob }: Story, tell: Narrator, requestId: string): Promise<void> {
  const link = await until('the mail to the approvers', 30, async () => {
    const mails = await sentMail(addresses.endpoint);
    return mails
      .flatMap(({ text }) => [...text.matchAll(/https?:\/\/\S+/g)].map(([url]) => url))
      .find((url) => url.includes(requestId));
  });
  const page = await openPortal(visitor(), link, 'bob');
  const { digest } = detail.parse(expectStatus(await page.get(`requests/${requestId}`), 200));
  await requestIn(bob, requestId, 'awaiting-approval');
  tell.seen('Bob opened the link in his mail and signed in; that alone decided nothing');
  const decision = { verdict: 'approve', reason: 'I saw the report of the loss.', digest };
  expectStatus(await page.post(`requests/${requestId}/decisions`, decision), 200);
  tell.seen('Bob approved on the page');
}

/** Carol links her Slack account with a code of her own page, once, and decides in the modal. */
async function approveInSlack({ addresses, alice }: Story, tell: Narrator, requestId: string): Promise<void> {
  const carol = slackPerson(addresses.slackUrl, 'carol');
  await carol.link(requestId);
  await carol.approve(requestId, 'Seen the report of the loss.');
  tell.seen('Carol linked her Slack account with a code that her page showed her, and approved there');
  await requestIn(alice, requestId, 'succeeded');
  await until('the messages in Slack to say so', 30, async () => {
    const messages = await carol.messagesOf(requestId);
    return messages.length > 0 && messages.every((words) => words.includes('Succeeded: ')) ? true : undefined;
  });
  tell.seen('every message in Slack tells the outcome, and has no button to decide any more');
}
