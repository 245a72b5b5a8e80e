import {
  DecryptCommand,
  EncryptCommand,
  type KMSClient,
  SignCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { ProbeFailed } from '../../domain/errors.ts';
import type { KeyUsage, ProbeArtefact } from '../../domain/key.ts';
import { awsCall } from '../aws-call.ts';

const SIGNING_ALGORITHM = 'ECDSA_SHA_256';

/** A message that is nobody's data, and the context that says so in CloudTrail. */
export interface ProbeMessage {
  readonly text: string;
  readonly encryptionContext: Record<string, string>;
}

export function probeMessage(keyId: string): ProbeMessage {
  return {
    text: `keyward probe of ${keyId}`,
    encryptionContext: { 'keyward:key-id': keyId, 'keyward:purpose': 'probe' },
  };
}

/** Lets a KMS key protect the message: encrypts or signs it. */
export async function protect(
  client: KMSClient,
  kmsKeyId: string,
  usage: KeyUsage,
  message: ProbeMessage,
): Promise<ProbeArtefact> {
  const bytes = Buffer.from(message.text);
  if (usage === 'ENCRYPT_DECRYPT') {
    const { CiphertextBlob: blob } = await awsCall('kms:Encrypt', () =>
      client.send(
        new EncryptCommand({
          KeyId: kmsKeyId,
          Plaintext: bytes,
          EncryptionContext: message.encryptionContext,
        }),
      ),
    );
    return { kind: 'ciphertext', ciphertext: base64(blob) };
  }
  const { Signature: signature } = await awsCall('kms:Sign', () =>
    client.send(
      new SignCommand({
        KeyId: kmsKeyId,
        Message: bytes,
        MessageType: 'RAW',
        SigningAlgorithm: SIGNING_ALGORITHM,
      }),
    ),
  );
  return { kind: 'signature', signature: base64(signature), algorithm: SIGNING_ALGORITHM };
}

/** Lets a KMS key process what it once protected. Throws ProbeFailed when the result is not the message. */
export async function processArtefact(
  client: KMSClient,
  kmsKeyId: string,
  artefact: ProbeArtefact,
  message: ProbeMessage,
): Promise<void> {
  if (artefact.kind === 'ciphertext') {
    const { Plaintext: plaintext } = await awsCall('kms:Decrypt', () =>
      client.send(
        new DecryptCommand({
          KeyId: kmsKeyId,
          CiphertextBlob: Buffer.from(artefact.ciphertext, 'base64'),
          EncryptionContext: message.encryptionContext,
        }),
      ),
    );
    if (Buffer.from(plaintext ?? []).toString() !== message.text) {
      throw new ProbeFailed(`${kmsKeyId} decrypted an old ciphertext to something else.`, { kmsKeyId });
    }
    return;
  }
  const { SignatureValid: valid } = await awsCall('kms:Verify', () =>
    client.send(
      new VerifyCommand({
        KeyId: kmsKeyId,
        Message: Buffer.from(message.text),
        MessageType: 'RAW',
        Signature: Buffer.from(artefact.signature, 'base64'),
        SigningAlgorithm: SIGNING_ALGORITHM,
      }),
    ),
  );
  if (valid !== true) throw new ProbeFailed(`${kmsKeyId} does not verify its own signature.`, { kmsKeyId });
}

function base64(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('base64');
}
