import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateAliasCommand,
  DecryptCommand,
  DescribeCustomKeyStoresCommand,
  EncryptCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, onTestFinished, test } from 'vitest';
import { localKms, startedKms, type TestKms } from './local-kms.ts';

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=test/20261125/us-east-1/kms/aws4_request, SignedHeaders=host';

async function call(kms: TestKms, target: string, body: string) {
  const response = await fetch(kms.url, {
    method: 'POST',
    headers: {
      'x-amz-target': target,
      authorization: AUTHORIZATION,
      'content-type': 'application/x-amz-json-1.1',
    },
    body,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

describe('the AWS JSON 1.1 protocol', () => {
  test('answers with a request id, dates in epoch seconds and bytes in base64', async () => {
    const kms = await localKms();
    const { status, headers, text } = await call(kms, 'TrentService.CreateKey', '{}');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    const answer: unknown = JSON.parse(text);
    expect(answer).toMatchObject({ KeyMetadata: { CreationDate: expect.any(Number) } });
  });

  test('answers a change that returns nothing with an empty body', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const { status, text } = await call(kms, 'TrentService.DisableKey', JSON.stringify({ KeyId: id }));
    expect([status, text]).toEqual([200, '']);
  });

  test.each([
    ['TrentService.ListKeys', '{"Limit": 1001}', 'ValidationException'],
    ['TrentService.DescribeKey', '{}', 'ValidationException'],
    ['TrentService.constructor', '{}', 'UnsupportedOperationException'],
    ['OtherService.ListKeys', '{}', 'UnknownOperationException'],
  ])('%s %s is a %s', async (target, body, type) => {
    const kms = await localKms();
    const { status, text } = await call(kms, target, body);
    expect(status).toBe(400);
    const answer: unknown = JSON.parse(text);
    expect(answer).toMatchObject({ __type: type, message: expect.any(String) });
  });

  test.each(['{"Lmit": 5}', '{"Limit": null, "Marker": null}', '{"__proto__": {"Limit": 0}}'])(
    'ListKeys %s ignores what it does not know, and what is null',
    async (body) => {
      const kms = await localKms();
      const { status } = await call(kms, 'TrentService.ListKeys', body);
      expect(status).toBe(200);
    },
  );

  test('no answer is for an enclave', async () => {
    const kms = await localKms();
    const body = '{"NumberOfBytes": 32, "Recipient": {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"}}';
    const { text } = await call(kms, 'TrentService.GenerateRandom', body);
    expect(JSON.parse(text)).toMatchObject({
      __type: 'UnsupportedOperationException',
      message: 'The local KMS has no enclaves: it takes no Recipient.',
    });
  });
});

test('an operation of AWS KMS that is not here is named', async () => {
  const kms = await localKms();
  await expect(kms.root.send(new DescribeCustomKeyStoresCommand({}))).rejects.toMatchObject({
    name: 'UnsupportedOperationException',
    message: 'The local KMS has no operation DescribeCustomKeyStores.',
  });
});

test('an unknown route names those that there are', async () => {
  const kms = await localKms();
  const answer = await kms.post('/_local/nothing', {});
  expect(answer).toMatchObject({
    status: 404,
    body: { message: expect.stringMatching(/POST \/_local\/clock/) },
  });
});

test('the server keeps its keys in a file over a restart, for its owner only', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'local-kms-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const database = join(folder, 'kms.sqlite');
  const first = await startedKms({ database });
  const { id } = await first.createKey();
  await first.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: id }));
  const { CiphertextBlob } = await first.root.send(
    new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('kept') }),
  );
  await first.close();
  expect(statSync(database).mode & 0o077).toBe(0);
  const second = await localKms({ database });
  const { Plaintext = new Uint8Array() } = await second.root.send(
    new DecryptCommand({ KeyId: 'alias/pay', CiphertextBlob }),
  );
  expect(Buffer.from(Plaintext).toString()).toBe('kept');
});

test('the server closes with its connections, also while it makes a key', async () => {
  const kms = await startedKms();
  const making = kms.createKey({ KeySpec: 'RSA_3072', KeyUsage: 'SIGN_VERIFY' });
  const outcome = making.then(
    () => 'made',
    () => 'lost',
  );
  await kms.post('/_local/clock', { advance: 'PT1S' });
  await kms.close();
  expect(['made', 'lost']).toContain(await outcome);
  await expect(fetch(`${kms.url}/_local/clock`)).rejects.toThrow();
});
