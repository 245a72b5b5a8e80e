import { shortDigest } from '../../domain/digest.ts';
import { type Html, html } from '../html.ts';
import { timeText } from '../request-facts.ts';
import { layout } from './layout.ts';
import type { Waiting } from './waiting-requests.ts';

/** The requests that wait for a person. */
export function listPage({ requests, complete }: Waiting, who: string, link: (path: string) => string): Html {
  return layout({
    title: 'Requests that wait for you',
    who,
    content: html`<h1>Requests that wait for you</h1>
${requests.length === 0 ? html`<p>None, right now.</p>` : undefined}
${requests.map(
  ({
    request,
    key,
  }) => html`<section class="item"><a href="${link(`requests/${request.requestId}`)}">${request.parameters.operation} ${key.alias}</a>
<span class="quiet"><code>${shortDigest(request.digest)}</code></span>
<br><bdi>${request.requester.name}</bdi>: <bdi>${request.reason}</bdi>
<br><span class="quiet">Ends ${timeText(request.expiresAt)}</span></section>`,
)}
${complete ? undefined : html`<p>There may be more. They are listed once you have decided these; the link of a mail works before that.</p>`}`,
  });
}
