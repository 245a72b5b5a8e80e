import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { type KeywardOutputs, outputNames } from '../../lib/outputs.ts';
import { createDelivery, type Delivery } from '../cloudtrail/delivery.ts';
import type { CloudTrailRecord } from '../cloudtrail/record.ts';
import { IDENTITY_STORE_ID, startLocalDirectory } from '../directory/server.ts';
import { type LocalKms, startLocalKms } from '../kms/server.ts';
import { startMiniStack } from '../ministack/ministack.ts';
import { type SignIn, startSignIn } from '../signin/sign-in.ts';
import { startLocalSlack, TEAM_ID } from '../slack/server.ts';
import { account, clientConfig } from './account.ts';
import { createApprovalKey } from './approval-key.ts';
import { deploy } from './deployment.ts';
import { functionPrincipals, registerPrincipals } from './function-principals.ts';
import { MAIL_SENDER, verifySender } from './mail.ts';
import { openRunFolder, type Purpose, removeLeftovers } from './run-folder.ts';
import { keepSlackSecrets } from './slack-secrets.ts';

/** Where things are. Plain data, so that it can be handed to another process. */
export type LocalAwsAddresses = {
  /** The local AWS: pass `clientConfig(endpoint)` to an SDK client. */
  readonly endpoint: string;
  /** The local KMS: pass it as the endpoint of a KMS or tagging client. */
  readonly kmsUrl: string;
  /** `GET` reads the clock that Lambdas and local KMS share, `POST {advance: 'P30D'}` moves it. */
  readonly clockUrl: string;
  /** The OpenID Connect issuer: `signInAs(issuer, 'alice')` gives tokens. */
  readonly issuer: string;
  /** The identity store: `POST /_local/members {person, groups}` moves somebody between groups. */
  readonly directoryUrl: string;
  /** The workspace of Slack: see `LocalSlack`. */
  readonly slackUrl: string;
  /** The stack's outputs. */
  readonly outputs: KeywardOutputs;
};

export type LocalAws = LocalAwsAddresses & {
  readonly signIn: SignIn;
  /** Ends all of it and removes the run's folder. Again is harmless. */
  stop(): Promise<void>;
};

export type LocalAwsOptions = {
  readonly purpose: Purpose;
  /** Gets a line for each thing that is done, and while something takes long. */
  readonly progress: (line: string) => void;
  /** Aborting ends a start that is under way. */
  readonly signal?: AbortSignal;
  /** The folder of the CDK app to deploy: this checkout by default. */
  readonly appFolder?: string;
};

const Outputs = z.record(z.enum(outputNames), z.string());

/**
 * Starts the local AWS and deploys the stack to it: MiniStack (or what AWS_ENDPOINT_URL names), the local KMS, the
 * sign-in, `cdk bootstrap` and `cdk deploy`; then tells the local KMS which role is behind which function, sends
 * its CloudTrail records on, and verifies the mail sender. What was started is ended when a later step fails.
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const { purpose, progress, signal = new AbortController().signal } = options;
  for (const line of await removeLeftovers()) progress(`left by an earlier run: ${line}`);
  await using started = new AsyncDisposableStack();

  const run = openRunFolder(purpose);
  const abandon = (): void => run.abandon();
  process.once('exit', abandon);
  started.defer(() => void process.off('exit', abandon));
  started.defer(() => run.remove());
  const signIn = started.adopt(await startSignIn(), (it) => it.close());
  run.recordPort('sign-in', signIn.issuer);

  const directory = started.adopt(await startLocalDirectory(signIn.issuer), (it) => it.close());
  run.recordPort('directory', directory.url);

  const slack = started.adopt(await startLocalSlack(), (it) => it.close());
  run.recordPort('slack', slack.url);

  let deliver = (_record: CloudTrailRecord): void => {};
  const onRecord = (record: CloudTrailRecord): void => deliver(record);
  const kms = started.adopt(await startLocalKms({ onRecord }), (it) => it.close());
  run.recordPort('kms', kms.url);
  const clockUrl = `${kms.url}/_local/clock`;

  const endpoint = process.env.AWS_ENDPOINT_URL ?? (await ownMiniStack());
  const outputs = await deploy({
    endpoint,
    run,
    signal,
    progress,
    ...(options.appFolder !== undefined && { appFolder: options.appFolder }),
    context: {
      stage: 'local',
      issuer: signIn.issuer,
      audience: signIn.audience,
      mailFrom: MAIL_SENDER,
      localKmsUrl: kms.url,
      localClockUrl: clockUrl,
      identityStoreId: IDENTITY_STORE_ID,
      localDirectoryUrl: directory.url,
      localApprovalKeyArn: await createApprovalKey(kms.url),
      // Browsers take no address in numbers for the site of a passkey.
      apiBaseUrl: endpoint.replace('//127.0.0.1:', '//localhost:'),
      slackTeamId: TEAM_ID,
      slackSecretArn: await keepSlackSecrets(endpoint, slack.secrets),
      localSlackUrl: slack.apiUrl,
    },
  }).then((all) => Outputs.parse(Object.fromEntries(outputNames.map((name) => [name, all[name]]))));

  await registerPrincipals(kms.url, await functionPrincipals(endpoint));
  const delivery = started.adopt(deliveryTo(endpoint, outputs.TrailBucketName, kms), (it) => it.close());
  deliver = (record) => delivery.deliver(record);
  await verifySender(endpoint);
  signIn.allowRedirect(outputs.PortalUrl);
  slack.listenAt(`${outputs.PeopleApiUrl}/slack/interactions`);
  signal.throwIfAborted();

  const owned = started.move();
  return {
    endpoint,
    kmsUrl: kms.url,
    clockUrl,
    issuer: signIn.issuer,
    directoryUrl: directory.url,
    slackUrl: slack.url,
    outputs,
    signIn,
    stop: () => owned.disposeAsync(),
  };

  async function ownMiniStack(): Promise<string> {
    const ministack = await startMiniStack({ folder: run.path, kmsUrl: kms.url, progress });
    started.defer(async () => {
      await ministack.stop();
      run.forgetChild(ministack.pid);
    });
    run.recordChild(ministack.pid, 'MiniStack');
    run.recordPort('ministack', ministack.url);
    progress(`MiniStack answers at ${ministack.url}`);
    return ministack.url;
  }
}

/** Sends CloudTrail's records where a trail and EventBridge would: to the default bus and the trail's bucket. */
function deliveryTo(
  endpoint: string,
  bucket: string,
  { clock, deliveryConditions: conditions }: LocalKms,
): Delivery {
  const config = clientConfig(endpoint);
  return createDelivery({
    account: { accountId: account.id, region: account.region },
    clock,
    conditions,
    events: { client: new EventBridgeClient(config), busName: 'default' },
    trail: { client: new S3Client({ ...config, forcePathStyle: true }), bucket },
  });
}
