import { readCommandLine, UsageError } from './command-line.ts';
import { type LocalKms, type LocalKmsOptions, startLocalKms } from './server.ts';

// Runs the local KMS by itself, until Ctrl-C or SIGTERM.
try {
  const asked = readCommandLine(process.argv.slice(2));
  if ('help' in asked) {
    process.stdout.write(asked.help);
  } else {
    const kms = await start(asked.options);
    process.stdout.write(howToUse(kms, asked.options));
    stopOnSignal(kms);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function start(options: LocalKmsOptions): Promise<LocalKms> {
  try {
    return await startLocalKms(options);
  } catch (cause) {
    throw new Error(whatToDo(cause, options), { cause });
  }
}

function whatToDo(cause: unknown, { port, database }: LocalKmsOptions): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') {
    return `Port ${port} is taken. Stop what listens there, or take a free one: npm run local:kms -- --port 0`;
  }
  if (code === 'EACCES') {
    return `Port ${port} is for root alone. Take a free one: npm run local:kms -- --port 0`;
  }
  if (code === 'ERR_SQLITE_ERROR') {
    return (
      `${database} cannot be opened as a database (${message}). Its folder must exist and be yours to write in, and a ` +
      'file that is there already must be one of the local KMS.'
    );
  }
  return message;
}

function howToUse({ url }: LocalKms, { database, accountId }: LocalKmsOptions): string {
  const isKept = database !== ':memory:';
  return `The local AWS KMS is at ${url}, for account ${accountId}.
Its keys are in ${isKept ? `${database}, in the clear` : 'memory, and gone when it stops: --database FILE keeps them'}.

For the AWS SDKs and the AWS CLI:
  export AWS_ENDPOINT_URL_KMS=${url}
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
Then, for one:
  aws kms create-key

Ctrl-C stops it.
`;
}

function stopOnSignal(kms: LocalKms): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Once: a second one ends the process at once. What was acknowledged is in the database by then.
    process.once(signal, () => {
      kms.close().then(
        () => process.stdout.write('The local AWS KMS has stopped.\n'),
        (error: unknown) => {
          console.error('Local KMS:', error);
          process.exitCode = 1;
        },
      );
    });
  }
}
