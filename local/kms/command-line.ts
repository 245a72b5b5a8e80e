import { parseArgs } from 'node:util';
import type { LocalKmsOptions } from './server.ts';

const DEFAULT_PORT = 4599;

const HELP = `npm run local:kms -- [options]

  --port N          the port; 0 takes a free one. ${DEFAULT_PORT} when left out
  --database FILE   keeps the keys in this file; without it they are in memory, and gone when it stops
  --account ID      the account of the access key "test", 12 digits. 000000000000 when left out
  --host 127.0.0.1  no other is listened on: whoever reaches the port may use and delete every key
  --help            this

A Region is not an option: every Region is there, and a request says its own.
local/kms/README.md says the rest.
`;

const SEE_HELP = 'See `npm run local:kms -- --help`.';

/** What a person can put right; the message says how. */
export class UsageError extends Error {}

/** What the server is to be started with, or the text that was asked for instead. Throws UsageError. */
export function readCommandLine(
  args: readonly string[],
): { readonly options: LocalKmsOptions } | { readonly help: string } {
  const values = parsed(args);
  if (values.help) return { help: HELP };
  return {
    options: {
      port: portOf(values.port),
      host: hostOf(values.host),
      accountId: accountOf(values.account),
      database: values.database ?? ':memory:',
    },
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: String(DEFAULT_PORT) },
        database: { type: 'string' },
        account: { type: 'string', default: '000000000000' },
        host: { type: 'string', default: '127.0.0.1' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${SEE_HELP}`);
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UsageError(
    `${text} is not a port: give a number from 0, for any that is free, to 65535.\n${SEE_HELP}`,
  );
}

function hostOf(text: string): string {
  if (text === '127.0.0.1' || text === 'localhost') return '127.0.0.1';
  throw new UsageError(
    `The local KMS listens on 127.0.0.1 only, not on ${text}: it does not check signatures, so whoever reaches its port ` +
      'can use and delete every key. To reach it from elsewhere, forward the port, with `ssh -L` for one.',
  );
}

function accountOf(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new UsageError(`${text} is not the id of an account: that is 12 digits.\n${SEE_HELP}`);
}
