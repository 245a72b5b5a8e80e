import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { decisionDigest } from '../domain/digest.ts';
import { BackendStateUnexpected } from '../domain/errors.ts';
import type { DecisionRecord } from '../domain/request.ts';
import { awsCall } from './aws-call.ts';

/** The key with which Keyward vouches for every decision it has taken. It protects Keyward and is not managed by it. */
export interface ApprovalKey {
  readonly keyArn: string;
  /** Signs `decisionDigest`. Throws BackendBusy or BackendRefused: a decision that cannot be signed is not taken. */
  sign(decision: DecisionRecord): Promise<NonNullable<DecisionRecord['signature']>>;
  /** SubjectPublicKeyInfo, DER, base64. */
  publicKey(): Promise<string>;
}

/** ECDSA on P-256 over the digest itself, so that anybody can verify it with the decision at hand. */
export function createApprovalKey(client: Pick<KMSClient, 'send'>, keyArn: string): ApprovalKey {
  let kept: string | undefined;
  return {
    keyArn,
    async sign(decision) {
      const { Signature: signature } = await awsCall('kms:Sign', () =>
        client.send(
          new SignCommand({
            KeyId: keyArn,
            Message: Buffer.from(decisionDigest(decision), 'hex'),
            MessageType: 'DIGEST',
            SigningAlgorithm: 'ECDSA_SHA_256',
          }),
        ),
      );
      if (signature === undefined) throw new BackendStateUnexpected('KMS signed a decision with nothing.');
      return { keyArn, algorithm: 'ECDSA_SHA_256', value: Buffer.from(signature).toString('base64') };
    },
    async publicKey() {
      if (kept !== undefined) return kept;
      const { PublicKey: key } = await awsCall('kms:GetPublicKey', () =>
        client.send(new GetPublicKeyCommand({ KeyId: keyArn })),
      );
      if (key === undefined) throw new BackendStateUnexpected(`KMS has no public key of ${keyArn}.`);
      kept = Buffer.from(key).toString('base64');
      return kept;
    },
  };
}
