import { expect, test } from 'vitest';
import { Formers } from '../../../../local/kms/imperfections/formers.ts';

const FIVE_MINUTES = 300_000;

const remembered = (formers: Formers<string>) =>
  formers.toOneCall({ seed: 1, probability: 1, reads: 10 }).changed();

test('what has had its time is forgotten at the next change, though nobody looks', () => {
  const formers = new Formers<string>('key');
  formers.note('a', 'first', { number: 1, at: 0 });
  formers.note('b', 'first', { number: 2, at: 10 });
  formers.note('a', 'second', { number: 3, at: 20 });
  expect(remembered(formers)).toHaveLength(3);
  formers.note('c', 'first', { number: 4, at: FIVE_MINUTES + 10 });
  expect(remembered(formers).map(({ id }) => id)).toEqual(['a', 'a', 'c']);
  formers.note('a', 'third', { number: 5, at: FIVE_MINUTES + 15 });
  expect(remembered(formers)).toEqual([
    { id: 'c', was: 'first' },
    { id: 'a', was: 'third' },
    { id: 'a', was: 'second' },
  ]);
});
