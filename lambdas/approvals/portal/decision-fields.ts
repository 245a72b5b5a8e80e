import type { KeyRecord } from '../../domain/key.ts';
import type { RequestRecord } from '../../domain/request.ts';
import { type Html, html } from '../html.ts';
import { type FormFault, fieldNames, LONGEST_REASON, type Typed, wantsAlias } from './decision-form.ts';

/** A form that was sent and has to be corrected. */
export interface Returned {
  readonly typed: Typed;
  readonly faults: readonly FormFault[];
}

/** The form to decide with. What is wrong is said at its field, and the first such field has the focus. */
export function decisionFields(form: {
  readonly request: RequestRecord;
  readonly key: KeyRecord;
  readonly formToken: string;
  /** Where it is sent. */
  readonly action: string;
  readonly returned: Returned | undefined;
}): Html {
  const { request, key, formToken, action, returned } = form;
  const faults = returned?.faults ?? [];
  const messageOf = (field: FormFault['field']) => faults.find((fault) => fault.field === field)?.message;
  const marks = (field: FormFault['field']): Html | undefined =>
    messageOf(field) === undefined
      ? undefined
      : html` aria-invalid="true" aria-describedby="${field}-fault"${faults[0]?.field === field ? html` autofocus` : undefined}`;
  const fault = (field: FormFault['field']): Html | undefined => {
    const message = messageOf(field);
    return message === undefined ? undefined : html`<p class="fault" id="${field}-fault">${message}</p>`;
  };
  const choice = (verdict: string, label: string, marked?: Html): Html =>
    html`<label class="choice"><input type="radio" name="${fieldNames.verdict}" value="${verdict}" required${returned?.typed.verdict === verdict ? html` checked` : undefined}${marked}> ${label}</label>`;

  return html`<form method="post" action="${action}">
<input type="hidden" name="${fieldNames.formToken}" value="${formToken}">
<input type="hidden" name="${fieldNames.digest}" value="${request.digest}">
<fieldset><legend>Your decision</legend>
${choice('approve', 'Approve', marks('verdict'))}
${choice('deny', 'Deny: one no ends the request')}
${fault('verdict')}</fieldset>
<p><label class="label" for="reason">Your reason</label>
<textarea id="reason" name="${fieldNames.reason}" maxlength="${LONGEST_REASON}" required${marks('reason')}>${returned?.typed.reason}</textarea></p>
${fault('reason')}
${wantsAlias(request) ? html`${aliasField(key, returned?.typed.alias, marks('alias'))}${fault('alias')}` : undefined}
<p><button type="submit">Record my decision</button></p>
</form>`;
}

/** Not `required`: a no needs no alias. */
function aliasField({ alias }: KeyRecord, typed: string | undefined, marks: Html | undefined): Html {
  return html`<p><label class="label" for="alias">To approve, type the alias of the key: <code>${alias}</code></label>
<input type="text" id="alias" name="${fieldNames.alias}" value="${typed}" autocomplete="off" autocapitalize="none" spellcheck="false"${marks}></p>`;
}
