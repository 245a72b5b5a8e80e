import { connect, type Socket } from 'node:net';

/**
 * Posts calls of AWS KMS over connections that are kept; the signature is nobody's, and neither server looks at it. It writes
 * its requests whole and reads no more of an answer than where it ends: what a client of Node's own costs would be most of
 * what is measured.
 */
export class KmsCalls {
  readonly #host: string;
  readonly #connections: readonly Connection[];
  readonly #free: Connection[];

  /** So many calls can be under way at once. */
  constructor(url: string, inFlight: number) {
    const { hostname, port, host } = new URL(url);
    this.#host = host;
    this.#connections = Array.from(
      { length: inFlight },
      () => new Connection({ host: hostname, port: Number(port) }),
    );
    this.#free = [...this.#connections];
  }

  /** A call that can be made again and again; each time it resolves to the body of the answer, and rejects when it fails. */
  prepared(operation: string, input: object): () => Promise<Buffer> {
    const body = JSON.stringify(input);
    const message = Buffer.from(
      [
        'POST / HTTP/1.1',
        `host: ${this.#host}`,
        `authorization: ${AUTHORIZATION}`,
        'content-type: application/x-amz-json-1.1',
        `content-length: ${Buffer.byteLength(body)}`,
        `x-amz-target: TrentService.${operation}`,
        'x-amz-date: 20261128T000000Z',
        '',
        body,
      ].join('\r\n'),
    );
    return async () => {
      const connection = this.#free.pop();
      if (connection === undefined) throw new Error('More calls are under way than there are connections.');
      try {
        return await connection.exchange(message);
      } finally {
        this.#free.push(connection);
      }
    };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=test/20261128/us-east-1/kms/aws4_request, ' +
  `SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`;

interface Address {
  readonly host: string;
  readonly port: number;
}

const HEAD_END = '\r\n\r\n';
const CONTENT_LENGTH = /\r\ncontent-length: *(?<length>\d+)/i;

interface Waiting {
  readonly message: Buffer;
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** One exchange at a time. A server may end a connection between two of them, and MiniStack does after a thousand. */
class Connection {
  readonly #address: Address;
  #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: Waiting | undefined;

  constructor(address: Address) {
    this.#address = address;
    this.#socket = this.#connect();
  }

  exchange(message: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { message, resolve, reject };
      this.#socket.write(message);
    });
  }

  close(): void {
    this.#socket.removeAllListeners('close').destroy();
  }

  #connect(): Socket {
    const socket = connect({ ...this.#address, noDelay: true });
    socket.on('data', (chunk) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      this.#read();
    });
    socket.once('error', (error) => this.#fail(error));
    socket.once('close', () => {
      this.#socket = this.#connect();
      // It was written to a connection that the server had ended already.
      if (this.#waiting !== undefined) this.#socket.write(this.#waiting.message);
    });
    return socket;
  }

  #read(): void {
    const end = this.#received.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = CONTENT_LENGTH.exec(head)?.groups?.length;
    if (length === undefined) return this.#fail(new Error(`An answer does not say how long it is: ${head}`));
    const bodyAt = end + HEAD_END.length;
    if (this.#received.length < bodyAt + Number(length)) return;
    const body = this.#received.subarray(bodyAt, bodyAt + Number(length));
    this.#received = Buffer.alloc(0);
    if (!head.startsWith('HTTP/1.1 200')) {
      return this.#fail(new Error(`${head.slice(0, 12)}: ${body.toString()}`));
    }
    this.#waiting?.resolve(body);
    this.#waiting = undefined;
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
