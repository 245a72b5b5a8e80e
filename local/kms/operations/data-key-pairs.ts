import * as z from 'zod';
import { generateMaterial, publicKeyBytes } from '../cryptography/material.ts';
import { unsupported } from '../errors.ts';
import { resolveKey } from '../key-reference.ts';
import {
  hasPublicKey,
  isKeySpec,
  isOfCustomKeyStore,
  type KeySpec,
  specFacts,
  UNSUPPORTED_SPECS,
} from '../key-specs.ts';
import { type Operation, prepared } from '../operation.ts';
import { parseInput } from '../protocol/input.ts';
import type { KmsKey } from '../store/keys.ts';
import { dryRun, encryptionContext, grantTokens, KEY_SPEC_NAMES, keyId, recipient } from './fields.ts';
import { protectDataKey } from './protect-data-key.ts';

/** AWS KMS makes pairs of every kind that has a public key, but for ML-DSA. */
const PAIR_SPECS = KEY_SPEC_NAMES.filter((spec) => hasPublicKey(spec) && !spec.startsWith('ML_DSA'));

const schema = z.object({
  KeyId: keyId,
  KeyPairSpec: z.enum([...PAIR_SPECS, ...UNSUPPORTED_SPECS]),
  EncryptionContext: encryptionContext,
  GrantTokens: grantTokens,
  DryRun: dryRun,
});

const schemaWithRecipient = schema.extend({ Recipient: recipient });

type Input = z.infer<typeof schema>;

export const generateDataKeyPair = pairOperation(
  'GenerateDataKeyPair',
  schemaWithRecipient,
  (privateKey) => ({
    PrivateKeyPlaintext: privateKey.toString('base64'),
  }),
);

export const generateDataKeyPairWithoutPlaintext = pairOperation(
  'GenerateDataKeyPairWithoutPlaintext',
  schema,
  () => ({}),
);

/** Like a key of the KMS, the pair is made before the atomic effect: for RSA it takes seconds. */
function pairOperation(
  name: string,
  schema: z.ZodType<Input>,
  plaintext: (privateKey: Buffer) => { readonly PrivateKeyPlaintext?: string },
): Operation {
  return {
    readOnly: true,
    prepare: async (body) => {
      const input = parseInput(schema, body);
      const pairSpec = supportedSpec(input);
      const privateKey = await generateMaterial(specFacts(pairSpec).material);
      const conditions = () => ({
        'kms:encryptionalgorithm': ['SYMMETRIC_DEFAULT'],
        'kms:datakeypairspec': [input.KeyPairSpec],
      });
      const call = prepared({ conditions }, input, (caller) => {
        const resolved = resolveKey(caller, input.KeyId, 'key-or-alias');
        const { kms, key } = resolved;
        return {
          touches: [{ kind: 'key', ...resolved, refuseKind: refuseCustomKeyStore }],
          effect: () => {
            const made = protectDataKey(kms, key, input.EncryptionContext, privateKey, name);
            return {
              output: {
                KeyId: key.arn,
                KeyPairSpec: input.KeyPairSpec,
                PublicKey: publicKeyBytes(privateKey).toString('base64'),
                PrivateKeyCiphertextBlob: made.ciphertext.toString('base64'),
                ...plaintext(privateKey),
                KeyMaterialId: made.materialId,
              },
              additionalEventData: { keyMaterialId: made.materialId },
            };
          },
        };
      });
      return { ...call, pairSpec };
    },
  };
}

function refuseCustomKeyStore({ arn, origin }: KmsKey): void {
  if (isOfCustomKeyStore(origin)) {
    throw unsupported(`${arn} origin is ${origin}: keys of custom key stores protect no data key pairs.`);
  }
}

function supportedSpec({ KeyPairSpec: spec }: Input): KeySpec {
  if (!isKeySpec(spec)) throw unsupported(`The local KMS makes no data key pairs of KeyPairSpec ${spec}.`);
  return spec;
}
