import type { Narrator } from '../narrator.ts';
import { ask, type KeyView, readKey, requestIn, type Story } from '../story.ts';

export interface TourKeys {
  /** SYMMETRIC_DEFAULT: rotates in place. */
  readonly data: KeyView;
  /** ECC_NIST_P256: rotates by a new KMS key and an alias switch. */
  readonly signing: KeyView;
}

/** A person asks for one key, the team's pipeline for the other. */
export async function generateKeys(story: Story, tell: Narrator): Promise<TourKeys> {
  const { alice, pipeline } = story;
  tell.chapter('Two keys are generated');
  const [forData, forSigning] = await Promise.all([
    ask(alice, '/v1/keys', {
      name: 'invoices',
      owner: 'payments',
      class: 'data-protection',
      spec: 'SYMMETRIC_DEFAULT',
      reason: 'The invoices are stored encrypted.',
    }),
    ask(pipeline, '/v1/keys', {
      name: 'releases',
      owner: 'payments',
      class: 'code-signing',
      spec: 'ECC_NIST_P256',
      reason: 'The releases are signed.',
    }),
  ]);
  tell.seen(`Alice asked for an encryption key (${forData.requestId})`);
  tell.seen(`the pipeline asked for a signing key, with SigV4 (${forSigning.requestId})`);
  await Promise.all([
    requestIn(alice, forData.requestId, 'succeeded'),
    requestIn(alice, forSigning.requestId, 'succeeded'),
  ]);
  const [data, signing] = await Promise.all([
    readKey(alice, forData.keyId),
    readKey(alice, forSigning.keyId),
  ]);
  for (const key of [data, signing]) {
    if (key.state !== 'active') throw new Error(`NOT_ACTIVE: ${key.alias} is ${key.state}.`);
    tell.seen(`${key.alias} is active, rotation due ${key.rotationDue?.slice(0, 10)}`);
  }
  return { data, signing };
}
