import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lifecycleDiagram } from '../lambdas/domain/lifecycle.ts';
import { machineDiagram } from './diagrams.ts';

const root = join(import.meta.dirname, '..');

/** The page with its drawn parts, between `<!-- drawn: x -->` and `<!-- end -->`, made anew from what runs. */
export function architecturePage(): { readonly path: string; readonly text: string } {
  const path = join(root, 'docs', 'architecture.md');
  const text = readFileSync(path, 'utf8').replaceAll(
    /<!-- drawn: ([\w-]+) -->[\s\S]*?<!-- end -->/g,
    (_all, name: string) => `<!-- drawn: ${name} -->\n\n${drawn(name)}\n\n<!-- end -->`,
  );
  return { path, text };
}

function drawn(name: string): string {
  if (name === 'lifecycle') return fence(lifecycleDiagram());
  const { comment, mermaid } = machineDiagram(
    readFileSync(join(root, 'statemachines', `${name}.asl.json`), 'utf8'),
  );
  return `${comment}\n\n${fence(mermaid)}`;
}

function fence(mermaid: string): string {
  return `\`\`\`mermaid\n${mermaid.trimEnd()}\n\`\`\``;
}
