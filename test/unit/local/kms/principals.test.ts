import { DescribeKeyCommand, ListKeysCommand } from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, identityPolicy, localKms } from './local-kms.ts';

const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/Rotator/run-1`;
const UNKNOWN = {
  name: 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid.',
};

test('the app id names the caller before its access key does', async () => {
  const kms = await localKms();
  await kms.post('/_local/principals', { appId: 'keyward-rotator', arn: SESSION });
  await kms.client('test', { userAgentAppId: 'keyward-rotator' }).send(new ListKeysCommand({}));
  await kms.client(ACCOUNT, { userAgentAppId: 'keyward-rotator' }).send(new ListKeysCommand({}));
  await kms.client('test', { userAgentAppId: 'of-nobody' }).send(new ListKeysCommand({}));
  expect(kms.recorded.map(({ userIdentity }) => userIdentity.type)).toEqual([
    'AssumedRole',
    'AssumedRole',
    'Root',
  ]);
});

test.each([ACCOUNT, 'AKIAUNKNOWN'])('the access key %s is of nobody', async (accessKeyId) => {
  const kms = await localKms();
  await expect(kms.client(accessKeyId).send(new ListKeysCommand({}))).rejects.toMatchObject(UNKNOWN);
  await expect(
    kms.client(accessKeyId, { userAgentAppId: 'of-nobody' }).send(new ListKeysCommand({})),
  ).rejects.toMatchObject(UNKNOWN);
  expect(kms.recorded).toEqual([]);
});

test('a call without credentials is refused', async () => {
  const kms = await localKms();
  const response = await fetch(kms.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'TrentService.ListKeys' },
    body: '{}',
  });
  expect(response.status).toBe(400);
  await expect(response.json()).resolves.toMatchObject({ __type: 'MissingAuthenticationTokenException' });
});

test('a registration replaces the one before', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const register = (policies?: object[]) =>
    kms.post('/_local/principals', { accessKeyId: 'AKIAOPS', arn: SESSION, policies });
  await register([]);
  const client = kms.client('AKIAOPS');
  await expect(client.send(new DescribeKeyCommand({ KeyId: id }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
  await register();
  await expect(client.send(new DescribeKeyCommand({ KeyId: id }))).resolves.toBeDefined();
});

describe('a registration is refused', () => {
  test.each([
    ['for a role', { appId: 'a', arn: `arn:aws:iam::${ACCOUNT}:role/Rotator` }, /assumed-role/],
    ['without a way to name the caller', { arn: SESSION }, /accessKeyId or appId/],
    ['with two', { accessKeyId: 'a', appId: 'b', arn: SESSION }, /accessKeyId or appId/],
    [
      'with an unknown condition operator',
      {
        appId: 'a',
        arn: SESSION,
        policies: [
          identityPolicy({
            Effect: 'Allow',
            Action: '*',
            Resource: '*',
            Condition: { IpAddresses: { 'aws:SourceIp': '10.0.0.0/8' } },
          }),
        ],
      },
      /condition operator/,
    ],
    [
      'with a principal in a policy',
      {
        appId: 'a',
        arn: SESSION,
        policies: [identityPolicy({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' })],
      },
      /Principal/,
    ],
  ])('%s', async (_what, body, message) => {
    const kms = await localKms();
    const answer = await kms.post('/_local/principals', body);
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'InvalidRequest', message: expect.stringMatching(message) },
    });
  });
});
