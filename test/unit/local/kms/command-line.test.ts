import { describe, expect, test } from 'vitest';
import { readCommandLine, UsageError } from '../../../../local/kms/command-line.ts';

describe('the command line of the local KMS', () => {
  test('needs nothing', () => {
    expect(readCommandLine([])).toEqual({
      options: { port: 4599, host: '127.0.0.1', accountId: '000000000000', database: ':memory:' },
    });
  });

  test('says where, for whom and in what', () => {
    const args = [
      '--port',
      '0',
      '--database',
      'keys.sqlite',
      '--account',
      '111122223333',
      '--host=localhost',
    ];
    expect(readCommandLine(args)).toEqual({
      options: { port: 0, host: '127.0.0.1', accountId: '111122223333', database: 'keys.sqlite' },
    });
  });

  test('names its options when asked', () => {
    const answer = readCommandLine(['--help', '--port', '5000']);
    for (const option of ['--port', '--database', '--account', '--host']) {
      expect(answer).toMatchObject({ help: expect.stringContaining(option) });
    }
  });

  const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an option that there is not', ['--prot', '1'], /'--prot'[\s\S]*npm run local:kms -- --help/],
    ['what is no option', ['4599'], /'4599'[\s\S]*--help/],
    ['an option without its value', ['--port'], /--port[\s\S]*--help/],
    ['a port that is a name', ['--port', 'https'], /https is not a port/],
    ['a port beyond the last', ['--port', '65536'], /65536 is not a port/],
    ['a port with a fraction', ['--port', '1.5'], /1\.5 is not a port/],
    ['an account of eleven digits', ['--account', '11112222333'], /12 digits/],
    [
      'every address',
      ['--host', '0.0.0.0'],
      /127\.0\.0\.1 only, not on 0\.0\.0\.0: it does not check signatures/,
    ],
    ['an address of the network', ['--host', '192.168.1.7'], /forward the port/],
  ];

  test.each(refusals)('refuses %s', (_what, args, message) => {
    expect(() => readCommandLine(args)).toThrow(UsageError);
    expect(() => readCommandLine(args)).toThrow(message);
  });
});
