import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { ulid } from 'ulid';
import { createPasskeys } from '../../lambdas/adapters/passkeys.ts';
import { readPolicies } from '../../lambdas/adapters/policy-files.ts';
import { type Page, readPage } from '../../lambdas/approvals/portal/page.ts';
import { createPortal } from '../../lambdas/approvals/portal/portal.ts';
import { createSeal } from '../../lambdas/approvals/portal/seal.ts';
import { openSession } from '../../lambdas/approvals/portal/session.ts';
import { recordChange } from '../../lambdas/domain/change.ts';
import { emergencyOf } from '../../lambdas/domain/emergency.ts';
import { renewEvidence } from '../../lambdas/domain/execution.ts';
import { actorOf, type Principal } from '../../lambdas/domain/principal.ts';
import type { Evidence } from '../../lambdas/domain/request.ts';
import type { SlackAccount } from '../../lambdas/domain/slack-account.ts';
import { slackCodeEnd, slackCodeHash } from '../../lambdas/domain/slack-code.ts';
import { type WaitingOptions, waitingWorld } from '../unit/approvals/waiting-world.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
let built: Page | undefined;

/** The page as it is deployed, built once. */
function page(): Page {
  if (built === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-page-'));
    const vite = join(checkout, 'node_modules/vite/bin/vite.js');
    const { status, stderr } = spawnSync(
      process.execPath,
      [vite, 'build', 'console', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'],
      { cwd: checkout, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`The page does not build: ${stderr}`);
    built = readPage(folder);
  }
  return built;
}

/** The portal itself, with the page as it is built, over a registry in memory, where a browser can open it. */
export async function startPortal(options: WaitingOptions = {}) {
  const waiting = await waitingWorld(options);
  const { registry, request, time } = waiting;
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, 'localhost', () => {
      const address = server.address();
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
    });
  });
  const origin = `http://localhost:${port}`;
  const address = `${origin}/prod/portal`;
  const seal = createSeal(async () => 'a secret of the tests, long enough to be one');
  const nobody = () => Promise.reject(new Error('Nobody signs in at an issuer here.'));
  const portal = createPortal({
    ...waiting.deps,
    registry,
    directory: waiting.directory,
    passkeys: createPasskeys({ origin }),
    policies: readPolicies(join(checkout, 'policies')),
    newId: () => ulid(),
    stopKey: async (custodian, keyId, reason) => {
      const key = await registry.getKey(keyId);
      if (key === undefined) throw new Error('Such a key is not let through.');
      const requester = actorOf(custodian);
      await registry.commit(
        recordChange({
          now: time.now,
          actor: requester,
          key: {
            before: key,
            after: {
              ...key,
              state: 'suspended',
              emergency: emergencyOf({ ...request, requester }, time.now),
            },
          },
          entries: [{ event: 'emergency-revoked', details: { reason } }],
        }),
      );
      return { requestId: request.requestId, ratification: request.requestId };
    },
    signIn: { begin: nobody, complete: nobody },
    seal,
    address,
    page: page(),
  });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = await portal(
      eventOf(request, await buffer(request)),
    );
    for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, String(value));
    for (const [name, values] of Object.entries(multiValueHeaders ?? {})) {
      response.setHeader(name, values.map(String));
    }
    response.writeHead(statusCode).end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
  };
  server.on('request', (request, response) => void answer(request, response));

  /** The cookie of somebody who has just signed in, for a browser. */
  const session = async (who: Principal) => {
    const [pair = ''] = (await openSession(seal, who, address)).split(';');
    const at = pair.indexOf('=');
    const { hostname, pathname } = new URL(address);
    return { name: pair.slice(0, at), value: pair.slice(at + 1), domain: hostname, path: pathname };
  };
  /** Somebody's Slack account is linked, by a code typed in Slack. */
  const linkSlack = async (who: Principal, account: Pick<SlackAccount, 'teamName' | 'userName'>) => {
    const code = { codeHash: slackCodeHash(ulid()), person: actorOf(who), expiresAt: slackCodeEnd(time.now) };
    await registry.putSlackCode(code);
    const linked = { teamId: 'T012AB3C4', userId: 'U045DE6F7', person: actorOf(who), linkedAt: time.now };
    await registry.linkSlackAccount({ ...linked, ...account }, code);
  };
  /** The evidence is looked at again while the request waits, and shows something else. */
  const findOtherwise = async (found: Evidence): Promise<void> => {
    const key = await registry.getKey(request.keyId);
    const waits = await registry.getRequest(request.requestId);
    if (key === undefined || waits === undefined) throw new Error('The request is gone.');
    const actor = { kind: 'service', id: 'service:test', name: 'test' } as const;
    const change = renewEvidence({ now: time.now, actor, key, request: waits, evidence: found });
    if (change === undefined) throw new Error('The evidence is the same.');
    await registry.commit(change);
  };
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { ...waiting, address, origin, session, linkSlack, findOtherwise, close };
}

function eventOf(request: IncomingMessage, body: Buffer): APIGatewayProxyEvent {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const proxy = url.pathname.replace(/^\/prod\/portal\/?/, '');
  const event = {
    httpMethod: request.method ?? 'GET',
    path: url.pathname.replace(/^\/prod/, ''),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join('; ') : (value ?? ''),
      ]),
    ),
    multiValueHeaders: {},
    queryStringParameters: Object.fromEntries(url.searchParams),
    pathParameters: proxy === '' ? null : { proxy: decodeURIComponent(proxy) },
    body: body.length === 0 ? null : body.toString('utf8'),
    isBase64Encoded: false,
    requestContext: { requestId: 'visit-1', path: url.pathname, stage: 'prod' },
  };
  return event as unknown as APIGatewayProxyEvent;
}
