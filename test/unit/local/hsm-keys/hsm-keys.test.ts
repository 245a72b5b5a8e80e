import { createDecipheriv } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pkcs11 from 'pkcs11js';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { HsmKeys } from '../../../../local/cloudhsm/keys/hsm-keys.ts';
import { InProcessHsmKeys } from '../../../../local/cloudhsm/keys/in-process.ts';
import { SoftHsmKeys } from '../../../../local/cloudhsm/keys/softhsm.ts';
import { createTables } from '../../../../local/cloudhsm/store/schema.ts';
import type { Sealed } from '../../../../local/kms/cryptography/aes-gcm.ts';
import { openDatabase } from '../../../../local/kms/store/database.ts';
import { softHsm } from './softhsm.ts';

const CLUSTER = 'cluster-aaaaaaaaaaa';
const BACKUP = 'backup-bbbbbbbbbbb';
const context = Buffer.from('what is authenticated');
const plaintext = Buffer.from('what is protected');

const implementations: readonly [string, () => HsmKeys][] = [
  [
    'the database',
    () => {
      const database = openDatabase(':memory:');
      createTables(database);
      return new InProcessHsmKeys(database);
    },
  ],
  ['a token of SoftHSM2', () => new SoftHsmKeys(softHsm())],
];

describe.each(implementations)('keys in %s', (_, open) => {
  const opened = () => {
    const keys = open();
    onTestFinished(() => keys.close());
    return keys;
  };

  test('decrypt what they have encrypted, with the same authenticated data', () => {
    const keys = opened();
    const { id } = keys.generate(CLUSTER, 'kmsuser', 'a key');
    const sealed = keys.encrypt(CLUSTER, id, plaintext, context);
    if (sealed === undefined) throw new Error('There is no key.');
    expect([sealed.iv.length, sealed.ciphertext.length, sealed.tag.length]).toEqual([
      12,
      plaintext.length,
      16,
    ]);
    expect(sealed.ciphertext.equals(plaintext)).toBe(false);
    expect(keys.decrypt(CLUSTER, id, sealed, context)).toEqual(plaintext);
    expect(keys.encrypt(CLUSTER, id, plaintext, context)?.iv.equals(sealed.iv)).toBe(false);
  });

  test('refuse what was altered, and what another key has encrypted', () => {
    const keys = opened();
    const { id } = keys.generate(CLUSTER, 'kmsuser', 'a key');
    const { id: other } = keys.generate(CLUSTER, 'kmsuser', 'another');
    const sealed = keys.encrypt(CLUSTER, id, plaintext, context);
    if (sealed === undefined) throw new Error('There is no key.');
    const altered = (bytes: Buffer) =>
      Buffer.from(bytes.map((byte, index) => (index === 0 ? byte ^ 1 : byte)));
    const wrong: Sealed[] = [
      { ...sealed, iv: altered(sealed.iv) },
      { ...sealed, ciphertext: altered(sealed.ciphertext) },
      { ...sealed, tag: altered(sealed.tag) },
    ];
    for (const one of wrong) expect(keys.decrypt(CLUSTER, id, one, context)).toBe('refused');
    expect(keys.decrypt(CLUSTER, id, sealed, Buffer.from('something else'))).toBe('refused');
    expect(keys.decrypt(CLUSTER, other, sealed, context)).toBe('refused');
    expect(keys.decrypt(CLUSTER, id, sealed, context)).toEqual(plaintext);
  });

  test('are listed with their owners and labels, and gone when deleted', () => {
    const keys = opened();
    const first = keys.generate(CLUSTER, 'kmsuser', 'arn:aws:kms:us-east-1:000000000000:key/1/2');
    const second = keys.generate(CLUSTER, 'somebody', 'second');
    expect(keys.list(CLUSTER)).toHaveLength(2);
    expect(keys.list(CLUSTER)).toEqual(expect.arrayContaining([first, second]));
    expect(first.id).toMatch(/^[0-9a-f]{32}$/);
    expect(keys.list(BACKUP)).toEqual([]);
    expect(keys.delete(CLUSTER, first.id)).toBe(true);
    expect(keys.delete(CLUSTER, first.id)).toBe(false);
    expect(keys.encrypt(CLUSTER, first.id, plaintext, context)).toBeUndefined();
    expect(keys.list(CLUSTER)).toEqual([second]);
  });

  test('come back from a backup as the same keys, after they were deleted', () => {
    const keys = opened();
    const { id } = keys.generate(CLUSTER, 'kmsuser', 'a key');
    const { id: later } = keys.generate(CLUSTER, 'kmsuser', 'another');
    const sealed = keys.encrypt(CLUSTER, id, plaintext, context);
    if (sealed === undefined) throw new Error('There is no key.');
    keys.copy(CLUSTER, BACKUP);
    keys.delete(CLUSTER, id);
    keys.erase(CLUSTER);
    const restored = 'cluster-ccccccccccc';
    keys.copy(BACKUP, restored);
    keys.erase(BACKUP);
    expect(
      keys
        .list(restored)
        .map((key) => key.id)
        .toSorted(),
    ).toEqual([id, later].toSorted());
    expect(keys.decrypt(restored, id, sealed, context)).toEqual(plaintext);
    expect([keys.list(CLUSTER), keys.list(BACKUP)]).toEqual([[], []]);
  });

  test('come with random bytes', () => {
    const keys = opened();
    expect(keys.random(40)).toHaveLength(40);
    expect(keys.random(40).equals(keys.random(40))).toBe(false);
  });
});

test('the database computes as node:crypto does', () => {
  const database = openDatabase(':memory:');
  createTables(database);
  const keys = new InProcessHsmKeys(database);
  const { id } = keys.generate(CLUSTER, 'kmsuser', 'a key');
  const sealed = keys.encrypt(CLUSTER, id, plaintext, context);
  if (sealed === undefined) throw new Error('There is no key.');
  const secret = database.prepare('SELECT secret FROM hsmKeys').get()?.secret;
  if (!(secret instanceof Uint8Array)) throw new Error('There is no secret.');
  const decipher = createDecipheriv('aes-256-gcm', secret, sealed.iv).setAAD(context).setAuthTag(sealed.tag);
  expect(Buffer.concat([decipher.update(sealed.ciphertext), decipher.final()])).toEqual(plaintext);
});

test('the tokens of two servers are apart, and go with the last of them', () => {
  const options = { ...softHsm(), folder: join(mkdtempSync(join(tmpdir(), 'tokens-')), 'hsm') };
  const [one, two] = [new SoftHsmKeys(options), new SoftHsmKeys(options)];
  one.generate(CLUSTER, 'kmsuser', 'a key');
  expect(two.list(CLUSTER)).toEqual([]);
  two.close();
  expect(one.list(CLUSTER)).toHaveLength(1);
  one.close();
  expect(existsSync(options.folder)).toBe(false);
});

test('a token gives no key away, and its files do not show one', () => {
  const options = { ...softHsm(), folder: join(mkdtempSync(join(tmpdir(), 'tokens-')), 'hsm') };
  const keys = new SoftHsmKeys(options);
  onTestFinished(() => keys.close());
  const { handle } = keys.generate(CLUSTER, 'kmsuser', 'a key');
  keys.copy(CLUSTER, BACKUP);
  const handles = [handle, ...keys.list(BACKUP).map((key) => key.handle)];
  // The library is one for the process: another view on it finds the session that is logged in.
  const library = new pkcs11.PKCS11();
  library.load(options.library);
  const slot = library.C_GetSlotList(true)[0];
  if (slot === undefined) throw new Error('There is no slot.');
  const session = library.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION);
  for (const one of handles) {
    const object = Buffer.alloc(8);
    object.writeBigUInt64LE(BigInt(one));
    const read = (type: number) => library.C_GetAttributeValue(session, object, [{ type }])[0]?.value;
    expect(() => read(pkcs11.CKA_VALUE)).toThrow('CKR_ATTRIBUTE_SENSITIVE');
    expect(read(pkcs11.CKA_EXTRACTABLE)).toEqual(Buffer.of(0));
    expect(read(pkcs11.CKA_NEVER_EXTRACTABLE)).toEqual(Buffer.of(1));
  }
  const files = readdirSync(options.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  for (const { parentPath, name } of files) {
    expect(readFileSync(join(parentPath, name)).includes('a key')).toBe(false);
  }
});
