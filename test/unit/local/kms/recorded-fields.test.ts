import * as client from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { recordedFields } from '../../../../local/kms/audit/recorded-fields.ts';

/**
 * The SDK's model: a structure is `[3, namespace, name, traits, members, their schemas, ...]`, a simple type that has
 * traits `[0, namespace, name, traits, type]`. Type 21 is bytes; trait 8 is `sensitive`.
 */
const BYTES = 21;
const structure = z.tuple([
  z.literal(3),
  z.string(),
  z.string(),
  z.unknown(),
  z.array(z.string()),
  z.array(z.unknown()),
]);
const simple = z.tuple([z.literal(0), z.string(), z.string(), z.number(), z.number()]);

/** Such as a structure in a function in a member that has traits of its own. */
function unwrapped(schema: unknown): unknown {
  if (typeof schema === 'function') return unwrapped(schema());
  return Array.isArray(schema) && schema.length === 2 ? unwrapped(schema[0]) : schema;
}

function isSecret(schema: unknown): boolean {
  const target = unwrapped(schema);
  if (target === BYTES) return true;
  const { data } = simple.safeParse(target);
  return data !== undefined && (data[4] === BYTES || (data[3] & 8) !== 0);
}

const members = Object.values(client).flatMap((value) => {
  const { data } = structure.safeParse(Array.isArray(value) ? value.slice(0, 6) : undefined);
  return data === undefined ? [] : data[4].map((name, index) => ({ name, schema: data[5][index] }));
});

describe('a record has no member of the model', () => {
  const secrets = [...new Set(members.filter(({ schema }) => isSecret(schema)).map(({ name }) => name))];

  test('that is missed by this test', () => {
    expect(secrets).toEqual(
      expect.arrayContaining([
        'CiphertextBlob',
        'ImportToken',
        'Plaintext',
        'KeyStorePassword',
        'SharedSecret',
      ]),
    );
  });

  test.each(secrets)('that is bytes or sensitive: %s', (name) => {
    expect(recordedFields({ [name]: 'secret', KeyId: 'key' })).toEqual({ keyId: 'key' });
    expect(
      JSON.stringify(recordedFields({ Outer: { [name]: 'secret' }, List: [{ [name]: 'secret' }] })),
    ).not.toContain('secret');
  });
});
