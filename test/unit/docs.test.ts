import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { architecturePage } from '../../docs/architecture-page.ts';

describe('docs/architecture.md', () => {
  it('shows the machines and states as they are: draw it anew with `npm run docs`', () => {
    const { path, text } = architecturePage();
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
