import * as z from 'zod';
import type { KeyRecord } from '../../domain/key.ts';
import { oneLine } from '../../domain/one-line.ts';
import { decisionRecord, type RequestRecord } from '../../domain/request.ts';

export const LONGEST_REASON = 1024;

/** The names of the form's fields, as its page writes them and its post brings them. */
export const fieldNames = {
  formToken: 'form-token',
  digest: 'digest',
  verdict: 'verdict',
  reason: 'reason',
  alias: 'alias',
} as const;

/** What somebody has typed, right or wrong: shown again to be corrected. */
export interface Typed {
  readonly verdict: string;
  readonly reason: string;
  readonly alias: string;
}

export interface FormFault {
  readonly field: 'verdict' | 'reason' | 'alias';
  readonly message: string;
}

export interface DecisionForm {
  readonly verdict: 'approve' | 'deny';
  readonly reason: string;
}

const reason = oneLine(LONGEST_REASON).regex(/\S/);

export function typedIn(fields: ReadonlyMap<string, string>): Typed {
  return {
    verdict: fields.get(fieldNames.verdict) ?? '',
    // The field has room for several lines; a decision keeps its reason as one.
    reason: (fields.get(fieldNames.reason) ?? '').replaceAll(/[\r\n\t]+/g, ' ').trim(),
    alias: (fields.get(fieldNames.alias) ?? '').trim(),
  };
}

/** Whether a decision on this request wants the key's alias typed: what is destroyed does not come back. */
export function wantsAlias({ parameters }: Pick<RequestRecord, 'parameters'>): boolean {
  return parameters.operation === 'destroy';
}

/** The decision in what was typed, or everything that is wrong with it. */
export function checkedForm(
  typed: Typed,
  request: Pick<RequestRecord, 'parameters'>,
  { alias }: Pick<KeyRecord, 'alias'>,
): { readonly form: DecisionForm } | { readonly faults: readonly FormFault[] } {
  const verdict = decisionRecord.shape.verdict.safeParse(typed.verdict);
  const faults: FormFault[] = [];
  if (!verdict.success) faults.push({ field: 'verdict', message: 'Choose: approve or deny.' });
  if (!reason.safeParse(typed.reason).success) {
    faults.push({
      field: 'reason',
      message: `Say why, in at most ${LONGEST_REASON} characters, without invisible ones.`,
    });
  }
  if (verdict.data === 'approve' && wantsAlias(request) && typed.alias !== alias) {
    faults.push({ field: 'alias', message: `To approve, type the alias exactly: ${alias}` });
  }
  return verdict.success && faults.length === 0
    ? { form: { verdict: verdict.data, reason: typed.reason } }
    : { faults };
}

export const digestIn = (fields: ReadonlyMap<string, string>): string =>
  z.string().max(128).catch('').parse(fields.get(fieldNames.digest));
