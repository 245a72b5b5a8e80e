import {
  decryptWith,
  encryptWith,
  refusalOf,
  type Sealed,
  type Signed,
  signWith,
  verifyWith,
} from '../consumer.ts';
import type { Narrator } from '../narrator.ts';
import { type KeyView, moveClock, readKey, type Story } from '../story.ts';
import { until } from '../until.ts';
import type { TourKeys } from './generate.ts';

const INVOICE = 'invoice 4711: 99.90 EUR';

/** Uses both keys, lets a year go by, and looks whether anything old has stopped working. */
export async function rotateKeys(
  story: Story,
  tell: Narrator,
  { data, signing }: TourKeys,
): Promise<{ sealed: Sealed; signed: Signed }> {
  const { alice, application } = story;
  tell.chapter('The keys are used, and the schedule rotates them');
  const sealed = await encryptWith(application, data.alias, INVOICE);
  const signed = await signWith(application, signing.alias, 'release 1.0');
  tell.seen('the application encrypted an invoice and signed a release');

  await moveClock(story, 'P1Y1D');
  tell.waiting('a year and a day go by; the schedule looks once a minute what is due');
  const [rotatedData, rotatedSigning] = await Promise.all(
    [data, signing].map((key) =>
      until(`${key.alias} to be rotated`, 150, async () => {
        const now = await readKey(alice, key.keyId);
        return now.currentVersion > key.currentVersion ? now : undefined;
      }),
    ),
  );
  if (rotatedData === undefined || rotatedSigning === undefined)
    throw new Error('NOT_ROTATED: a key is missing.');
  tell.seen(`${data.alias} has version 2: new material inside the same KMS key`);
  tell.seen(`${signing.alias} has version 2: a new KMS key, and the alias points at it`);

  const opened = await decryptWith(application, sealed);
  if (opened !== INVOICE) throw new Error('OLD_CIPHERTEXT_LOST: the old invoice decrypts to something else.');
  if (!(await verifyWith(application, signed))) throw new Error('OLD_SIGNATURE_LOST: it does not verify.');
  tell.seen('the old invoice decrypts, the old signature verifies');

  const fresh = await signWith(application, signing.alias, 'release 2.0');
  expectCurrent(rotatedSigning, fresh.kmsKeyArn);
  const refusal = await refusalOf(signWith(application, signed.kmsKeyArn, 'release 1.1'));
  if (refusal !== 'AccessDeniedException') throw new Error(`OLD_KEY_SIGNS: ${refusal}`);
  tell.seen('the alias signs with the new KMS key; the former one verifies and no longer signs');
  return { sealed, signed };
}

function expectCurrent({ currentVersion, versions = [] }: KeyView, kmsKeyArn: string): void {
  const current = versions.find(({ version }) => version === currentVersion);
  if (current?.kmsKeyArn !== kmsKeyArn)
    throw new Error('WRONG_VERSION: the alias does not lead to the current version.');
}
