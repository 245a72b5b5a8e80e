import { randomBytes } from 'node:crypto';
import {
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  EncryptCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { DOES_NOT_EXPIRE, externalKey, importWith, parametersFor } from './imports.ts';
import { startedKms, type TestKms } from './local-kms.ts';

const MINUTE = 60_000;
const PLAINTEXT = Buffer.from('plaintext');

let kms: TestKms;
beforeAll(async () => {
  // The real time stands still, so that expiry is where the model has it.
  kms = await startedKms({ clock: new VirtualClock({ realNow: () => Date.UTC(2026, 10, 25) }) });
});
afterAll(() => kms.close());

/** Which of the materials is meant, and for so many minutes if it is imported; forever if none. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant('import' as const),
    material: fc.nat(3),
    isNew: fc.boolean(),
    minutes: fc.option(fc.integer({ min: 1, max: 8 })),
  }),
  fc.record({ kind: fc.constant('delete' as const), material: fc.nat(3) }),
  fc.record({ kind: fc.constant('rotate' as const) }),
  fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 5 }) }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const imported = (material: number): Step => ({ kind: 'import', material, isNew: true, minutes: null });

/** Two materials with ciphertext of both, which chance alone seldom comes to. */
const rotated: readonly Step[] = [imported(0), imported(1), { kind: 'rotate' }];

interface Known {
  readonly id: string;
  awaitsRotation: boolean;
  /** When it is gone; -Infinity while it is. */
  until: number;
}

/** What a user has to remember of a key to know what it can do. */
class Model {
  readonly known = new Map<number, Known>();
  /** In the order in which they became current. */
  readonly lasting: number[] = [];
  readonly ciphertexts: (Uint8Array | undefined)[] = [];

  pending(): [number, Known] | undefined {
    return [...this.known].find(([, { awaitsRotation }]) => awaitsRotation);
  }

  expire(now: number): void {
    for (const [material, known] of this.known) {
      if (known.until > now) continue;
      if (known.awaitsRotation) this.known.delete(material);
      else known.until = -Infinity;
    }
  }

  isUsable(): boolean {
    return (
      this.lasting.length > 0 && this.lasting.every((material) => (this.known.get(material)?.until ?? 0) > 0)
    );
  }
}

const succeeded = (call: Promise<unknown>) =>
  call.then(
    () => true,
    () => false,
  );

test('whatever is imported, deleted, expires and is rotated: all ciphertext is readable when all material is there, and none before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom([], rotated),
      fc.array(step, { minLength: 3, maxLength: 12 }),
      async (before, after) => {
        const { id } = await externalKey(kms);
        const parameters = await parametersFor(kms.root, id);
        const materials = Array.from({ length: 4 }, () => randomBytes(32));
        const model = new Model();
        const now = () => kms.clock.now().getTime();
        for (const action of [...before, ...after]) {
          if (action.kind === 'wait') kms.clock.advance(action.minutes * MINUTE);
          if (action.kind === 'import') {
            const { material, isNew } = action;
            const known = model.known.get(material);
            const isFirst = model.known.size === 0;
            const until = action.minutes === null ? Infinity : now() + action.minutes * MINUTE;
            const call = importWith(kms.root, parameters, materials[material] ?? PLAINTEXT, {
              ...(action.minutes === null ? DOES_NOT_EXPIRE : { ValidTo: new Date(until) }),
              ImportType: isNew ? 'NEW_KEY_MATERIAL' : 'EXISTING_KEY_MATERIAL',
            });
            const isAllowed = isNew
              ? known === undefined && (isFirst || model.pending() === undefined)
              : known !== undefined;
            const answer = await call.catch(() => undefined);
            expect(answer !== undefined).toBe(isAllowed);
            if (answer !== undefined && known !== undefined) known.until = until;
            if (answer !== undefined && known === undefined) {
              const { KeyMaterialId = '' } = answer;
              model.known.set(material, { id: KeyMaterialId, awaitsRotation: !isFirst, until });
              if (isFirst) model.lasting.push(material);
            }
          }
          if (action.kind === 'delete') {
            const known = model.known.get(action.material);
            if (known !== undefined) {
              await kms.root.send(
                new DeleteImportedKeyMaterialCommand({ KeyId: id, KeyMaterialId: known.id }),
              );
              if (known.awaitsRotation) model.known.delete(action.material);
              else known.until = -Infinity;
            }
          }
          if (action.kind === 'rotate') {
            const pending = model.pending();
            const isAllowed = pending !== undefined && model.isUsable();
            expect(await succeeded(kms.root.send(new RotateKeyOnDemandCommand({ KeyId: id })))).toBe(
              isAllowed,
            );
            if (isAllowed) {
              pending[1].awaitsRotation = false;
              model.lasting.push(pending[0]);
            }
          }
          model.expire(now());

          const isUsable = model.isUsable();
          const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
          expect(KeyMetadata?.KeyState).toBe(isUsable ? 'Enabled' : 'PendingImport');
          expect(KeyMetadata?.CurrentKeyMaterialId).toBe(model.known.get(model.lasting.at(-1) ?? -1)?.id);
          const encryption = kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: PLAINTEXT }));
          const made = await encryption.catch(() => undefined);
          expect(made !== undefined).toBe(isUsable);
          if (made !== undefined) model.ciphertexts.push(made.CiphertextBlob);
          for (const CiphertextBlob of model.ciphertexts.slice(-3).concat(model.ciphertexts.slice(0, 1))) {
            const reading = kms.root.send(new DecryptCommand({ KeyId: id, CiphertextBlob }));
            expect(await succeeded(reading)).toBe(isUsable);
          }
        }
      },
    ),
    { numRuns: 15 },
  );
}, 120_000);
