import { randomUUID } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  KMSClient,
  ListKeysCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { clientConfig } from '../../local/stage/account.ts';
import { ask, beginStory, readKey, readRequest, requestIn, type Story } from '../../local/tour/story.ts';
import { until } from '../../local/tour/until.ts';

let story: Story;
let kms: KMSClient;
let lambda: LambdaClient;

beforeAll(async () => {
  const { kmsUrl, endpoint } = inject('localAws');
  story = await beginStory(inject('localAws'));
  kms = new KMSClient(clientConfig(kmsUrl));
  lambda = new LambdaClient(clientConfig(endpoint));
});

interface Fault {
  readonly operation: string;
  readonly times: number;
  readonly error?: { readonly code: string; readonly status: number };
  readonly afterEffect?: boolean;
}

async function inflict(fault: Fault): Promise<void> {
  const response = await fetch(`${inject('localAws').kmsUrl}/_local/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  expect(response.ok, await response.text()).toBe(true);
}

async function generate(name = `f-${randomUUID().slice(0, 8)}`) {
  return ask(story.alice, '/v1/keys', {
    name,
    owner: 'payments',
    class: 'code-signing',
    spec: 'ECC_NIST_P256',
    reason: 'A test of faults.',
  });
}

/** The KMS keys that carry a request's tag, and the state of each. */
async function madeBy(requestId: string): Promise<string[]> {
  const states: string[] = [];
  let marker: string | undefined;
  do {
    const page = await kms.send(new ListKeysCommand({ Marker: marker, Limit: 1000 }));
    for (const { KeyId: id } of page.Keys ?? []) {
      const { Tags: tags = [] } = await kms.send(new ListResourceTagsCommand({ KeyId: id }));
      if (!tags.some(({ TagValue: value }) => value === requestId)) continue;
      const { KeyMetadata: metadata } = await kms.send(new DescribeKeyCommand({ KeyId: id }));
      states.push(metadata?.KeyState ?? 'unknown');
    }
    marker = page.NextMarker;
  } while (marker !== undefined);
  return states;
}

async function invoke(functionPart: string, payload: unknown): Promise<unknown> {
  for await (const page of paginateListFunctions({ client: lambda }, {})) {
    const found = (page.Functions ?? []).find(({ FunctionName: name }) => name?.includes(functionPart));
    if (found === undefined) continue;
    const { Payload: answer, FunctionError: failure } = await lambda.send(
      new InvokeCommand({ FunctionName: found.FunctionName, Payload: JSON.stringify(payload) }),
    );
    expect(failure).toBeUndefined();
    return JSON.parse(Buffer.from(answer ?? []).toString() || 'null');
  }
  throw new Error(`There is no function ${functionPart}.`);
}

describe('KMS on a bad day', () => {
  it.each<Fault>([
    { operation: 'CreateKey', times: 2, error: { code: 'ThrottlingException', status: 400 } },
    { operation: 'CreateKey', times: 1, afterEffect: true },
    { operation: 'CreateAlias', times: 1, afterEffect: true },
    { operation: 'Sign', times: 2, error: { code: 'KMSInternalException', status: 500 } },
    { operation: 'DescribeKey', times: 1, error: { code: 'DependencyTimeoutException', status: 503 } },
  ])('still makes one key when $operation fails (answer lost: $afterEffect)', async (fault) => {
    await inflict(fault);
    const { requestId, keyId } = await generate();
    await requestIn(story.alice, requestId, 'succeeded', 90);
    expect(await madeBy(requestId)).toEqual(['Enabled']);
    expect((await readKey(story.alice, keyId)).state).toBe('active');
  });

  it('undoes a generation whose alias somebody else holds, and leaves no orphan', async () => {
    const name = `f-${randomUUID().slice(0, 8)}`;
    const { KeyMetadata: foreign } = await kms.send(new CreateKeyCommand({}));
    await kms.send(
      new CreateAliasCommand({ AliasName: `alias/keyward/payments/${name}`, TargetKeyId: foreign?.KeyId }),
    );
    const { requestId, keyId } = await generate(name);
    const failed = await until('the request to fail', 60, async () => {
      const request = await readRequest(story.alice, requestId);
      return request.state === 'failed' ? request : undefined;
    });
    expect(failed.error?.code).toBe('AliasTaken');
    expect(failed.error?.message).toContain(foreign?.KeyId);
    expect(await madeBy(requestId)).toEqual(['PendingDeletion']);
    expect((await readKey(story.alice, keyId)).state).toBe('destroyed');
  });
});

describe('events that come twice', () => {
  it('start one execution', async () => {
    const { requestId, keyId } = await generate();
    const event = {
      Records: [1, 2, 3].map((n) => ({
        eventName: 'INSERT',
        dynamodb: {
          Keys: { PK: { S: `REQUEST#${requestId}` }, SK: { S: 'REQUEST' } },
          SequenceNumber: String(n),
        },
      })),
    };
    await Promise.all([invoke('Dispatch', event), invoke('Dispatch', event)]);
    await requestIn(story.alice, requestId, 'succeeded');
    await invoke('Dispatch', event);
    expect(await madeBy(requestId)).toEqual(['Enabled']);
    expect((await readKey(story.alice, keyId)).versions).toHaveLength(1);
  });

  it('sweep once', async () => {
    const swept = await Promise.all([invoke('Sweep', {}), invoke('Sweep', {}), invoke('Sweep', {})]);
    expect(swept).toHaveLength(3);
  });
});
