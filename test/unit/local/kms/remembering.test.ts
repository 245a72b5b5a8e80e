import { expect, test } from 'vitest';
import { remembering } from '../../../../local/kms/remembering.ts';

test('what was made of a text is given again, until others have taken its place', () => {
  const asked: string[] = [];
  const make = remembering(2, (text) => {
    asked.push(text);
    return { text };
  });
  expect(make('a')).toBe(make('a'));
  make('b');
  make('a');
  expect(asked).toEqual(['a', 'b']);
  make('c'); // in the place of a
  make('b');
  make('a');
  expect(asked).toEqual(['a', 'b', 'c', 'a']);
});

test('what throws is made again', () => {
  let fails = true;
  const make = remembering(2, (text) => {
    if (fails) throw new Error('Not now.');
    return text;
  });
  expect(() => make('a')).toThrow('Not now.');
  fails = false;
  expect(make('a')).toBe('a');
});
