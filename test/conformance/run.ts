import { writeFileSync } from 'node:fs';
import { isAsDeclared, playConformance } from './conformance.ts';
import { conformancePage, plainReport } from './report.ts';

// `npm run conformance`: holds the local KMS to what AWS says of key states and errors, prints what came of it, and writes it
// into docs/local-kms.md. Ends with 1 when something is not as AWS says.
const conformance = await playConformance();
process.stdout.write(`${plainReport(conformance)}\n`);
const { path, text } = conformancePage(conformance);
writeFileSync(path, text);
const deviations = conformance.cells.flatMap(({ operation, kind, state, deviation }) =>
  deviation === undefined ? [] : [`${operation}, ${kind.family} key (${kind.form}), ${state}: ${deviation}`],
);
const wrong = conformance.errors
  .filter((error) => !isAsDeclared(error))
  .map(({ operation, error, answer }) => {
    const instead =
      answer === undefined || answer === 'ok' ? (answer ?? 'nothing') : `${answer.code}: ${answer.message}`;
    return `${operation} does not give ${error}Exception but ${instead}`;
  });
if (deviations.length + wrong.length > 0) {
  process.stderr.write(`\n${[...deviations, ...wrong].join('\n')}\n`);
  process.exitCode = 1;
}
