import {
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  ListKeysCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, localKms, type TestKms } from './local-kms.ts';

/** How so many calls went, each by the name of its error. */
async function fates(calls: number, call: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  for (let made = 0; made < calls; made += 1) {
    seen.push(
      await call().then(
        () => 'done',
        (error: unknown) => {
          const { name, code } = error as { name: string; code?: string };
          return code ?? name;
        },
      ),
    );
  }
  return seen;
}

const list = (kms: TestKms) => () => kms.root.send(new ListKeysCommand({}));

describe('faults at random', () => {
  test('strike before and after the effect, the same calls for the same seed', async () => {
    const [one, other] = [await localKms(), await localKms()];
    await one.post('/_local/faults/random', { seed: 7, probability: 0.5 });
    await other.post('/_local/faults/random', { seed: 7, probability: 0.5 });
    const seen = await fates(40, list(one));
    expect(new Set(seen)).toEqual(
      new Set(['done', 'ThrottlingException', 'KMSInternalException', 'ECONNRESET']),
    );
    await fates(5, () => other.root.send(new DescribeKeyCommand({ KeyId: 'alias/none' }))); // in between
    expect(await fates(40, list(other))).toEqual(seen);
    await one.post('/_local/faults/random', { seed: 8, probability: 0.5 });
    expect(await fates(40, list(one))).not.toEqual(seen);
  });

  test('strike as often as was asked', async () => {
    const kms = await localKms();
    await kms.post('/_local/faults/random', { seed: 1, probability: 0.2 });
    const struck = (await fates(200, list(kms))).filter((fate) => fate !== 'done');
    expect(struck.length).toBeGreaterThan(20);
    expect(struck.length).toBeLessThan(60);
  });

  test('strike only the operations and in the ways that were asked for, until they are ended', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await kms.post('/_local/faults/random', {
      seed: 1,
      probability: 1,
      operations: ['DisableKey', 'EnableKey'],
      kinds: ['answer-lost'],
    });
    await expect(kms.root.send(new DisableKeyCommand({ KeyId: id }))).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata?.KeyState).toBe('Disabled');
    await fetch(`${kms.url}/_local/faults/random`, { method: 'DELETE' });
    await expect(kms.root.send(new EnableKeyCommand({ KeyId: id }))).resolves.toBeDefined();
  });

  test('strike only the callers that were asked for', async () => {
    const kms = await localKms();
    const role = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/steps/one`);
    const callers = [`arn:aws:sts::${ACCOUNT}:assumed-role/steps/*`];
    await kms.post('/_local/faults/random', { seed: 1, probability: 1, kinds: ['throttled'], callers });
    expect(await fates(1, list(kms))).toEqual(['done']);
    expect(await fates(1, () => role.send(new ListKeysCommand({})))).toEqual(['ThrottlingException']);
  });

  test('come after those that wait', async () => {
    const kms = await localKms();
    await kms.post('/_local/faults/random', { seed: 1, probability: 1, kinds: ['throttled'] });
    const error = { code: 'DependencyTimeoutException', status: 503 };
    await kms.post('/_local/faults', { operation: 'ListKeys', times: 1, error });
    expect(await fates(2, list(kms))).toEqual(['DependencyTimeoutException', 'ThrottlingException']);
  });

  test.each([
    ['of no operation', { seed: 1, probability: 1, operations: ['MakeKey'] }],
    ['of nobody', { seed: 1, probability: 1, callers: [] }],
    ['of no kind', { seed: 1, probability: 1, kinds: [] }],
    ['more often than always', { seed: 1, probability: 1.1 }],
  ])('are refused %s', async (_what, body) => {
    const kms = await localKms();
    await expect(kms.post('/_local/faults/random', body)).resolves.toMatchObject({ status: 400 });
  });
});
