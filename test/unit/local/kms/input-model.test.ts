import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../../../local/kms/operations/index.ts';
import { type Limits, MODEL, type ModelOperation, type Shape } from './kms-model.ts';
import { startedKms, type TestKms } from './local-kms.ts';
import { blobOf, camel, type Place, placesOf, required, textOf } from './model-values.ts';
import { errorOf, post } from './wire.ts';

/** Where the guide is narrower than the API model. */
const DOCUMENTED: Readonly<Record<string, Limits>> = {
  'ListAliases.limit': { min: 1, max: 100 },
  'ListGrants.limit': { min: 1, max: 100 },
  'ListResourceTags.limit': { min: 1, max: 50 },
  'ListRetirableGrants.limit': { min: 1, max: 100 },
  'ScheduleKeyDeletion.pendingWindowInDays': { min: 7, max: 30 },
};

/** Neither shown to the caller again nor said to be null. */
const SENSITIVE = new Set(['accessKeyId', 'keyStorePassword', 'message', 'plaintext', 'rawSecretAccessKey']);

/** Breaks a constraint of another member, if there is one: so no request has an effect, and all problems are told. */
function bodyWith(operation: ModelOperation, { top, wrap }: Place, value: unknown): string {
  const others = operation.members.filter(({ name }) => name !== top);
  const breaks = others.map(({ name, shape }) => [name, breaking(shape)] as const);
  const broken = breaks.find(([, by]) => by !== undefined);
  const body = Object.fromEntries([
    ...required(operation.members),
    ...(broken === undefined ? [] : [broken]),
  ]);
  return JSON.stringify({ ...body, [top]: wrap(value) });
}

function breaking(shape: Shape): unknown {
  if (shape.kind === 'integer') return -1;
  if (shape.kind !== 'string') return undefined;
  return shape.pattern === undefined && shape.values === undefined ? 'a'.repeat((shape.max ?? 0) + 1) : '€';
}

type WrongTypes = readonly (readonly [unknown, string])[];

const NO_LIST = [['x'], 'Start of list found where not expected'] as const;
const NO_MAP = [{ a: 'x' }, 'Start of structure or map found where not expected.'] as const;
const scalars = (of: string, ...values: readonly (readonly [unknown, string])[]): WrongTypes =>
  values.map(([value, token]) => [value, `${token} can not be converted to ${of}`]);
const TEXT = ['text', 'STRING_VALUE'] as const;
const NUMBER = [5, 'NUMBER_VALUE'] as const;
const TRUTH = [
  [true, 'TRUE_VALUE'],
  [false, 'FALSE_VALUE'],
] as const;
const none = (text: string): WrongTypes => [5, 1.5, 'text', true].map((value) => [value, text]);

/** As measured at services of AWS that speak JSON 1.1. */
const WRONG_TYPES: Readonly<Record<Shape['kind'], WrongTypes>> = {
  string: [...scalars('a String', NUMBER, [1.5, 'NUMBER_VALUE'], ...TRUTH), NO_LIST, NO_MAP],
  integer: [...scalars('an Integer', TEXT, ...TRUTH), NO_LIST, NO_MAP],
  boolean: [...scalars('a Boolean', TEXT, NUMBER), NO_LIST, NO_MAP],
  blob: [
    ...scalars('a Blob', NUMBER, ...TRUTH),
    NO_LIST,
    NO_MAP,
    ['23456', 'Base64 encoded length is expected a multiple of 4 bytes but found: 5'],
    ['2%45', "Invalid Base64 character: '%'"],
    ['ab==', 'Invalid last non-pad Base64 character dectected'],
  ],
  timestamp: [NO_LIST, NO_MAP],
  list: [...none('Expected list or null'), NO_MAP],
  map: [
    ...none('Expected map or null'),
    NO_LIST,
    [{ a: 5 }, 'NUMBER_VALUE can not be converted to a String'],
  ],
  structure: [...none('Expected null'), NO_LIST],
};

interface Case {
  readonly value: unknown;
  /** What AWS KMS says of it. */
  readonly text: string;
}

const wrongTypes = (shape: Shape): WrongTypes => [
  ...WRONG_TYPES[shape.kind],
  ...(shape.kind === 'list'
    ? WRONG_TYPES[shape.of.kind].map(([value, text]) => [[value], text] as const)
    : []),
];

type Scalar = Exclude<Shape, { kind: 'list' | 'structure' }>;

/** The constraints of a text, of bytes or of a number, with a value that breaks each. */
function broken(
  shape: Scalar,
  { min, max, pattern, values }: Limits,
): { value: unknown; constraint: string }[] {
  const measure = shape.kind === 'integer' ? 'value' : 'length';
  const sized = (count: number): unknown => {
    if (shape.kind === 'integer') return count;
    return shape.kind === 'blob' ? blobOf(count) : (textOf(count, pattern) ?? 'a'.repeat(count));
  };
  return [
    ...(values === undefined
      ? []
      : [{ value: 'UNKNOWN', constraint: 'Member must satisfy enum value set: [' }]),
    ...(min === undefined || min === 0
      ? []
      : [
          {
            value: sized(min - 1),
            constraint: `Member must have ${measure} greater than or equal to ${min}`,
          },
        ]),
    ...(max === undefined
      ? []
      : [{ value: sized(max + 1), constraint: `Member must have ${measure} less than or equal to ${max}` }]),
    ...(pattern === undefined
      ? []
      : [
          {
            value: '€'.repeat(min ?? 1),
            constraint: `Member must satisfy regular expression pattern: ${pattern}`,
          },
        ]),
  ];
}

/** On both sides of each limit, and every value of an enumeration. */
function kept(shape: Scalar, { min, max, pattern, values }: Limits): unknown[] {
  if (values !== undefined) return [...values];
  if (shape.kind === 'boolean') return [true, false];
  const sizes = [min, max].filter((size) => size !== undefined);
  if (shape.kind === 'integer') return [...sizes, ...sizes.map((size) => size + 0.5)];
  if (shape.kind === 'blob') return sizes.map(blobOf);
  return shape.kind === 'string'
    ? sizes
        .map((size) => textOf(size, pattern))
        // A pattern can ask for more than the least length does.
        .filter((text) => text !== undefined && (text !== '' || isTaken('', pattern)))
    : [];
}

const isTaken = (text: string, pattern = '') =>
  pattern === '' || new RegExp(`^(?:${pattern})$`, 'u').test(text);

const failed = (place: string, constraint: string) =>
  `Value ${place} failed to satisfy constraint: ${constraint}`;

function refusedAt(operation: string, { path, member }: Place): Case[] {
  const { shape, name } = member;
  if (shape.kind === 'structure') return [];
  if (shape.kind === 'list') {
    const { of, max } = shape;
    const inList = (value: readonly unknown[], constraint: string) => ({
      value,
      text: failed(`'[${value.join(', ')}]' at '${path}'`, constraint),
    });
    if (of.kind === 'structure' || of.kind === 'list') return [];
    const many = max === undefined ? [] : Array.from({ length: max + 1 }, () => 'a');
    return [
      ...broken(of, of).map(({ value, constraint }) =>
        inList([value], `Member must satisfy constraint: [${constraint}`),
      ),
      ...(max === undefined ? [] : [inList(many, `Member must have length less than or equal to ${max}`)]),
    ];
  }
  const isHidden = shape.kind === 'blob' || SENSITIVE.has(camel(name));
  return broken(shape, DOCUMENTED[`${operation}.${path}`] ?? shape).map(({ value, constraint }) => ({
    value,
    text: failed(isHidden ? `at '${path}'` : `'${String(value)}' at '${path}'`, constraint),
  }));
}

function takenAt(operation: string, { path, member: { shape } }: Place): unknown[] {
  if (shape.kind === 'structure') return [];
  if (shape.kind !== 'list') return kept(shape, DOCUMENTED[`${operation}.${path}`] ?? shape);
  if (shape.of.kind === 'structure' || shape.of.kind === 'list') return [];
  const each = kept(shape.of, shape.of).map((value) => [value]);
  return shape.max === undefined ? each : [...each, Array.from({ length: shape.max }, () => 'a')];
}

let kms: TestKms;
beforeAll(async () => {
  kms = await startedKms();
});
afterAll(() => kms.close());

const here = MODEL.filter(({ name }) => Object.hasOwn(OPERATIONS, name));
const answer = (operation: ModelOperation, body: string) => post(kms, `TrentService.${operation.name}`, body);

test('every operation of the local KMS is one of the model', () => {
  expect(here.map(({ name }) => name)).toEqual(Object.keys(OPERATIONS).toSorted());
});

describe.each(here)('$name', (operation) => {
  const places = placesOf(operation.members);

  test('takes no value of another type', async () => {
    for (const place of places) {
      for (const [value, text] of wrongTypes(place.member.shape)) {
        const error = errorOf(await answer(operation, bodyWith(operation, place, value)));
        expect({ at: place.path, value, ...error }).toEqual({
          at: place.path,
          value,
          code: 'SerializationException',
          text,
        });
      }
    }
  });

  test('takes nothing that breaks a constraint of the model', async () => {
    for (const place of places) {
      for (const { value, text } of refusedAt(operation.name, place)) {
        const error = errorOf(await answer(operation, bodyWith(operation, place, value)));
        expect(error).toEqual({ code: 'ValidationException', text: expect.stringContaining(text) });
      }
    }
  });

  test('takes what keeps the constraints of the model', async () => {
    for (const place of places) {
      for (const value of takenAt(operation.name, place)) {
        const { text } = await answer(operation, bodyWith(operation, place, value));
        expect(text).not.toContain(`at '${place.path}'`);
        expect(text).not.toContain('SerializationException');
      }
    }
  });

  test('names what is missing, and takes a null for that', async () => {
    for (const place of places) {
      const { path, member } = place;
      const isHidden = SENSITIVE.has(camel(member.name));
      const missing = failed(`${isHidden ? '' : 'null '}at '${path}'`, 'Member must not be null');
      for (const value of [undefined, null]) {
        const { text } = await answer(operation, bodyWith(operation, place, value));
        if (member.required) expect(text).toContain(missing);
        else expect(text).not.toContain(`at '${path}'`);
      }
    }
  });
});
