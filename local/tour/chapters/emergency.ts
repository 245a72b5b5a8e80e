import * as z from 'zod';
import { refusalOf, signWith } from '../consumer.ts';
import type { Narrator } from '../narrator.ts';
import { approve, ask, expectStatus, type KeyView, readKey, requestIn, type Story } from '../story.ts';

const stopped = z.looseObject({ requestId: z.string(), ratification: z.string() });

/** A custodian stops the signing key at once; the quorum ratifies it, and it is put back. */
export async function stopInAnEmergency(story: Story, tell: Narrator, key: KeyView): Promise<void> {
  const { frank, bob, carol, alice, application } = story;
  tell.chapter('A key is stopped at once, and ratified afterwards');
  const answer = await frank.post(`/v1/keys/${key.keyId}/emergency-revoke`, {
    reason: 'Something was signed that nobody built.',
  });
  const { ratification } = stopped.parse(expectStatus(answer, 200));
  const refusal = await refusalOf(signWith(application, key.alias, 'release 2'));
  if (refusal !== 'DisabledException') throw new Error(`STILL_WORKS: a stopped key answered ${refusal}.`);
  tell.seen(`Frank, a custodian, stopped ${key.alias} alone: the application gets ${refusal}`);

  const own = await frank.post(`/v1/requests/${ratification}/decisions`, {
    verdict: 'approve',
    reason: 'I was right.',
    digest: (await requestIn(bob, ratification, 'awaiting-approval')).digest,
  });
  expectStatus(own, 403);
  tell.seen('the quorum is asked whether that was right; Frank does not count');
  await approve(bob, ratification, 'I saw the signature.');
  await approve(carol, ratification, 'So did I.');
  await requestIn(bob, ratification, 'succeeded');
  tell.seen('ratified by Bob and Carol; without them an alert would ring each hour');

  const reinstatement = await ask(alice, `/v1/keys/${key.keyId}/reinstate`, {
    reason: 'The build server is clean.',
  });
  await approve(bob, reinstatement.requestId, 'Checked.');
  await requestIn(alice, reinstatement.requestId, 'succeeded');
  tell.seen(`reinstated: the key is ${(await readKey(alice, key.keyId)).state}`);
}
