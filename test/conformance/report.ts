import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Conformance, isAsDeclared } from './conformance.ts';
import { GUIDE, STATES, type State } from './guide.ts';
import type { PlayedCell } from './play.ts';

const PAGE = join(import.meta.dirname, '../../docs/local-kms.md');
const MARKED = /<!-- played: conformance -->[\s\S]*?<!-- end -->/;

/** The page with its table, between `<!-- played: conformance -->` and `<!-- end -->`, made anew from what was played. */
export function conformancePage(conformance: Conformance): { readonly path: string; readonly text: string } {
  const table = markdownTable(stateTable(conformance.cells));
  const parts = ['<!-- played: conformance -->', LEGEND, table, summary(conformance), '<!-- end -->'];
  return { path: PAGE, text: readFileSync(PAGE, 'utf8').replace(MARKED, () => parts.join('\n\n')) };
}

/** The same for a terminal. */
export function plainReport(conformance: Conformance): string {
  const lines = aligned(stateTable(conformance.cells)).map((row) => row.join('  ').trimEnd());
  return [lines.join('\n'), LEGEND, summary(conformance)].join('\n\n');
}

const LEGEND =
  'ok: it works. D: DisabledException. S: KMSInvalidStateException. U: UnsupportedOperationException. More than one: it ' +
  'depends on the kind of key. !: not as the guide says. The last column is the row of the AWS KMS Developer Guide, with ' +
  'its footnotes for enabled, disabled, pending deletion, pending import, unavailable, creating and updating keys.';

/** Operation by state, beneath a row of headings. */
function stateTable(cells: readonly PlayedCell[]): string[][] {
  const operations = [...new Set(cells.map(({ operation }) => operation))].toSorted();
  const rows = operations.map((operation) => {
    const own = cells.filter((cell) => cell.operation === operation);
    const row = GUIDE.find((one) => one.operations.includes(operation));
    const verdicts = STATES.map((state) => verdict(own, state));
    return [operation].concat(verdicts, `${row?.name ?? ''}: ${row?.cells.join(' ') ?? ''}`);
  });
  return [['Operation', ...STATES, 'The guide'], ...rows];
}

/** What the keys of all kinds give in the state, the deviations marked. */
function verdict(cells: readonly PlayedCell[], state: State): string {
  const answers = cells
    .filter((cell) => cell.state === state)
    .flatMap(({ answer, deviation }) =>
      answer === undefined ? [] : [`${short(answer)}${deviation === undefined ? '' : '!'}`],
    );
  return [...new Set(answers)].toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)).join(' ');
}

const SHORT: Readonly<Record<string, string>> = {
  DisabledException: 'D',
  KMSInvalidStateException: 'S',
  UnsupportedOperationException: 'U',
};
const ORDER = ['ok', 'D', 'S', 'U'];

const short = (answer: NonNullable<PlayedCell['answer']>) =>
  answer === 'ok' ? answer : (SHORT[answer.code] ?? answer.code);

function summary({ cells, errors }: Conformance): string {
  const played = cells.filter(({ answer }) => answer !== undefined);
  const deviating = played.filter(({ deviation }) => deviation !== undefined);
  const provoked = errors.filter(({ answer }) => answer !== undefined);
  const wrong = errors.filter((error) => !isAsDeclared(error));
  const reasons = Map.groupBy(
    errors.filter(({ reason }) => reason !== undefined),
    ({ reason }) => reason ?? '',
  );
  const left = [...reasons].map(
    ([reason, all]) =>
      `- ${reason}: ${all.map(({ operation, error }) => `${operation} ${error}`).join(', ')}`,
  );
  return [
    `${played.length} cells of the guide were played, over the kinds of keys; ${deviating.length} are not as it says.`,
    `${provoked.length} of the ${errors.length} errors that operations declare were provoked; ${wrong.length} were not as declared. ` +
      'Not provoked, and why:',
    '',
    ...left,
  ].join('\n');
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = aligned(rows);
  return [head, head.map((heading) => '-'.repeat(heading.length)), ...body]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

/** Each column as wide as its widest cell. */
function aligned(rows: readonly (readonly string[])[]): string[][] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, index) => Math.max(widest[index] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)));
}
