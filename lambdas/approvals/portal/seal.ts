import { hkdfSync } from 'node:crypto';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import type * as z from 'zod';

/** Text that only this service can read, and that nobody else can make. It is void after its time. */
export interface Seal {
  close(purpose: Purpose, content: object, seconds: number): Promise<string>;
  /** What was sealed for this purpose; nothing when it is void, of another purpose, changed or not ours. */
  open<S extends z.ZodType>(
    purpose: Purpose,
    schema: S,
    sealed: string | undefined,
  ): Promise<z.output<S> | undefined>;
}

/** Each purpose has a key of its own: what is sealed for one never passes for another. */
export type Purpose = 'session' | 'sign-in' | 'enrolment';

/** JWE, direct encryption with A256GCM, under keys derived from one secret. Sessions live in real time. */
export function createSeal(secret: () => Promise<string>, realTime: () => Date = () => new Date()): Seal {
  const keyOf = async (purpose: Purpose): Promise<Uint8Array> =>
    new Uint8Array(hkdfSync('sha256', await secret(), '', `keyward/portal/${purpose}/v1`, 32));
  return {
    async close(purpose, content, seconds) {
      return new EncryptJWT({ content })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setExpirationTime(new Date(realTime().getTime() + seconds * 1000))
        .encrypt(await keyOf(purpose));
    },
    async open(purpose, schema, sealed) {
      if (sealed === undefined || sealed === '') return undefined;
      const key = await keyOf(purpose);
      try {
        const { payload } = await jwtDecrypt(sealed, key, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
          requiredClaims: ['exp'],
          currentDate: realTime(),
        });
        return schema.safeParse(payload.content).data;
      } catch (error) {
        // A cookie that cannot be opened is as good as none: the person signs in.
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
