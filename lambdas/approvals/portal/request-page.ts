import { isBefore } from '../../domain/cryptoperiod.ts';
import { KeywardError } from '../../domain/errors.ts';
import { assertMayDecide } from '../../domain/quorum.ts';
import type { DecisionRecord, Evidence, RequestRecord } from '../../domain/request.ts';
import { type Html, html } from '../html.ts';
import { type Fact, factsOf, timeText } from '../request-facts.ts';
import { decisionFields, type Returned } from './decision-fields.ts';
import { layout } from './layout.ts';
import type { Session } from './session.ts';
import type { Subject } from './visible-request.ts';

/** What a person is asked, what others have said, and the form to decide with if the decision is theirs. */
export function requestPage({
  subject,
  session: { person, formToken },
  now,
  link,
  returned,
}: {
  readonly subject: Subject;
  readonly session: Session;
  readonly now: string;
  readonly link: (path: string) => string;
  readonly returned?: Returned;
}): Html {
  const { request, key, decisions } = subject;
  const { operation } = request.parameters;
  const { asked, evidence, rule } = factsOf(request, key);
  const obstacle = obstacleTo(subject, person, now);
  const title = `${operation[0]?.toUpperCase()}${operation.slice(1)} ${key.alias}`;
  const action = link(`requests/${request.requestId}/decision`);
  return layout({
    title: returned === undefined ? title : `To correct: ${title}`,
    who: person.name,
    content: html`<h1>${title}</h1>
${returned === undefined ? undefined : html`<p class="note fault" role="alert">Nothing is recorded yet. Correct what is marked below and send it again.</p>`}
<p class="note" role="status"><strong>${standing(subject, now)}</strong>${obstacle === undefined ? undefined : html`<br>${obstacle}`}</p>
${listed(asked)}
<h2>Evidence</h2>
${listed(evidence)}
${request.evidence?.kmsKeys.map(kmsKeyItem)}
<h2>Rule</h2>
${listed(rule)}
<p class="quiet">Whole digest <code>${request.digest}</code><br>Request <code>${request.requestId}</code><br>Key <code>${key.keyId}</code></p>
<h2>Decisions</h2>
${decisions.length === 0 ? html`<p>Nobody has decided yet.</p>` : html`<ul>${decisions.map(decisionItem)}</ul>`}
${
  obstacle === undefined
    ? html`<h2>Decide</h2>
${decisionFields({ request, key, formToken, action, returned })}`
    : undefined
}
<p><a href="${link('')}">Requests that wait for you</a></p>`,
  });
}

/** Why there is nothing here for this person to decide; undefined when there is. */
function obstacleTo(
  { request, decisions }: Subject,
  person: Session['person'],
  now: string,
): string | undefined {
  if (!isOpen(request, now)) return 'There is nothing left to decide.';
  try {
    assertMayDecide({ request, principal: person, decisions });
    return undefined;
  } catch (error) {
    if (error instanceof KeywardError) return error.message;
    throw error;
  }
}

function isOpen({ state, expiresAt }: RequestRecord, now: string): boolean {
  return state === 'awaiting-approval' && isBefore(now, expiresAt);
}

const stateTold: Readonly<Record<RequestRecord['state'], string>> = {
  accepted: 'This request is being prepared and cannot be decided yet.',
  'awaiting-approval': 'This request waits for approval',
  approved: 'This request is approved and about to be carried out.',
  executing: 'This request is approved and being carried out.',
  succeeded: 'This request was carried out.',
  failed: 'This request could not be carried out.',
  denied: 'This request was denied.',
  expired: 'This request was not decided in time.',
  cancelled: 'This request was cancelled.',
};

function standing({ request, decisions }: Subject, now: string): string {
  const { state, approval, expiresAt } = request;
  if (state !== 'awaiting-approval') return stateTold[state];
  if (!isOpen(request, now)) return `The time to decide was over ${timeText(expiresAt)}.`;
  const approvals = decisions.filter(({ verdict }) => verdict === 'approve').length;
  return `${stateTold[state]}: ${approvals} of ${approval.quorum} have approved.`;
}

function listed(facts: readonly Fact[]): Html {
  return html`<dl class="facts">${facts.map(({ label, value }) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>`;
}

function kmsKeyItem({ version, kmsKeyArn, keyState, aliases, grants }: Evidence['kmsKeys'][number]): Html {
  return html`<div class="item"><strong>Version ${version}</strong>, ${keyState}<br><code>${kmsKeyArn}</code>
<br>${aliases.length === 0 ? 'No aliases' : `Aliases: ${aliases.join(', ')}`}
${
  grants.length === 0
    ? html`<br>No grants`
    : html`<br>Grants:<ul>${grants.map(({ grantee, operations }) => html`<li><bdi>${grantee}</bdi>: ${operations.join(', ')}</li>`)}</ul>`
}</div>`;
}

function decisionItem({ person, verdict, reason, decidedAt, channel, mfa }: DecisionRecord): Html {
  return html`<li><strong><bdi>${person.name}</bdi></strong> (<bdi>${person.id}</bdi>) ${verdict === 'approve' ? 'approved' : 'denied'} on ${timeText(decidedAt)}, ${channel === 'page' ? 'on this page' : 'over the API'}, ${mfa ? 'with' : 'without'} a second factor:<br><bdi>${reason}</bdi></li>`;
}
