import { cloudHsmOf } from '../unit/local/cloudhsm/cloudhsm-of.ts';
import { keyStoreIn } from '../unit/local/kms/custom-key-stores/key-store-in.ts';
import { standingStill } from './standing-still.ts';
import { AWAY, HOME, type Subject } from './subjects.ts';

const NOTHING_ELSE = {
  kind: { family: 'symmetric', form: 'in a key store' },
  state: 'Enabled',
  region: HOME,
  alias: 'alias/of-nothing',
  grantId: undefined,
  otherRegion: AWAY,
  importing: { ImportToken: Buffer.from('token'), EncryptedKeyMaterial: Buffer.from('material') },
} as const;

/**
 * A use of a key in a connected custom key store, whose cluster has lost its HSMs and whose next one is not active yet. It
 * takes place on local KMS of its own, since the key and its cluster are of no use to anything else.
 */
export async function useWithoutHsm(use: (subject: Subject) => Promise<unknown>): Promise<unknown> {
  const kms = await standingStill();
  try {
    const store = await keyStoreIn(cloudHsmOf(kms));
    const keyId = await store.keyIn(await store.connected());
    const CiphertextBlob = await store.encrypt(keyId);
    await store.deleteHsms();
    await store.done('CreateHsm', { ClusterId: store.clusterId, AvailabilityZone: 'us-east-1a' });
    return await use({
      ...NOTHING_ELSE,
      client: store.root,
      keyId,
      arn: `arn:aws:kms:${HOME}:000000000000:key/${keyId}`,
      made: CiphertextBlob === undefined ? {} : { CiphertextBlob },
    });
  } finally {
    await kms.close();
  }
}
