import { DescribeKeyCommand, DisableKeyCommand, ListKeysCommand } from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { localKms } from './local-kms.ts';

const throttling = { code: 'ThrottlingException', status: 400 };

describe('a fault', () => {
  test('fails so many calls of its operation, before their effect', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await kms.post('/_local/faults', { operation: 'DisableKey', times: 2, error: throttling });
    const disable = () => kms.root.send(new DisableKeyCommand({ KeyId: id }));
    await expect(disable()).rejects.toMatchObject({ name: 'ThrottlingException' });
    const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata?.KeyState).toBe('Enabled');
    await expect(disable()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await expect(disable()).resolves.toBeDefined();
    expect(kms.recorded.filter(({ errorCode }) => errorCode === 'ThrottlingException')).toHaveLength(2);
  });

  test('has the status that was asked for', async () => {
    const kms = await localKms();
    const error = { code: 'KMSInternalException', status: 500 };
    await kms.post('/_local/faults', { operation: 'ListKeys', times: 1, error });
    await expect(kms.root.send(new ListKeysCommand({}))).rejects.toMatchObject({
      name: 'KMSInternalException',
      $metadata: { httpStatusCode: 500 },
    });
  });

  test('is outlived by a client that retries', async () => {
    const kms = await localKms();
    await kms.post('/_local/faults', { operation: 'ListKeys', times: 1, error: throttling });
    const { $metadata } = await kms.client('test', { maxAttempts: 3 }).send(new ListKeysCommand({}));
    expect($metadata.attempts).toBe(2);
  });

  test('after the effect loses the answer only', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await kms.post('/_local/faults', { operation: 'DisableKey', times: 1, afterEffect: true });
    await expect(kms.root.send(new DisableKeyCommand({ KeyId: id }))).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata?.KeyState).toBe('Disabled');
    expect(kms.recorded.find(({ eventName }) => eventName === 'DisableKey')?.errorCode).toBeUndefined();
  });

  test('is forgotten when it is taken back before a call has met it', async () => {
    const kms = await localKms();
    await kms.post('/_local/faults', { operation: 'ListKeys', times: 3, error: throttling });
    await fetch(`${kms.url}/_local/faults`, { method: 'DELETE' });
    await expect(kms.root.send(new ListKeysCommand({}))).resolves.toBeDefined();
  });

  test('can be a delay', async () => {
    const kms = await localKms();
    await kms.post('/_local/faults', { operation: 'ListKeys', times: 1, delayMs: 120 });
    const start = performance.now();
    await kms.root.send(new ListKeysCommand({}));
    expect(performance.now() - start).toBeGreaterThan(110);
  });

  test.each([
    ['of no operation', { operation: 'MakeKey', times: 1, error: throttling }],
    ['without a fault', { operation: 'ListKeys', times: 1 }],
    [
      'before and after the effect',
      { operation: 'ListKeys', times: 1, error: throttling, afterEffect: true },
    ],
    ['no times', { operation: 'ListKeys', times: 0, error: throttling }],
  ])('is refused %s', async (_what, body) => {
    const kms = await localKms();
    await expect(kms.post('/_local/faults', body)).resolves.toMatchObject({ status: 400 });
  });
});
