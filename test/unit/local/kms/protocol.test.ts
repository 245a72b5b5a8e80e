import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CreateAliasCommand, DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { localKms, startedKms } from './local-kms.ts';
import { errorOf, post } from './wire.ts';

describe('the AWS JSON 1.1 protocol', () => {
  test('answers with a request id, dates in epoch seconds and bytes in base64', async () => {
    const kms = await localKms();
    const { status, headers, text } = await post(kms, 'TrentService.CreateKey', '{}');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    const answer: unknown = JSON.parse(text);
    expect(answer).toMatchObject({ KeyMetadata: { CreationDate: expect.any(Number) } });
  });

  test('answers a change that returns nothing with an empty body', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const { status, text } = await post(kms, 'TrentService.DisableKey', JSON.stringify({ KeyId: id }));
    expect([status, text]).toEqual([200, '']);
  });

  test.each([
    ['TrentService.ListKeys', '{"Limit": 1001}', 'ValidationException'],
    ['TrentService.DescribeKey', '{}', 'ValidationException'],
    ['TrentService.constructor', '{}', 'UnknownOperationException'],
    ['OtherService.ListKeys', '{}', 'UnknownOperationException'],
  ])('%s %s is a %s', async (target, body, type) => {
    const kms = await localKms();
    const { status, text } = await post(kms, target, body);
    expect(status).toBe(400);
    const answer: unknown = JSON.parse(text);
    expect(answer).toMatchObject({ __type: type, message: expect.any(String) });
  });

  test.each(['{"Lmit": 5}', '{"Limit": null, "Marker": null}', '{"__proto__": {"Limit": 0}}'])(
    'ListKeys %s ignores what it does not know, and what is null',
    async (body) => {
      const kms = await localKms();
      const { status } = await post(kms, 'TrentService.ListKeys', body);
      expect(status).toBe(200);
    },
  );

  test('no answer is for an enclave', async () => {
    const kms = await localKms();
    const body = '{"NumberOfBytes": 32, "Recipient": {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"}}';
    const { text } = await post(kms, 'TrentService.GenerateRandom', body);
    expect(JSON.parse(text)).toMatchObject({
      __type: 'UnsupportedOperationException',
      message: 'The local KMS has no enclaves: it takes no Recipient.',
    });
  });
});

describe('a request that cannot be read', () => {
  test.each(['{', '', 'null', '"x"', '1', 'true', '{"Limit": 1,}', '{"Limit": 1} {}', "{'Limit': 1}"])(
    'with the body %s is a SerializationException without a text',
    async (body) => {
      const kms = await localKms();
      const { status, text } = await post(kms, 'TrentService.ListKeys', body);
      expect([status, text]).toEqual([400, '{"__type":"SerializationException"}']);
    },
  );

  test('with a list for a body is told so, under the name that the framework of AWS gives the text', async () => {
    const kms = await localKms();
    const { text } = await post(kms, 'TrentService.ListKeys', '[]');
    expect(text).toBe(
      '{"__type":"SerializationException","Message":"Start of list found where not expected"}',
    );
  });

  test('is told of a type before a constraint', async () => {
    const kms = await localKms();
    const body = '{"Limit": "1", "Marker": ""}';
    expect(errorOf(await post(kms, 'TrentService.ListKeys', body))).toEqual({
      code: 'SerializationException',
      text: 'STRING_VALUE can not be converted to an Integer',
    });
  });

  /** As AWS KMS was seen to answer. */
  const violations: readonly (readonly [string, string, string])[] = [
    [
      'GetPublicKey',
      '{"KeyId": ""}',
      "2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater " +
        "than or equal to 1; Value '' at 'keyId' failed to satisfy constraint: Member must satisfy regular expression " +
        'pattern: ^\\p{ASCII}+$',
    ],
    [
      'DescribeKey',
      '{"KeyId": "キー"}',
      "1 validation error detected: Value 'キー' at 'keyId' failed to satisfy constraint: Member must satisfy regular " +
        'expression pattern: ^\\p{ASCII}+$',
    ],
    [
      'Encrypt',
      '{"KeyId": "x"}',
      "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must not be null",
    ],
    [
      'Decrypt',
      '{"CiphertextBlob": ""}',
      "1 validation error detected: Value at 'ciphertextBlob' failed to satisfy constraint: Member must have length " +
        'greater than or equal to 1',
    ],
  ];

  test.each(violations)('%s %s breaks constraints', async (operation, body, text) => {
    const kms = await localKms();
    const error = errorOf(await post(kms, `TrentService.${operation}`, body));
    expect(error).toEqual({ code: 'ValidationException', text });
  });
});

test('of a member that is there twice the last one counts', async () => {
  const kms = await localKms();
  const { text } = await post(kms, 'TrentService.GenerateRandom', '{"NumberOfBytes": 5, "NumberOfBytes": 6}');
  expect(JSON.parse(text)).toMatchObject({ Plaintext: expect.stringMatching(/^.{8}$/) });
});

test('every name can be in an encryption context', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const body = `{"KeyId": "${id}", "Plaintext": "AAAA", "EncryptionContext": {"__proto__": "a"}}`;
  const { text } = await post(kms, 'TrentService.Encrypt', body);
  const { CiphertextBlob } = z.object({ CiphertextBlob: z.base64() }).parse(JSON.parse(text));
  const without = await post(kms, 'TrentService.Decrypt', JSON.stringify({ CiphertextBlob }));
  expect(errorOf(without).code).toBe('InvalidCiphertextException');
  const again = `{"CiphertextBlob": "${CiphertextBlob}", "EncryptionContext": {"__proto__": "a"}}`;
  expect(JSON.parse((await post(kms, 'TrentService.Decrypt', again)).text)).toMatchObject({
    Plaintext: 'AAAA',
  });
});

describe('what is no call of AWS KMS', () => {
  const refusals: readonly (readonly [
    string,
    string | null,
    Readonly<Record<string, string | null>>,
    string,
  ])[] = [
    ['without a target', null, {}, 'UnknownOperationException'],
    ['for another service', 'DynamoDB_20120810.ListTables', {}, 'UnknownOperationException'],
    [
      'without credentials',
      'TrentService.ListKeys',
      { authorization: null },
      'MissingAuthenticationTokenException',
    ],
    [
      'with a token of another kind',
      'TrentService.ListKeys',
      { authorization: 'Bearer eyJhbGciOi' },
      'MissingAuthenticationTokenException',
    ],
    [
      'with a signature of nobody',
      'TrentService.ListKeys',
      { authorization: 'AWS4-HMAC-SHA256 Credential, Signature=' },
      'IncompleteSignatureException',
    ],
    [
      'with an access key that was not registered',
      'TrentService.ListKeys',
      { authorization: 'AWS4-HMAC-SHA256 Credential=AKIANOBODY/20261125/us-east-1/kms/aws4_request' },
      'UnrecognizedClientException',
    ],
  ];

  test.each(refusals)('%s is refused', async (_what, target, headers, code) => {
    const kms = await localKms();
    const answer = await post(kms, target, '{}', headers);
    expect({ status: answer.status, code: errorOf(answer).code }).toEqual({ status: 400, code });
  });

  test.each(['GET', 'PUT', 'DELETE', 'PATCH'])('%s is no way to ask', async (method) => {
    const kms = await localKms();
    const answer = await fetch(kms.url, { method, headers: { 'x-amz-target': 'TrentService.ListKeys' } });
    expect(await answer.json()).toMatchObject({ __type: 'UnknownOperationException' });
  });

  test.each(['//', '/?', '/a/../../b', '/%zz'])('the path %s is answered', async (path) => {
    const kms = await localKms();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(kms.url, { path, method: 'POST' }, resolve).once('error', reject).end('{}');
    });
    expect(JSON.parse(await text(response))).toMatchObject({ __type: 'UnknownOperationException' });
  });

  test('a body beyond one megabyte is refused, and the next request answered', async () => {
    const kms = await localKms();
    const body = JSON.stringify({ Description: 'x'.repeat(4_000_000) });
    const answer = await post(kms, 'TrentService.CreateKey', body);
    expect([answer.status, answer.text]).toEqual([413, '{"__type":"RequestEntityTooLargeException"}']);
    expect((await post(kms, 'TrentService.ListKeys', '{}')).status).toBe(200);
  });
});

test('what is no operation of AWS KMS is named, and not recorded', async () => {
  const kms = await localKms();
  expect(errorOf(await post(kms, 'TrentService.ListNothing', '{}'))).toEqual({
    code: 'UnknownOperationException',
    text: 'There is no operation ListNothing of AWS KMS.',
  });
  expect(kms.recorded).toEqual([]);
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
