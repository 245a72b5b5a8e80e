import { DecryptCommand, EncryptCommand, KMSClient, SignCommand, VerifyCommand } from '@aws-sdk/client-kms';
import { account } from '../stage/account.ts';

/** An application or a person who talks to KMS directly, beside Keyward. */
export interface Identity {
  readonly accessKeyId: string;
  readonly arn: string;
  /** IAM policies; without them the identity is an administrator. */
  readonly policies?: readonly object[];
}

/** Makes an identity known to the local KMS and gives a client that acts as it. */
export async function kmsClientOf(kmsUrl: string, identity: Identity): Promise<KMSClient> {
  const response = await fetch(`${kmsUrl}/_local/principals`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(identity),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`IDENTITY_REFUSED: ${identity.arn}: ${await response.text()}`);
  return new KMSClient({
    endpoint: kmsUrl,
    region: account.region,
    credentials: { accessKeyId: identity.accessKeyId, secretAccessKey: 'local-only' },
    maxAttempts: 1,
  });
}

/** What an application keeps with data it encrypted: nothing of the key is in there but its ARN. */
export interface Sealed {
  readonly kmsKeyArn: string;
  readonly ciphertext: Uint8Array;
}

/** What an application keeps with a signature: after a rotation only the ARN still leads to the key that made it. */
export interface Signed {
  readonly kmsKeyArn: string;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

const signingAlgorithm = 'ECDSA_SHA_256';

export async function encryptWith(kms: KMSClient, alias: string, text: string): Promise<Sealed> {
  const answer = await kms.send(new EncryptCommand({ KeyId: alias, Plaintext: Buffer.from(text) }));
  return { kmsKeyArn: answer.KeyId ?? '', ciphertext: answer.CiphertextBlob ?? new Uint8Array() };
}

export async function decryptWith(kms: KMSClient, sealed: Sealed): Promise<string> {
  const answer = await kms.send(
    new DecryptCommand({ CiphertextBlob: sealed.ciphertext, KeyId: sealed.kmsKeyArn }),
  );
  return Buffer.from(answer.Plaintext ?? []).toString();
}

export async function signWith(kms: KMSClient, alias: string, text: string): Promise<Signed> {
  const message = Buffer.from(text);
  const answer = await kms.send(
    new SignCommand({
      KeyId: alias,
      Message: message,
      MessageType: 'RAW',
      SigningAlgorithm: signingAlgorithm,
    }),
  );
  return { kmsKeyArn: answer.KeyId ?? '', message, signature: answer.Signature ?? new Uint8Array() };
}

export async function verifyWith(
  kms: KMSClient,
  { kmsKeyArn, message, signature }: Signed,
): Promise<boolean> {
  const answer = await kms.send(
    new VerifyCommand({
      KeyId: kmsKeyArn,
      Message: message,
      MessageType: 'RAW',
      Signature: signature,
      SigningAlgorithm: signingAlgorithm,
    }),
  );
  return answer.SignatureValid === true;
}

/** The name of the error that a call ends with. Throws when it goes through. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
  throw new Error('NOT_REFUSED: a call that must fail went through.');
}
