import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { STATE_RULES } from '../../local/kms/key-states.ts';
import { MODEL } from '../unit/local/kms/kms-model.ts';
import { CALLS } from './calls.ts';
import { type Conformance, isAsDeclared, playConformance } from './conformance.ts';
import { DECLARED_ERRORS } from './declared-errors.ts';
import { GUIDE, ON_NO_KEY, STATES } from './guide.ts';
import { conformancePage } from './report.ts';

const operations = MODEL.map(({ name }) => name);

describe('the expectations', () => {
  test('have a row of the guide for every operation of AWS KMS, or say that it is on no key', () => {
    const listed = [...GUIDE.flatMap((row) => row.operations), ...ON_NO_KEY];
    expect(listed.toSorted()).toEqual(operations);
  });

  test('have a row for every operation that has a rule about states', () => {
    const withRow = new Set(GUIDE.flatMap((row) => row.operations));
    expect(Object.keys(STATE_RULES).filter((operation) => !withRow.has(operation))).toEqual([]);
  });

  test('have a call for every row', () => {
    const withRow = GUIDE.flatMap((row) => row.operations);
    expect(Object.keys(CALLS).toSorted()).toEqual(withRow.toSorted());
  });

  test.each(operations)('have the errors of %s that the SDK says it throws', (operation) => {
    const types = dirname(createRequire(import.meta.url).resolve('@aws-sdk/client-kms/package.json'));
    const text = readFileSync(join(types, 'dist-types', 'commands', `${operation}Command.d.ts`), 'utf8');
    const thrown = [...text.matchAll(/@throws \{@link (?<name>\w+)Exception\}/g)].map(
      ({ groups }) => groups?.name ?? '',
    );
    const ofRequests = thrown.filter((name) => !/^(?:KMSInternal|DependencyTimeout|KMSService)$/.test(name));
    expect(DECLARED_ERRORS[operation]?.split(' ').toSorted()).toEqual(ofRequests.toSorted());
  });
});

describe('the local KMS', () => {
  let played: Conformance;
  beforeAll(async () => {
    played = await playConformance();
  }, 120_000);

  test.each(Object.keys(CALLS))('accepts and refuses %s as the guide says', (operation) => {
    const own = played.cells.filter((cell) => cell.operation === operation);
    const deviations = own.flatMap(({ kind, state, expected, deviation }) =>
      deviation === undefined
        ? []
        : [`${kind.family}, ${kind.form}, ${state} (${expected.printed}): ${deviation}`],
    );
    expect(deviations).toEqual([]);
    expect(own.filter(({ answer }) => answer !== undefined).length).toBeGreaterThan(0);
  });

  test.each(operations)('gives every error that %s declares, or it is told why not', (operation) => {
    const wrong = played.errors.filter((error) => error.operation === operation && !isAsDeclared(error));
    expect(wrong).toEqual([]);
  });

  test('has keys in every state that it knows', () => {
    const reached = new Set(played.cells.map(({ state }) => state));
    const missing = STATES.filter((state) => !reached.has(state));
    expect(missing).toEqual([]);
  });

  test('is told of in docs/local-kms.md as it is: `npm run conformance` writes it', () => {
    const { path, text } = conformancePage(played);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
