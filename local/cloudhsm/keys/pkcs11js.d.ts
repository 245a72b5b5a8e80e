/**
 * What is used of the package pkcs11js, which is optional: it is built where that is possible. tsconfig.json takes its types from
 * here, so that the code is checked where the package is not.
 */
type Handle = Buffer;

interface Attribute {
  readonly type: number;
  readonly value?: number | boolean | string | Buffer;
}

type Template = readonly Attribute[];

interface AesGcm {
  readonly type: number;
  readonly iv: Buffer;
  readonly aad: Buffer;
  readonly ivBits: number;
  readonly tagBits: number;
}

interface Mechanism {
  readonly mechanism: number;
  readonly parameter?: AesGcm;
}

/** A library of PKCS #11 in its own words; each function throws Pkcs11Error. */
declare class PKCS11 {
  load(file: string): void;
  close(): void;
  C_Initialize(): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): { readonly flags: number };
  C_InitToken(slot: Handle, pin: string, label: string): void;
  C_InitPIN(session: Handle, pin: string): void;
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin: string): void;
  C_Logout(session: Handle): void;
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: Template): Handle;
  C_CopyObject(session: Handle, object: Handle, template: Template): Handle;
  C_DestroyObject(session: Handle, object: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: Template): Attribute[];
  C_FindObjectsInit(session: Handle, template: Template): void;
  C_FindObjects(session: Handle): Handle | null;
  C_FindObjectsFinal(session: Handle): void;
  C_EncryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Encrypt(session: Handle, input: Buffer, output: Buffer): Buffer;
  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Decrypt(session: Handle, input: Buffer, output: Buffer): Buffer;
  C_GenerateRandom(session: Handle, output: Buffer): Buffer;
}

declare class Pkcs11Error extends Error {
  readonly code: number;
}

declare const pkcs11js: {
  readonly PKCS11: typeof PKCS11;
  readonly Pkcs11Error: typeof Pkcs11Error;
  readonly CKA_CLASS: number;
  readonly CKA_DECRYPT: number;
  readonly CKA_ENCRYPT: number;
  readonly CKA_EXTRACTABLE: number;
  readonly CKA_ID: number;
  readonly CKA_KEY_TYPE: number;
  readonly CKA_LABEL: number;
  readonly CKA_NEVER_EXTRACTABLE: number;
  readonly CKA_PRIVATE: number;
  readonly CKA_SENSITIVE: number;
  readonly CKA_TOKEN: number;
  readonly CKA_VALUE: number;
  readonly CKA_VALUE_LEN: number;
  readonly CKF_RW_SESSION: number;
  readonly CKF_SERIAL_SESSION: number;
  readonly CKF_TOKEN_INITIALIZED: number;
  readonly CKK_AES: number;
  readonly CKM_AES_GCM: number;
  readonly CKM_AES_KEY_GEN: number;
  readonly CKO_SECRET_KEY: number;
  readonly CKR_ENCRYPTED_DATA_INVALID: number;
  readonly CKR_ENCRYPTED_DATA_LEN_RANGE: number;
  readonly CKR_GENERAL_ERROR: number;
  readonly CKU_SO: number;
  readonly CKU_USER: number;
  readonly CK_PARAMS_AES_GCM: number;
};

export default pkcs11js;
export type { AesGcm, Mechanism, PKCS11, Template };
