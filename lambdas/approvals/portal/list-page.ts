import { html } from '../html.ts';
import { timeText } from '../request-facts.ts';
import type { Page } from './answer.ts';
import type { Visit } from './visit.ts';
import type { Waiting } from './waiting-requests.ts';

export function listPage(visit: Visit, { requests, complete }: Waiting): Page {
  const rows = requests.map(
    ({ request, key }) => html`<tr>
<th scope="row"><a href="${visit.link(`requests/${request.requestId}`)}">${request.parameters.operation} ${key.owner}/${key.name}</a></th>
<td>${request.requester.name}</td>
<td><time datetime="${request.expiresAt}">${timeText(request.expiresAt)}</time></td></tr>`,
  );
  const table = html`<div class="wide" tabindex="0" role="region" aria-label="Requests"><table>
<thead><tr><th scope="col">Request</th><th scope="col">Asked by</th><th scope="col">Ends</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
  return {
    status: 200,
    title: 'Requests that wait for you',
    content: html`${rows.length === 0 ? html`<p>No request was found that waits for your decision.</p>` : table}
${complete ? undefined : html`<p class="note">These are not all: more requests wait than one page looks through. Decide these, then load the page again.</p>`}`,
  };
}
