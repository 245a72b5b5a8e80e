import type { LocalAwsAddresses } from '../stage/local-aws.ts';
import { destroyKey, tamperWithDestruction } from './chapters/destroy.ts';
import { stopInAnEmergency } from './chapters/emergency.ts';
import { generateKeys } from './chapters/generate.ts';
import { revokeAndReinstate } from './chapters/revoke.ts';
import { rotateKeys } from './chapters/rotate.ts';
import { verifyLedger } from './chapters/verify.ts';
import { type Narrator, narrator } from './narrator.ts';
import { beginStory } from './story.ts';

/**
 * Plays the main job on a running stack, through its API: two keys from generation to destruction. Each line that it
 * writes tells of something it has seen; the first that is not as it must be ends it.
 * @returns the exit code: 0 when all went as told
 */
export async function playTour(addresses: LocalAwsAddresses, out: NodeJS.WritableStream): Promise<number> {
  const tell = narrator(out);
  try {
    await tour(addresses, tell);
    tell.end('The tour is over: two keys lived and one died, and the ledger tells of all of it.');
    return 0;
  } catch (error) {
    tell.failed(error);
    return 1;
  }
}

async function tour(addresses: LocalAwsAddresses, tell: Narrator): Promise<void> {
  const story = await beginStory(addresses);
  const keys = await generateKeys(story, tell);
  const artefacts = await rotateKeys(story, tell, keys);
  await revokeAndReinstate(story, tell, keys.data, artefacts.sealed);
  await stopInAnEmergency(story, tell, keys.signing);
  await tamperWithDestruction(story, tell, keys.data);
  await destroyKey(story, tell, keys.data, artefacts.sealed);
  await verifyLedger(story, tell, keys.data);
}
