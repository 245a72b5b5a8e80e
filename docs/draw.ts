import { writeFileSync } from 'node:fs';
import { architecturePage } from './architecture-page.ts';

// `npm run docs`: draws the diagrams of docs/architecture.md anew.
const { path, text } = architecturePage();
writeFileSync(path, text);
