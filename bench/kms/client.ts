import { Agent, request } from 'node:http';

/** Posts calls of AWS KMS over connections that are kept; the signature is nobody's, and neither server looks at it. */
export class KmsCalls {
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(url: string, inFlight: number) {
    this.#url = new URL(url);
    this.#agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  }

  /** The body of the answer. Rejects when the call fails. */
  call(operation: string, body: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: AUTHORIZATION,
        'content-type': 'application/x-amz-json-1.1',
        'content-length': body.length,
        'x-amz-target': `TrentService.${operation}`,
        'x-amz-date': '20261128T000000Z',
      };
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const answer = Buffer.concat(chunks);
          if (response.statusCode === 200) resolve(answer);
          else
            reject(new Error(`${operation} was answered with ${response.statusCode}: ${answer.toString()}`));
        });
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=test/20261128/us-east-1/kms/aws4_request, ' +
  `SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`;
