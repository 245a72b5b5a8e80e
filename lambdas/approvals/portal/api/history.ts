import * as z from 'zod';
import type { LedgerEntry, LedgerEvent } from '../../../domain/ledger.ts';
import { plain } from '../../plain.ts';
import { timeText } from '../../request-facts.ts';
import type { RequestDetail } from '../contract.ts';

/** The entries of a key's ledger that tell of one request, oldest first, in words. */
export function historyOf(ledger: readonly LedgerEntry[], requestId: string): RequestDetail['history'] {
  return ledger
    .filter((entry) => entry.requestId === requestId)
    .map(({ at, event, actor, details }) => ({
      at,
      event,
      actor: plain(actor.name),
      text: plain(textOf(event, detailsRead.parse(details))),
    }));
}

/** What of an entry's details is told; whatever else there is stays in the ledger. */
const text = z.string().optional().catch(undefined);
const detailsRead = z.object({
  reason: text,
  verdict: text,
  channel: text,
  mfa: z.boolean().optional().catch(undefined),
  passkey: text,
  behalf: text,
  gaps: z.array(z.string()).optional().catch(undefined),
  groups: z.array(z.string()).optional().catch(undefined),
  operation: text,
  code: text,
  version: z.number().optional().catch(undefined),
  versions: z.array(z.object({ version: z.number() }).transform(({ version }) => version)).catch([]),
  deletionDate: text,
});
type Details = z.output<typeof detailsRead>;

function textOf(event: LedgerEvent, details: Details): string {
  const { reason, gaps, groups, operation, code, version, versions, deletionDate } = details;
  const versionText = version === undefined ? '' : `Version ${version}`;
  switch (event) {
    case 'requested':
    case 'suspended':
    case 'compromised':
    case 'emergency-revoked':
      return reason ?? '';
    case 'evidence-collected':
      return `${gapsText(gaps)}.`;
    case 'evidence-changed':
      return `The digest is another, and earlier decisions no longer count. ${gapsText(gaps)}.`;
    case 'approval-asked':
      return groups === undefined ? '' : `Asked: ${groups.join(', ')}.`;
    case 'decided':
      return decisionText(details);
    case 'execution-started':
    case 'execution-resumed':
      return operation ?? '';
    case 'version-created':
    case 'version-probed':
    case 'version-discarded':
    case 'version-named':
    case 'version-retired':
    case 'activated':
    case 'rotated':
      return versionText;
    case 'versions-lost':
      return `KMS knows ${versions.length === 1 ? 'version' : 'versions'} ${versions.join(', ')} no more`;
    case 'undo-started':
    case 'failed':
      return code ?? '';
    case 'destruction-scheduled':
      return deletionDate === undefined ? '' : `Deleted on ${timeText(deletionDate)}.`;
    case 'approved':
    case 'denied':
    case 'expired':
    case 'cancelled':
    case 'rotation-asked':
    case 'reinstated':
    case 'ratified':
    case 'ratification-rejected':
    case 'alert-repeated':
    case 'destruction-cancelled':
    case 'destruction-interrupted':
    case 'destroyed':
    case 'abandoned':
      return '';
  }
}

function decisionText({ verdict, channel, mfa, passkey, behalf, reason }: Details): string {
  const how = [
    channels[channel ?? ''] ?? 'over the API',
    mfa === true ? 'with a second factor' : 'without a second factor',
    ...(passkey === undefined ? [] : ['signed with a passkey']),
    ...(behalf === undefined ? [] : [`in the place of ${behalf}`]),
  ];
  return `${verdict === 'deny' ? 'Denied' : 'Approved'} ${how.join(', ')}: ${reason ?? ''}`;
}

const channels: Readonly<Record<string, string>> = { page: 'on the page', slack: 'in Slack' };

function gapsText(gaps: readonly string[] | undefined): string {
  if (gaps === undefined || gaps.length === 0) return 'Nothing is said to be unknown';
  return `${gaps.length === 1 ? 'One thing' : `${gaps.length} things`} could not be looked at`;
}
