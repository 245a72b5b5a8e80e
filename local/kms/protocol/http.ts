import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { ServiceError, serialization } from '../errors.ts';
import type { AwsReply, AwsRequest } from '../service.ts';
import { answerControl, type ControlRoutes } from './control-routes.ts';

/** Longer than any request that AWS KMS takes. */
const LONGEST_BODY_BYTES = 1_048_576;

/** What some clients have in X-Amz-Target before the name of the service. */
const NAMESPACE = /^com\.amazonaws\.\w+\.v\d+\./;

/** The AWS services on this port, by the first part of X-Amz-Target after its namespace. */
export type AwsServices = Readonly<
  Record<string, (operation: string, request: AwsRequest) => AwsReply | Promise<AwsReply>>
>;

/** Answers a form of the AWS Query protocol. */
export type AnswerForm = (
  form: URLSearchParams,
  request: Pick<AwsRequest, 'headers' | 'sourceIPAddress'>,
) => { readonly requestId: string; readonly status: number; readonly xml: string };

/**
 * Speaks the AWS JSON 1.1 protocol for the services, the AWS Query protocol for forms, and plain JSON for the routes under `/_local/`.
 * `settled` resolves when no request is being answered.
 */
export function requestListener(
  services: AwsServices,
  routes: ControlRoutes,
  answerForm: AnswerForm,
): { listener: RequestListener; settled: () => Promise<void> } {
  const running = new Set<Promise<void>>();
  const listener: RequestListener = (request, response) => {
    const answering = answer(request, response, services, routes, answerForm)
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
  answerForm: AnswerForm,
): Promise<void> {
  const url = urlOf(request);
  const body = await readBody(request);
  if (url?.pathname.startsWith('/_local/') === true) {
    const route = `${request.method} ${url.pathname}`;
    const text = body?.toString() ?? '';
    const reply = await answerControl(routes, route, { query: url.searchParams, text });
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
    return;
  }
  if (isForm(request)) {
    sendXml(response, answerForm(new URLSearchParams(body?.toString()), originOf(request)));
    return;
  }
  const reply = await answerAws(request, services, body);
  if (reply.loseConnection === true) request.socket.destroy();
  else sendAws(response, reply);
}

/** Undefined when the request line has none, such as `//`. */
function urlOf({ url }: IncomingMessage): URL | undefined {
  return URL.parse(url ?? '/', 'http://localhost') ?? undefined;
}

async function answerAws(
  request: IncomingMessage,
  services: AwsServices,
  body: Buffer | undefined,
): Promise<AwsReply> {
  const [name = '', ...operation] = String(request.headers['x-amz-target'] ?? '')
    .replace(NAMESPACE, '')
    .split('.');
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  if (service === undefined || request.method !== 'POST') {
    return refusal('UnknownOperationException', 'There is no such service or operation here.');
  }
  if (body === undefined) return refusal('RequestEntityTooLargeException', '', 413);
  return await service(operation.join('.'), {
    ...originOf(request),
    body: () => parseBody(body),
  });
}

const isForm = ({ headers }: IncomingMessage) =>
  headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;

const originOf = ({ headers, socket }: IncomingMessage) => ({
  headers,
  sourceIPAddress: socket.remoteAddress ?? '',
});

function sendXml(response: ServerResponse, { requestId, status, xml }: ReturnType<AnswerForm>): void {
  response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }).end(xml);
}

function refusal(code: string, message: string, status = 400): AwsReply {
  return { requestId: randomUUID(), result: new ServiceError(code, message, status) };
}

function sendAws(response: ServerResponse, { requestId, result }: AwsReply): void {
  const [status, body] =
    result instanceof ServiceError ? [result.status, errorBody(result)] : [200, result.output];
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(text),
    'x-amzn-requestid': requestId,
  };
  response.writeHead(status, headers).end(text);
}

/** The framework under AWS KMS, which refuses what it cannot read, writes `Message`; AWS KMS writes `message`. */
function errorBody({ code, message }: ServiceError): object {
  if (message === '') return { __type: code };
  return code === 'SerializationException' ? { __type: code, Message: message } : { __type: code, message };
}

/** Undefined when it is too long; it is read to its end all the same, since some clients listen only then. */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= LONGEST_BODY_BYTES) chunks.push(chunk);
    });
    request.once('end', () => resolve(length <= LONGEST_BODY_BYTES ? Buffer.concat(chunks) : undefined));
    request.once('error', reject);
  });
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw serialization();
  }
}
