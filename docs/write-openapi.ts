import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../lambdas/api/openapi.ts';

// `npm run docs`: writes the description of the API anew, from the contracts that the API reads requests by.
const path = join(import.meta.dirname, 'openapi.json');
writeFileSync(path, `${JSON.stringify(openApiDocument(), null, 2)}\n`);
