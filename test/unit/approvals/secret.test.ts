import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { secretReader } from '../../../lambdas/adapters/secret.ts';
import { BackendRefused, BackendStateUnexpected } from '../../../lambdas/domain/errors.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:session';

/** A secret store that gives these values one after the other, and a clock. */
function store(...values: (string | undefined | Error)[]) {
  const time = { now: 0 };
  let reads = 0;
  const send = async (): Promise<unknown> => {
    const value = values[reads];
    reads += 1;
    if (value instanceof Error) throw value;
    return { SecretString: value };
  };
  const client = { send } as unknown as Pick<SecretsManagerClient, 'send'>;
  return { time, reads: () => reads, read: secretReader(client, ARN, () => time.now) };
}

describe('a secret', () => {
  it('is read once in five minutes, and then anew', async () => {
    const { time, reads, read } = store('first', 'second');
    expect([await read(), await read()]).toEqual(['first', 'first']);
    time.now = 5 * 60_000 - 1;
    expect([await read(), reads()]).toEqual(['first', 1]);
    time.now = 5 * 60_000;
    expect([await read(), reads()]).toEqual(['second', 2]);
  });

  it('that could not be read is asked for again', async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    const { read } = store(denied, 'value');
    await expect(read()).rejects.toThrow(BackendRefused);
    expect(await read()).toBe('value');
  });

  it.each([undefined, ''])('that holds no text (%j) seals nothing', async (value) => {
    await expect(store(value).read()).rejects.toThrow(BackendStateUnexpected);
  });
});
