import { randomBytes } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  type CreateKeyCommandInput,
  DeleteImportedKeyMaterialCommand,
  DisableKeyCommand,
  EncapsulateCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  ImportKeyMaterialCommand,
  type KMSClient,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms';
import { parametersFor } from '../unit/local/kms/imports.ts';
import type { TestKms } from '../unit/local/kms/started-kms.ts';
import { wrapped } from '../unit/local/kms/wrapping.ts';
import { keyInExternalStore } from './external-key-stores.ts';
import type { Family, Form, Kind, State } from './guide.ts';
import { keyInStore } from './key-stores.ts';

export const HOME = 'us-east-1';
export const AWAY = 'eu-west-1';
const DAY = 86_400_000;

/** A key in a state, with what belongs to it. */
export interface Subject {
  readonly kind: Kind;
  readonly state: State;
  readonly region: string;
  /** Of the key's Region. */
  readonly client: KMSClient;
  readonly keyId: string;
  readonly arn: string;
  readonly alias: string;
  /** A grant on it; none where a key in that state can have none. */
  readonly grantId: string | undefined;
  /** What it made while it could. */
  readonly made: Made;
  /** Another Region in which its multi-Region key has a key. */
  readonly otherRegion: string;
  /** An import token for the key, and its material; of no use where the key takes none. */
  readonly importing: Importing;
}

interface Importing {
  readonly ImportToken: Uint8Array;
  readonly EncryptedKeyMaterial: Uint8Array;
}

const OF_NO_USE: Importing = {
  ImportToken: Buffer.from('token'),
  EncryptedKeyMaterial: Buffer.from('material'),
};

interface Made {
  readonly CiphertextBlob?: Uint8Array;
  readonly Signature?: Uint8Array;
  readonly Mac?: Uint8Array;
  readonly PublicKey?: Uint8Array;
  readonly SharedSecretCiphertextBlob?: Uint8Array;
}

export const MESSAGE = Buffer.from('message');

const INPUTS: Readonly<Record<Family, CreateKeyCommandInput>> = {
  symmetric: {},
  signing: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  authenticating: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  agreeing: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
  encapsulating: { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' },
};

const MAKERS: Readonly<Record<Family, (client: KMSClient, KeyId: string) => Promise<Made>>> = {
  symmetric: (client, KeyId) => client.send(new EncryptCommand({ KeyId, Plaintext: MESSAGE })),
  signing: (client, KeyId) =>
    client.send(new SignCommand({ KeyId, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' })),
  authenticating: (client, KeyId) =>
    client.send(new GenerateMacCommand({ KeyId, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' })),
  agreeing: (client, KeyId) => client.send(new GetPublicKeyCommand({ KeyId })),
  encapsulating: (client, KeyId) =>
    client.send(new EncapsulateCommand({ KeyId, EncapsulationAlgorithm: 'ML_KEM' })),
};

/** In which states a key of the form can be. */
const REACHABLE: Readonly<Record<Form, readonly State[]>> = {
  'single-Region': ['Enabled', 'Disabled', 'PendingDeletion'],
  primary: ['Enabled', 'Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'Updating'],
  replica: ['Enabled', 'Disabled', 'PendingDeletion', 'Creating', 'Updating'],
  imported: ['Enabled', 'Disabled', 'PendingDeletion', 'PendingImport'],
  'in a key store': ['Enabled', 'Disabled', 'PendingDeletion', 'Unavailable'],
  'in an external key store': ['Enabled', 'Disabled', 'PendingDeletion', 'Unavailable'],
};

export const statesOf = ({ form }: Kind): readonly State[] => REACHABLE[form];

/** Makes keys of every kind and brings them into every state, by the operations that lead there. */
export class Workshop {
  readonly #kms: TestKms;
  readonly #home: KMSClient;
  readonly #away: KMSClient;
  #names = 0;

  constructor(kms: TestKms) {
    this.#kms = kms;
    this.#home = kms.client('test', { region: HOME });
    this.#away = kms.client('test', { region: AWAY });
  }

  newAliasName(): string {
    this.#names += 1;
    return `alias/conformance-${this.#names}`;
  }

  /** Rejects when an operation that leads there does: then nothing was played. */
  async subject(kind: Kind, state: State): Promise<Subject> {
    try {
      return await this.#make(kind, state);
    } catch (cause) {
      throw new Error(
        `A ${kind.family} key (${kind.form}) could not be brought into ${state}: ${String(cause)}`,
        {
          cause,
        },
      );
    }
  }

  async #make(kind: Kind, state: State): Promise<Subject> {
    const { family, form } = kind;
    const { keyId, leave } = await this.#newKey(kind, state);
    const importing = form === 'imported' ? await importMaterial(this.#home, keyId) : OF_NO_USE;
    const made = await MAKERS[family](this.#home, keyId);
    const isAway = form === 'replica' ? state !== 'Updating' : state === 'Updating';
    const hasReplica = form === 'replica' || (form === 'primary' && state !== 'PendingDeletion');
    if (hasReplica) await this.#replicate(keyId, state === 'Creating' ? DAY : 0);
    const [client, region] = isAway ? [this.#away, AWAY] : [this.#home, HOME];
    const alias = this.newAliasName();
    await client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: keyId }));
    const grantId = state === 'Creating' ? undefined : await this.#grant(client, keyId);
    await this.#enter(state, client, keyId);
    await leave();
    return {
      kind,
      state,
      region,
      client,
      keyId,
      arn: `arn:aws:kms:${region}:000000000000:key/${keyId}`,
      alias,
      grantId,
      made,
      otherRegion: isAway ? HOME : AWAY,
      importing,
    };
  }

  async #newKey({ family, form }: Kind, state: State) {
    if (form === 'in a key store') return await keyInStore(this.#kms, state === 'Unavailable');
    if (form === 'in an external key store') {
      return await keyInExternalStore(this.#kms, state === 'Unavailable');
    }
    const { id: keyId } = await this.#kms.createKey({
      ...INPUTS[family],
      ...(form === 'primary' || form === 'replica' ? { MultiRegion: true } : {}),
      ...(form === 'imported' ? { Origin: 'EXTERNAL' } : {}),
    });
    return { keyId, leave: () => Promise.resolve() };
  }

  async #replicate(KeyId: string, milliseconds: number): Promise<void> {
    await this.#kms.post('/_local/durations', { ReplicateKey: milliseconds });
    await this.#home.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: AWAY }));
  }

  async #grant(client: KMSClient, KeyId: string): Promise<string | undefined> {
    const GranteePrincipal = 'arn:aws:iam::000000000000:role/App';
    const command = new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ['DescribeKey'] });
    return (await client.send(command)).GrantId;
  }

  async #enter(state: State, client: KMSClient, KeyId: string): Promise<void> {
    if (state === 'PendingImport') await client.send(new DeleteImportedKeyMaterialCommand({ KeyId }));
    if (state === 'Disabled') await client.send(new DisableKeyCommand({ KeyId }));
    if (state === 'PendingDeletion' || state === 'PendingReplicaDeletion') {
      await client.send(new ScheduleKeyDeletionCommand({ KeyId }));
    }
    if (state === 'Updating') {
      await this.#kms.post('/_local/durations', { UpdatePrimaryRegion: DAY });
      await this.#home.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: AWAY }));
    }
  }
}

/** Gives the key its first material, and keeps what it came with: the token is good for a day. */
async function importMaterial(client: KMSClient, KeyId: string): Promise<Importing> {
  const { token: ImportToken, publicKey, algorithm } = await parametersFor(client, KeyId);
  const EncryptedKeyMaterial = wrapped(publicKey, algorithm, randomBytes(32));
  const importing = { ImportToken, EncryptedKeyMaterial };
  await client.send(
    new ImportKeyMaterialCommand({ KeyId, ...importing, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }),
  );
  return importing;
}
