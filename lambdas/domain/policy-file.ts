import { LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { InvalidPolicyFile } from './errors.ts';

/** One thing wrong in a policy file. */
export interface PolicyFault {
  /** Where: `classes[0].rotation.every`; empty for the whole file. */
  readonly path: string;
  readonly line: number | undefined;
  readonly message: string;
}

/**
 * Reads one of the YAML files in `policies/`. Throws InvalidPolicyFile that lists every fault (`details.faults`), so
 * that whoever edits the file corrects it once.
 */
export function readPolicyFile<Schema extends z.ZodType>(
  file: string,
  yaml: string,
  schema: Schema,
): z.infer<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false, merge: true });
  if (document.errors.length > 0) {
    throw invalidPolicyFile(
      file,
      document.errors.map(({ message, pos }) => ({ path: '', line: lines.linePos(pos[0]).line, message })),
    );
  }
  const result = schema.safeParse(document.toJS(), {
    error: ({ input }) => (input === undefined ? 'is missing' : undefined),
  });
  if (result.success) return result.data;
  throw invalidPolicyFile(
    file,
    result.error.issues.map(({ path, message }) => ({ path: written(path), line: lineOf(path), message })),
  );

  function lineOf(path: readonly PropertyKey[]): number | undefined {
    // What is missing has no line of its own: the nearest thing around it has.
    for (let depth = path.length; depth > 0; depth -= 1) {
      const node = document.getIn(path.slice(0, depth), true);
      if (hasRange(node)) return lines.linePos(node.range[0]).line;
    }
    return undefined;
  }
}

function hasRange(node: unknown): node is { range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

function written(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** The error that lists what is wrong with a policy file. */
export function invalidPolicyFile(file: string, faults: readonly PolicyFault[]): InvalidPolicyFile {
  const list = faults.map(({ path, line, message }) => {
    const place = [line === undefined ? undefined : `line ${line}`, path].filter(Boolean).join(', ');
    return `\n  ${place === '' ? '' : `${place}: `}${message}`;
  });
  return new InvalidPolicyFile(
    `${file} has ${faults.length} fault(s); correct them and deploy again:${list.join('')}`,
    {
      file,
      faults,
    },
  );
}
