import { describe, expect, test } from 'vitest';
import { cursorFrom, cursorTo } from '../../../lambdas/adapters/registry/cursor.ts';
import { PageTokenInvalid } from '../../../lambdas/domain/errors.ts';

const list = {
  partitionKey: 'ownerPk',
  partition: 'OWNER#a#KEY',
  sortKey: 'ownerSk',
  startingWith: 'active#',
};
const lastKey = { PK: 'KEY#1', SK: 'KEY', ownerPk: 'OWNER#a#KEY', ownerSk: 'active#1' };

describe('a cursor', () => {
  test('goes on where its page ended', () => {
    expect(cursorFrom(cursorTo(lastKey), list)).toEqual(lastKey);
  });

  test('may stand in a URL', () => {
    expect(cursorTo({ ...lastKey, PK: 'KEY#ÿ>?~' })).toMatch(/^[\w-]+$/);
  });

  test.each([
    ['no cursor', 'hello'],
    ['nothing', ''],
    ['JSON of another shape', Buffer.from('[1]').toString('base64url')],
    ['a position that is not text', cursorTo({ ...lastKey, SK: 1 })],
    ['the cursor of another partition', cursorTo({ ...lastKey, ownerPk: 'OWNER#b#KEY' })],
    ['the cursor of another state', cursorTo({ ...lastKey, ownerSk: 'suspended#1' })],
    [
      'the cursor of another index',
      cursorTo({ PK: 'KEY#1', SK: 'KEY', statePk: 'KEY#active', stateSk: '1' }),
    ],
  ])('is refused when it is %s', (_name, cursor) => {
    expect(() => cursorFrom(cursor, list)).toThrow(PageTokenInvalid);
  });
});
