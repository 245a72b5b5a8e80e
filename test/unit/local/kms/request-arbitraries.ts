import fc from 'fast-check';
import type { ModelOperation, Shape } from './kms-model.ts';
import { blobOf, textOf } from './model-values.ts';

/** Values of members that name something, or belong to something, that exists; by the name of the member. */
export type Existing = Readonly<Record<string, readonly string[]>>;

/** Requests that keep to the API model: with every member that is required, and some of the others. */
export function requests(
  { members }: Pick<ModelOperation, 'members'>,
  existing: Existing,
): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const model = members.map(({ name, shape, required }): [string, fc.Arbitrary<unknown>] => {
    const any = values(name, shape, existing);
    return [name, required ? any : fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, any)];
  });
  return fc.record(Object.fromEntries(model));
}

function values(name: string, shape: Shape, existing: Existing): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'string':
    case 'blob':
      return texts(name, shape, existing);
    case 'integer':
      return fc.integer({ min: shape.min ?? 0, max: shape.max ?? 0 });
    case 'boolean':
      return fc.boolean();
    case 'timestamp':
      return fc.double({ min: 1, max: 4_000_000_000, noNaN: true });
    case 'map':
      return fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });
    case 'list':
      return fc.array(values(name, shape.of, existing), { maxLength: 3 });
    case 'structure':
      return requests(shape, existing);
  }
}

function texts(name: string, shape: Exclude<Shape, { kind: 'list' | 'structure' }>, existing: Existing) {
  const known = existing[name] ?? [];
  const any = anyText(shape);
  return known.length === 0 ? any : fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...known) }, any);
}

function anyText({
  kind,
  values,
  min = 0,
  max = 0,
  pattern,
}: Exclude<Shape, { kind: 'list' | 'structure' }>) {
  // An RSA key takes longer to make than all other requests together.
  if (values !== undefined) return fc.constantFrom(...values.filter((one) => !one.startsWith('RSA_')));
  const lengths = fc.integer({ min, max: Math.min(max, min + 40) });
  if (kind === 'blob') return lengths.map((length) => blobOf(length));
  return lengths.map((length) => textOf(length, pattern) ?? textOf(max, pattern) ?? '');
}

const NASTY: readonly unknown[] = [
  null,
  true,
  false,
  '',
  ' ',
  [],
  {},
  0,
  -1,
  0.5,
  1e308,
  -1e308,
  2 ** 53,
  'a'.repeat(10_000),
  '\u0000',
  '\ud800',
  '💥'.repeat(50),
  '__proto__',
  'constructor',
  'AAA=A',
  'A',
  'not base64',
  'arn:aws:kms:us-east-1:000000000000:key/',
  'arn:::::',
  'alias/',
  "'; DROP TABLE keys; --",
  [null],
  [[[[]]]],
  [{}],
  { TagKey: null },
  JSON.parse('{"__proto__": {"KeyId": "x"}}'),
  { toString: 'x', hasOwnProperty: 1 },
];

interface Breakage {
  readonly where: number;
  readonly how: 'replaced' | 'removed' | 'wrapped' | 'joined';
  readonly by: unknown;
}

const breakages: fc.Arbitrary<readonly Breakage[]> = fc.array(
  fc.record({
    where: fc.nat(),
    how: fc.constantFrom('replaced', 'removed', 'wrapped', 'joined'),
    by: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...NASTY) }, fc.jsonValue()),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Requests with one to three values, at any depth, that are of another type, too large, missing, or should not be there. */
export function brokenRequests(operation: ModelOperation, existing: Existing): fc.Arbitrary<unknown> {
  return fc
    .tuple(requests(operation, existing), breakages)
    .map(([request, all]) => all.reduce<unknown>((value, one) => brokenAt(value, one), request));
}

function brokenAt(value: unknown, breakage: Breakage): unknown {
  const paths = pathsIn(value);
  const path = paths[breakage.where % paths.length] ?? [];
  return changedAt(value, path, breakage);
}

function pathsIn(value: unknown, here: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [here];
  return [here, ...Object.entries(value).flatMap(([name, item]) => pathsIn(item, [...here, name]))];
}

function changedAt(value: unknown, [name, ...rest]: readonly string[], breakage: Breakage): unknown {
  if (name === undefined || typeof value !== 'object' || value === null) return changed(value, breakage);
  if (Array.isArray(value)) {
    return value.map((item, index) => (String(index) === name ? changedAt(item, rest, breakage) : item));
  }
  const entries = Object.entries(value).filter(
    ([member]) => breakage.how !== 'removed' || rest.length > 0 || member !== name,
  );
  return Object.fromEntries(
    entries.map(([member, item]) => [member, member === name ? changedAt(item, rest, breakage) : item]),
  );
}

function changed(value: unknown, { how, by }: Breakage): unknown {
  if (how === 'wrapped') return [value];
  return how === 'joined' && typeof value === 'object' && value !== null
    ? { ...value, Unknown: by, '': by }
    : by;
}

const encoder = new TextEncoder();

/** What JSON parsers are not given every day. */
const spoilings: fc.Arbitrary<(body: string) => Uint8Array<ArrayBuffer>> = fc.oneof(
  fc.nat().map((at) => (body: string) => encoder.encode(body.slice(0, at % (body.length + 1)))),
  fc.tuple(fc.nat(), fc.integer({ min: 0x80, max: 0xff })).map(([at, byte]) => (body: string) => {
    const bytes = encoder.encode(body);
    bytes[at % bytes.length] = byte;
    return bytes;
  }),
  fc
    .constantFrom(' ', '}', '\uFEFF', '{}', ',', '\u0000')
    .map((more) => (body: string) => encoder.encode(more.length > 1 ? body + more : more + body + more)),
  // A member that is there twice: the last one counts.
  fc
    .constantFrom('{"KeyId":5,', '{"KeyId":"a","KeyId":"b",', '{"__proto__":{"KeyId":"x"},')
    .map((start) => (body: string) => encoder.encode(start + body.slice(1))),
  fc.constantFrom(999, 1001, 100_000).map((depth) => (body: string) => {
    const nested = `${'{"a":['.repeat(depth / 2)}${']}'.repeat(depth / 2)}`;
    return encoder.encode(`{"EncryptionContext":${nested},${body.slice(1)}`);
  }),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => () => new Uint8Array(bytes)),
);

/** Bodies that are cut, no UTF-8, no JSON, or JSON that is odd. */
export function spoiledBodies(
  operation: ModelOperation,
  existing: Existing,
): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc
    .tuple(requests(operation, existing), spoilings)
    .map(([request, spoil]) => spoil(JSON.stringify(request)));
}
