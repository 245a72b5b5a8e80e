import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { localKms } from './local-kms.ts';

/** The endpoints in the tables of a README: `METHOD /path`, also of a cell that names several methods of one path. */
function documented(readme: string): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../../../local', readme), 'utf8');
  const cells = [...text.matchAll(/^\| ((?:`[A-Z]+`, )*)`([A-Z]+) (\/_local\/[^`?]+)/gm)];
  return cells.flatMap(([, others = '', method = '', path = '']) =>
    [...(others.match(/[A-Z]+/g) ?? []), method].map((each) => `${each} ${path}`),
  );
}

test('the READMEs tell of every endpoint that there is, and of no other', async () => {
  const kms = await localKms();
  const response = await fetch(`${kms.url}/_local/none`);
  const { message } = z.object({ message: z.string() }).parse(await response.json());
  const known = /There are: (?<routes>.*)\.$/.exec(message)?.groups?.routes;
  expect([...documented('kms/README.md'), ...documented('cloudhsm/README.md')].toSorted()).toEqual(
    known?.split(', ').toSorted(),
  );
});
