import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pkcs11, { type AesGcm, type Mechanism, type PKCS11, type Template } from 'pkcs11js';
import { IV_BYTES, type Sealed, TAG_BYTES } from '../../kms/cryptography/aes-gcm.ts';
import type { HsmKey, HsmKeys } from './hsm-keys.ts';

/** What a token says when it does not accept a ciphertext: SoftHSM gives the general one. */
const REFUSALS: ReadonlySet<number> = new Set([
  pkcs11.CKR_GENERAL_ERROR,
  pkcs11.CKR_ENCRYPTED_DATA_INVALID,
  pkcs11.CKR_ENCRYPTED_DATA_LEN_RANGE,
]);

/** What distinguishes the objects of a token: who may use them, where they are kept, and that they stay in. */
const NOT_EXTRACTABLE = [
  { type: pkcs11.CKA_TOKEN, value: true },
  { type: pkcs11.CKA_PRIVATE, value: true },
  { type: pkcs11.CKA_SENSITIVE, value: true },
  { type: pkcs11.CKA_EXTRACTABLE, value: false },
];

const AES_256 = [
  { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
  { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_AES },
  { type: pkcs11.CKA_VALUE_LEN, value: 32 },
  { type: pkcs11.CKA_ENCRYPT, value: true },
  { type: pkcs11.CKA_DECRYPT, value: true },
];

/** The PKCS #11 library of this process, which can be initialized once, and how many tokens of it are in use. */
let library: { readonly module: PKCS11; readonly folder: string; tokens: number } | undefined;

export interface SoftHsmOptions {
  /** The file of SoftHSM2's PKCS #11 library. */
  readonly library: string;
  /** Where the tokens lie until the last one of the process is closed; all share the folder of the first. */
  readonly folder: string;
}

/**
 * Keeps the keys in a token of SoftHSM2 that lives as long as this object, and computes with it over PKCS #11. The keys are
 * sensitive and not extractable: also a backup is a copy that the token makes. Throws when the library cannot be loaded.
 */
export class SoftHsmKeys implements HsmKeys {
  readonly #module: PKCS11;
  readonly #session: Buffer;

  constructor(options: SoftHsmOptions) {
    this.#module = acquire(options);
    this.#session = openToken(this.#module);
  }

  generate(partition: string, owner: string, label: string): HsmKey {
    const id = randomBytes(16).toString('hex');
    const object = this.#module.C_GenerateKey(this.#session, { mechanism: pkcs11.CKM_AES_KEY_GEN }, [
      ...AES_256,
      ...NOT_EXTRACTABLE,
      ...named(partition, id),
      { type: pkcs11.CKA_LABEL, value: `${owner}/${label}` },
    ]);
    return { handle: handleOf(object), id, owner, label };
  }

  encrypt(partition: string, keyId: string, plaintext: Buffer, authenticated: Buffer): Sealed | undefined {
    const key = this.#find(partition, keyId);
    if (key === undefined) return undefined;
    const iv = this.random(IV_BYTES);
    this.#module.C_EncryptInit(this.#session, aesGcm(iv, authenticated), key);
    const output = this.#module.C_Encrypt(
      this.#session,
      plaintext,
      Buffer.alloc(plaintext.length + TAG_BYTES),
    );
    return {
      iv,
      ciphertext: output.subarray(0, plaintext.length),
      tag: output.subarray(plaintext.length),
    };
  }

  decrypt(
    partition: string,
    keyId: string,
    { iv, ciphertext, tag }: Sealed,
    authenticated: Buffer,
  ): Buffer | 'refused' | undefined {
    const key = this.#find(partition, keyId);
    if (key === undefined) return undefined;
    const input = Buffer.concat([ciphertext, tag]);
    try {
      this.#module.C_DecryptInit(this.#session, aesGcm(iv, authenticated), key);
      return this.#module.C_Decrypt(this.#session, input, Buffer.alloc(input.length));
    } catch (error) {
      if (error instanceof pkcs11.Pkcs11Error && REFUSALS.has(error.code)) return 'refused';
      throw error;
    }
  }

  delete(partition: string, keyId: string): boolean {
    const key = this.#find(partition, keyId);
    if (key === undefined) return false;
    this.#module.C_DestroyObject(this.#session, key);
    return true;
  }

  list(partition: string): HsmKey[] {
    return this.#objects(partition).map(({ object, id, label }) => {
      const [owner = '', ...rest] = label.split('/');
      return { handle: handleOf(object), id, owner, label: rest.join('/') };
    });
  }

  copy(from: string, to: string): void {
    for (const { object, id } of this.#objects(from)) {
      this.#module.C_CopyObject(this.#session, object, named(to, id));
    }
  }

  erase(partition: string): void {
    for (const { object } of this.#objects(partition)) {
      this.#module.C_DestroyObject(this.#session, object);
    }
  }

  random(byteCount: number): Buffer {
    return this.#module.C_GenerateRandom(this.#session, Buffer.alloc(byteCount));
  }

  close(): void {
    this.#module.C_CloseSession(this.#session);
    release();
  }

  #find(partition: string, keyId: string): Buffer | undefined {
    return this.#search(named(partition, keyId))[0];
  }

  #objects(partition: string): { object: Buffer; id: string; label: string }[] {
    return this.#search([])
      .map((object) => this.#named(object))
      .filter((key) => key.partition === partition);
  }

  #named(object: Buffer): { object: Buffer; partition: string; id: string; label: string } {
    const [name, label] = this.#module.C_GetAttributeValue(this.#session, object, [
      { type: pkcs11.CKA_ID },
      { type: pkcs11.CKA_LABEL },
    ]);
    const [partition = '', id = ''] = String(name?.value).split(':');
    return { object, partition, id, label: String(label?.value) };
  }

  #search(attributes: Template): Buffer[] {
    this.#module.C_FindObjectsInit(this.#session, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
      ...attributes,
    ]);
    const found: Buffer[] = [];
    try {
      let object = this.#module.C_FindObjects(this.#session);
      while (object !== null) {
        found.push(object);
        object = this.#module.C_FindObjects(this.#session);
      }
    } finally {
      this.#module.C_FindObjectsFinal(this.#session);
    }
    return found;
  }
}

/** The partition and the id that a key has in it, which are one name for the token. */
function named(partition: string, id: string): Template {
  return [{ type: pkcs11.CKA_ID, value: Buffer.from(`${partition}:${id}`) }];
}

function handleOf(object: Buffer): string {
  return String(object.readBigUInt64LE());
}

function aesGcm(iv: Buffer, aad: Buffer): Mechanism {
  const parameter: AesGcm = {
    type: pkcs11.CK_PARAMS_AES_GCM,
    iv,
    aad,
    ivBits: IV_BYTES * 8,
    tagBits: TAG_BYTES * 8,
  };
  return { mechanism: pkcs11.CKM_AES_GCM, parameter };
}

function acquire({ library: file, folder }: SoftHsmOptions): PKCS11 {
  if (library === undefined) {
    const tokens = join(folder, 'tokens');
    const settings = join(folder, 'softhsm2.conf');
    mkdirSync(tokens, { recursive: true, mode: 0o700 });
    writeFileSync(
      settings,
      `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    );
    process.env.SOFTHSM2_CONF = settings;
    const module = new pkcs11.PKCS11();
    module.load(file);
    module.C_Initialize();
    library = { module, folder, tokens: 0 };
  }
  library.tokens += 1;
  return library.module;
}

function release(): void {
  if (library === undefined) return;
  library.tokens -= 1;
  if (library.tokens > 0) return;
  library.module.C_Finalize();
  library.module.close();
  rmSync(library.folder, { recursive: true, force: true });
  library = undefined;
}

/** A session of a new token's user, whose PIN nobody else knows. */
function openToken(module: PKCS11): Buffer {
  const [securityOfficer, user] = [randomPin(), randomPin()];
  const slot = module
    .C_GetSlotList(true)
    .find((one) => (module.C_GetTokenInfo(one).flags & pkcs11.CKF_TOKEN_INITIALIZED) === 0);
  if (slot === undefined) throw new Error('SoftHSM has no slot for a new token.');
  module.C_InitToken(slot, securityOfficer, 'local CloudHSM');
  const session = module.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
  module.C_Login(session, pkcs11.CKU_SO, securityOfficer);
  module.C_InitPIN(session, user);
  module.C_Logout(session);
  module.C_Login(session, pkcs11.CKU_USER, user);
  return session;
}

const randomPin = () => randomBytes(16).toString('hex');
