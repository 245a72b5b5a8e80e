import { createServer } from 'node:net';

/** A TCP port of 127.0.0.1 that was free a moment ago. Another process may take it before the caller does: be ready to ask again. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('PORT_UNKNOWN: the system gave no TCP port; see whether 127.0.0.1 is up.'));
        return;
      }
      server.close(() => resolve(address.port));
    });
  });
}
