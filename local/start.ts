import { parseArgs } from 'node:util';
import { DEVELOPMENT_PASSWORD, people } from './signin/people.ts';
import { account } from './stage/account.ts';
import { type LocalAws, startLocalAws } from './stage/local-aws.ts';
import { stopwatchLines } from './stage/progress.ts';
import { playTour } from './tour/tour.ts';

// `npm start`: brings the local AWS up and plays the tour. On a terminal it then stays up until Ctrl-C; elsewhere it
// ends with the tour's code. `npm start -- --no-tour` brings it up and leaves it so.
const { values: flags } = parseArgs({ options: { 'no-tour': { type: 'boolean', default: false } } });
const staysUp = process.stdout.isTTY || flags['no-tour'];

const interruption = new AbortController();
const interrupted = new Promise<never>((_, reject) => {
  interruption.signal.addEventListener('abort', () => reject(interruption.signal.reason));
});
interrupted.catch(() => {});

class Interrupted extends Error {
  readonly exitCode: number;
  constructor(signal: string, exitCode: number) {
    super(`INTERRUPTED: ended by ${signal}.`);
    this.exitCode = exitCode;
  }
}

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  // Once: a second Ctrl-C ends this process at once, and MiniStack with it.
  process.once(signal, () => interruption.abort(new Interrupted(signal, exitCode)));
}
process.once('uncaughtException', (error) => interruption.abort(error));

const progress = stopwatchLines(process.stdout);
let localAws: LocalAws | undefined;
try {
  localAws = await startLocalAws({ purpose: 'start', progress, signal: interruption.signal });
  if (!flags['no-tour']) {
    process.exitCode = await Promise.race([playTour(localAws, process.stdout), interrupted]);
  }
  if (staysUp) {
    process.stdout.write(whatIsWhere(localAws));
    await interrupted;
  }
} catch (error) {
  if (!(error instanceof Interrupted)) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } else if (localAws === undefined || !staysUp) {
    process.exitCode = error.exitCode;
  }
} finally {
  await localAws?.stop();
  progress('stopped, nothing is left running');
}

function whatIsWhere({ endpoint, kmsUrl, clockUrl, issuer, outputs }: LocalAws): string {
  const { credentials, region } = account;
  return `
  API for people     ${outputs.PeopleApiUrl}/v1
  API for machines   ${outputs.MachineApiUrl}/v1
  Approvals          ${outputs.PortalUrl}
  Sign-in            ${issuer}  (${people.map(({ name }) => name).join(', ')}; password ${DEVELOPMENT_PASSWORD})
  AWS                AWS_ENDPOINT_URL=${endpoint} AWS_ENDPOINT_URL_KMS=${kmsUrl}
                     AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey} AWS_REGION=${region}
  Sent mail          ${endpoint}/_ministack/ses/messages
  Clock              ${clockUrl}

Ctrl-C ends it.
`;
}
