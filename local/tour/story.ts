import type { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import { signInAs } from '../signin/sign-in-as.ts';
import { clientConfig } from '../stage/account.ts';
import type { LocalAwsAddresses } from '../stage/local-aws.ts';
import { type Alert, alertInbox } from './alert-inbox.ts';
import { type Answer, type ApiClient, machineClient, personClient } from './api-client.ts';
import { kmsClientOf } from './consumer.ts';
import { machineUser } from './machine-user.ts';
import { until } from './until.ts';

/** Everyone and everything that takes part, ready to act. */
export interface Story {
  readonly addresses: LocalAwsAddresses;
  /** Owns the keys, asks for what happens to them. */
  readonly alice: ApiClient;
  readonly bob: ApiClient;
  readonly carol: ApiClient;
  readonly erin: ApiClient;
  /** A custodian: may stop a key at once. */
  readonly frank: ApiClient;
  /** The payments team's pipeline. */
  readonly pipeline: ApiClient;
  /** The application that uses the keys. */
  readonly application: KMSClient;
  /** An administrator who goes around Keyward. */
  readonly mallory: KMSClient;
  readonly alerts: () => Promise<readonly Alert[]>;
}

export async function beginStory(addresses: LocalAwsAddresses): Promise<Story> {
  const { issuer, outputs, kmsUrl, endpoint } = addresses;
  const person = async (name: string): Promise<ApiClient> =>
    personClient(outputs.PeopleApiUrl, (await signInAs(issuer, name, { secondFactor: true })).accessToken);
  const accountArn = 'arn:aws:iam::000000000000';
  const [alice, bob, carol, erin, frank, pipelineCredentials, application, mallory, alerts] =
    await Promise.all([
      person('alice'),
      person('bob'),
      person('carol'),
      person('erin'),
      person('frank'),
      machineUser(endpoint, 'payments-pipeline'),
      kmsClientOf(kmsUrl, {
        accessKeyId: 'AKIALOCALPAYMENTSAPP',
        arn: 'arn:aws:sts::000000000000:assumed-role/payments-application/i-1',
        policies: [
          {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Sign', 'kms:Verify'],
                Resource: '*',
              },
            ],
          },
        ],
      }),
      kmsClientOf(kmsUrl, { accessKeyId: 'AKIALOCALMALLORY0001', arn: `${accountArn}:user/mallory` }),
      alertInbox(clientConfig(endpoint), outputs.AlertTopicArn),
    ]);
  const pipeline = machineClient(outputs.MachineApiUrl, pipelineCredentials);
  return { addresses, alice, bob, carol, erin, frank, pipeline, application, mallory, alerts };
}

const keyView = z.looseObject({
  keyId: z.string(),
  alias: z.string(),
  state: z.string(),
  currentVersion: z.number(),
  rotationDue: z.string().optional(),
  destruction: z.looseObject({ status: z.string(), deletionDate: z.string() }).optional(),
  versions: z
    .array(z.looseObject({ version: z.number(), state: z.string(), kmsKeyArn: z.string() }))
    .optional(),
});
export type KeyView = z.infer<typeof keyView>;

const requestView = z.looseObject({
  requestId: z.string(),
  keyId: z.string(),
  state: z.string(),
  digest: z.string(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});
export type RequestView = z.infer<typeof requestView>;

const accepted = z.looseObject({ request: requestView });

/** Sends an operation and expects it to be accepted. */
export async function ask(who: ApiClient, path: string, body: object): Promise<RequestView> {
  return accepted.parse(expectStatus(await who.post(path, body), 202)).request;
}

export async function readKey(who: ApiClient, keyId: string): Promise<KeyView> {
  return keyView.parse(expectStatus(await who.get(`/v1/keys/${keyId}`), 200));
}

export async function readRequest(who: ApiClient, requestId: string): Promise<RequestView> {
  return requestView.parse(expectStatus(await who.get(`/v1/requests/${requestId}`), 200));
}

/** Waits until a request is in a state; one that ends in another way is told with its error. */
export function requestIn(
  who: ApiClient,
  requestId: string,
  state: string,
  seconds = 60,
): Promise<RequestView> {
  return until(`request ${requestId} to be ${state}`, seconds, async () => {
    const request = await readRequest(who, requestId);
    if (request.state === state) return request;
    if (['succeeded', 'failed', 'denied', 'expired', 'cancelled'].includes(request.state)) {
      throw new Error(
        `REQUEST_ENDED: ${requestId} is ${request.state}, not ${state}. ${request.error?.code ?? ''} ${request.error?.message ?? ''}`,
      );
    }
    return undefined;
  });
}

/** Approves over the API, on the digest that the request shows. */
export async function approve(who: ApiClient, requestId: string, reason: string): Promise<void> {
  const { digest } = await requestIn(who, requestId, 'awaiting-approval');
  expectStatus(
    await who.post(`/v1/requests/${requestId}/decisions`, { verdict: 'approve', reason, digest }),
    200,
    201,
  );
}

export function expectStatus(answer: Answer, ...wanted: readonly number[]): unknown {
  if (!wanted.includes(answer.status)) {
    throw new Error(
      `UNEXPECTED_ANSWER: ${answer.status} instead of ${wanted.join(' or ')}: ${JSON.stringify(answer.body)}`,
    );
  }
  return answer.body;
}

/** Moves the clock that Lambdas and local KMS share. */
export async function moveClock({ addresses }: Story, duration: string): Promise<void> {
  const response = await fetch(addresses.clockUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ advance: duration }),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`CLOCK_STUCK: ${await response.text()}`);
}
