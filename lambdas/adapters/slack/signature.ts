import { createHmac, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { Unauthenticated } from '../../domain/errors.ts';

/** What Slack allows between signing and arrival; a request that was kept longer is refused. */
const SECONDS_VALID = 300;

/**
 * The raw body of a request, when Slack signed it: `v0=` and the HMAC-SHA256 of `v0:<timestamp>:<raw body>` under the
 * app's signing secret. Throws Unauthenticated, alike for whatever is wrong.
 */
export async function signedBody(
  event: Pick<APIGatewayProxyEvent, 'body' | 'isBase64Encoded' | 'headers'>,
  signingSecret: string,
  nowSeconds: number,
): Promise<string> {
  const headers = new Map(
    Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value ?? '']),
  );
  const timestamp = headers.get('x-slack-request-timestamp') ?? '';
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
  const expected = `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  const isCurrent = /^\d{1,12}$/.test(timestamp) && Math.abs(nowSeconds - Number(timestamp)) <= SECONDS_VALID;
  if (signingSecret === '' || !isCurrent || !isSame(headers.get('x-slack-signature') ?? '', expected)) {
    throw new Unauthenticated('This did not come from Slack, or took too long.');
  }
  return body;
}

function isSame(sent: string, expected: string): boolean {
  const [a, b] = [Buffer.from(sent), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
