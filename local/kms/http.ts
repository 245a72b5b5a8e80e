import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { answerControl, type ControlRoutes } from './control-routes.ts';
import { ServiceError } from './errors.ts';
import type { AwsReply, AwsRequest } from './service.ts';

/** Longer than any request that AWS KMS takes. */
const LONGEST_BODY_BYTES = 1_048_576;

/** The AWS services on this port, by the first part of X-Amz-Target. */
export type AwsServices = Readonly<
  Record<string, (operation: string, request: AwsRequest) => AwsReply | Promise<AwsReply>>
>;

/**
 * Speaks the AWS JSON 1.1 protocol for the services, and plain JSON for the routes under `/_local/`.
 * `settled` resolves when no request is being answered.
 */
export function requestListener(
  services: AwsServices,
  routes: ControlRoutes,
): { listener: RequestListener; settled: () => Promise<void> } {
  const running = new Set<Promise<void>>();
  const listener: RequestListener = (request, response) => {
    const answering = answer(request, response, services, routes)
      .catch((error: unknown) => {
        console.error('Local KMS:', error);
        response.destroy();
      })
      .finally(() => running.delete(answering));
    running.add(answering);
  };
  return {
    listener,
    settled: async () => {
      await Promise.all(running);
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  services: AwsServices,
  routes: ControlRoutes,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const text = await readBody(request);
  if (url.pathname.startsWith('/_local/')) {
    const route = `${request.method} ${url.pathname}`;
    const reply = answerControl(routes, route, { query: url.searchParams, text });
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
    return;
  }
  const reply = await answerAws(request, services, text);
  if (reply.loseConnection === true) request.socket.destroy();
  else sendAws(response, reply);
}

async function answerAws(request: IncomingMessage, services: AwsServices, text: string): Promise<AwsReply> {
  const [name = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  if (service === undefined || request.method !== 'POST') {
    return {
      requestId: '',
      result: new ServiceError('UnknownOperationException', 'There is no such service or operation here.'),
    };
  }
  return await service(operation, {
    headers: request.headers,
    sourceIPAddress: request.socket.remoteAddress ?? '',
    body: () => parseBody(text),
  });
}

function sendAws(response: ServerResponse, { requestId, result }: AwsReply): void {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId };
  if (result instanceof ServiceError) {
    response
      .writeHead(result.status, headers)
      .end(JSON.stringify({ __type: result.code, message: result.message }));
  } else {
    response.writeHead(200, headers).end(result.output === undefined ? '' : JSON.stringify(result.output));
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > LONGEST_BODY_BYTES) throw new RangeError('The request is larger than 1 MB.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    throw new ServiceError('SerializationException', 'The request body is not JSON.');
  }
}
