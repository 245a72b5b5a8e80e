import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// `npm run local:kms`: runs the local KMS by itself. What Node has made of its modules is kept in the checkout, so that it
// starts in half the time from the second start on.
enableCompileCache(fileURLToPath(new URL('../../.local/compile-cache', import.meta.url)));
await import('./command.ts');
