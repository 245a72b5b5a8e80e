import { isBefore } from '../../domain/cryptoperiod.ts';
import { AlreadyDecided, KeywardError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/principal.ts';
import { assertMayDecide } from '../../domain/quorum.ts';
import type { DecisionRecord, Evidence } from '../../domain/request.ts';
import { type Html, html } from '../html.ts';
import { type Fact, factsOf, timeText } from '../request-facts.ts';
import type { Page } from './answer.ts';
import { type FormFault, fieldNames, LONGEST_REASON, type Typed, wantsAlias } from './decision-form.ts';
import type { Session } from './session.ts';
import type { Subject } from './visible-request.ts';
import type { Visit } from './visit.ts';

/** A form that was sent and could not be taken, to be corrected. */
export interface Incomplete {
  readonly typed: Typed;
  readonly faults: readonly FormFault[];
}

/** All that there is to know before deciding; the form only for somebody who may decide now. */
export function requestPage(
  visit: Visit,
  session: Session,
  subject: Subject,
  now: string,
  incomplete?: Incomplete,
): Page {
  const { request, key, decisions } = subject;
  const { asked, evidence, rule } = factsOf(request, key);
  const approvals = decisions.filter(({ verdict }) => verdict === 'approve').length;
  return {
    status: incomplete === undefined ? 200 : 422,
    title: `${request.parameters.operation} ${key.owner}/${key.name}`,
    content: html`${noticeFor(session.person, subject, now) ?? ''}
<section aria-labelledby="asked"><h2 id="asked">What is asked</h2>${list(asked)}</section>
<section aria-labelledby="evidence"><h2 id="evidence">Evidence</h2>
${list(evidence)}${request.evidence && kmsKeysTable(request.evidence)}</section>
<section aria-labelledby="rule"><h2 id="rule">Who decides</h2>
${list([...rule, { label: 'Whole digest', value: request.digest }, { label: 'State', value: request.state }])}</section>
<section aria-labelledby="decisions"><h2 id="decisions">Decisions so far: ${approvals} of ${request.approval.quorum} approvals</h2>
${decisions.length === 0 ? html`<p>Nobody has decided yet.</p>` : decisionsTable(decisions)}</section>
${isOpenTo(session.person, subject, now) ? decisionForm(visit, session, subject, incomplete) : undefined}`,
  };
}

/** Why there is no form, or what the person has decided; nothing for somebody who is to decide. */
function noticeFor(person: Principal, subject: Subject, now: string): Html | undefined {
  const { request, decisions } = subject;
  const own = decisions.find((decision) => decision.person.id === person.id);
  if (own !== undefined) {
    return html`<p class="note" role="status">Your decision is recorded: <strong>${own.verdict}</strong>, at ${time(own.decidedAt)}, by ${channelName(own.channel)}. It stands and cannot be changed.</p>`;
  }
  const refusal = refusalOf(person, subject);
  if (refusal !== undefined) return html`<p class="note" role="status">${refusal.message}</p>`;
  if (request.state === 'accepted') {
    return html`<p class="note" role="status">The request is still being prepared. Load this page again in a moment.</p>`;
  }
  if (!awaits(subject, now)) {
    return html`<p class="note" role="status">This request is ${request.state === 'awaiting-approval' ? 'past its time' : request.state}: there is nothing left to decide.</p>`;
  }
  return undefined;
}

function isOpenTo(person: Principal, subject: Subject, now: string): boolean {
  return awaits(subject, now) && refusalOf(person, subject) === undefined;
}

function awaits({ request }: Subject, now: string): boolean {
  return request.state === 'awaiting-approval' && isBefore(now, request.expiresAt);
}

function refusalOf(principal: Principal, { request, decisions }: Subject): KeywardError | undefined {
  try {
    assertMayDecide({ request, principal, decisions });
    return undefined;
  } catch (error) {
    if (error instanceof KeywardError) return error;
    throw error;
  }
}

function decisionForm(
  visit: Visit,
  session: Session,
  { request, key }: Subject,
  incomplete?: Incomplete,
): Html {
  const { typed, faults = [] } = incomplete ?? {};
  const faultAt = (field: FormFault['field']) => faults.find((fault) => fault.field === field);
  const described = (field: FormFault['field'], ...ids: string[]) => {
    const all = faultAt(field) === undefined ? ids : [...ids, `${field}-fault`];
    return all.length === 0 ? undefined : html` aria-describedby="${all.join(' ')}"`;
  };
  const invalid = (field: FormFault['field']) => faultAt(field) && html` aria-invalid="true"`;
  const told = (field: FormFault['field']) => {
    const fault = faultAt(field);
    return fault && html`<p class="error" id="${field}-fault">${fault.message}</p>`;
  };
  const choice = (verdict: 'approve' | 'deny', label: string) =>
    html`<label><input type="radio" name="${fieldNames.verdict}" value="${verdict}" id="verdict-${verdict}" required${
      typed?.verdict === verdict ? html` checked` : undefined
    }${invalid('verdict')}${described('verdict')}>${label}</label>`;
  return html`<form method="post" action="${visit.link(`requests/${request.requestId}/decision`)}" aria-labelledby="decide">
<h2 id="decide">Your decision</h2>
${faults.length > 0 ? faultSummary(faults) : undefined}
<input type="hidden" name="${fieldNames.formToken}" value="${session.formToken}">
<input type="hidden" name="${fieldNames.digest}" value="${request.digest}">
<fieldset><legend>Approve or deny</legend>
${choice('approve', `Approve: ${request.parameters.operation} ${key.alias}`)}
${choice('deny', 'Deny: one no ends the request')}
${told('verdict')}</fieldset>
<label for="reason">Reason, kept in the ledger</label>
<textarea id="reason" name="${fieldNames.reason}" rows="3" maxlength="${LONGEST_REASON}" required${invalid('reason')}${described('reason')}>${typed?.reason}</textarea>
${told('reason')}
${
  wantsAlias(request)
    ? html`<label for="alias">To approve a destruction, type the key’s alias</label>
<p id="alias-hint">As it stands above: ${key.alias}</p>
<input type="text" id="alias" name="${fieldNames.alias}" value="${typed?.alias}" autocomplete="off" autocapitalize="none" spellcheck="false"${invalid('alias')}${described('alias', 'alias-hint')}>
${told('alias')}`
    : undefined
}
<p><button type="submit">Record my decision</button></p>
</form>`;
}

function faultSummary(faults: readonly FormFault[]): Html {
  const target = { verdict: 'verdict-approve', reason: 'reason', alias: 'alias' } as const;
  return html`<div class="fault" role="alert"><p>Nothing was recorded yet:</p>
<ul>${faults.map(({ field, message }) => html`<li><a href="#${target[field]}">${message}</a></li>`)}</ul></div>`;
}

function list(facts: readonly Fact[]): Html {
  return html`<dl>${facts.map(({ label, value }) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>`;
}

function kmsKeysTable({ kmsKeys }: Evidence): Html | undefined {
  if (kmsKeys.length === 0) return undefined;
  const granted = (grants: Evidence['kmsKeys'][number]['grants']): Html | string =>
    grants.length === 0
      ? 'none seen'
      : html`<ul>${grants.map(({ grantee, operations }) => html`<li>${grantee}: ${operations.join(', ')}</li>`)}</ul>`;
  return html`<div class="wide" tabindex="0" role="region" aria-label="KMS keys"><table>
<thead><tr><th scope="col">Version</th><th scope="col">KMS key</th><th scope="col">State</th><th scope="col">Aliases</th><th scope="col">Grants</th></tr></thead>
<tbody>${kmsKeys.map(
    ({ version, kmsKeyArn, keyState, aliases, grants }) =>
      html`<tr><th scope="row">${version}</th><td>${kmsKeyArn}</td><td>${keyState}</td><td>${aliases.join(', ') || 'none seen'}</td><td>${granted(grants)}</td></tr>`,
  )}</tbody></table></div>`;
}

function decisionsTable(decisions: readonly DecisionRecord[]): Html {
  return html`<div class="wide" tabindex="0" role="region" aria-label="Decisions"><table>
<thead><tr><th scope="col">Who</th><th scope="col">Decision</th><th scope="col">Reason</th><th scope="col">When and how</th></tr></thead>
<tbody>${decisions.map(
    ({ person, verdict, reason, decidedAt, channel, mfa }) =>
      html`<tr><th scope="row">${person.name} (${person.id})</th><td>${verdict}</td><td>${reason}</td><td>${time(decidedAt)}, by ${channelName(channel)}, ${mfa ? 'with a second factor' : 'without a second factor'}</td></tr>`,
  )}</tbody></table></div>`;
}

function channelName(channel: DecisionRecord['channel']): string {
  return channel === 'page' ? 'this page' : 'the API';
}

function time(timestamp: string): Html {
  return html`<time datetime="${timestamp}">${timeText(timestamp)}</time>`;
}
