import type { Decided, RequestDetail } from '../../../lambdas/approvals/portal/contract.ts';
import { Outcome } from './outcome.tsx';
import { timeText } from './time.ts';

/** What has become of a decision that was just sent: it is recorded, or an earlier one of the same person stands. */
export function Recorded({
  done,
  decisions,
}: {
  readonly done: Decided['done'];
  readonly decisions: RequestDetail['decisions'];
}) {
  const own = decisions.findLast(({ mine }) => mine);
  const what = own === undefined ? '' : decisionText(own);
  return done === 'recorded' ? (
    <Outcome header="Your decision is recorded">{what}</Outcome>
  ) : (
    <Outcome type="warning" header="You had decided already, and that decision stands">
      What you have just sent changed nothing. {what}
    </Outcome>
  );
}

const channels: Readonly<Record<string, string>> = { page: 'on the page', slack: 'in Slack' };

function decisionText({ verdict, channel, decidedAt, reason }: RequestDetail['decisions'][number]): string {
  const did = verdict === 'approve' ? 'approved' : 'denied';
  return `You ${did} it ${channels[channel] ?? 'over the API'}, on ${timeText(decidedAt)}: ${reason}`;
}
