import Alert, { type AlertProps } from '@cloudscape-design/components/alert';
import type { RequestDetail } from '../../../lambdas/approvals/portal/contract.ts';
import { isOver, timeLeft, timeText } from './time.ts';

/** What becomes of what was asked, at a glance. */
const looks: Readonly<Record<RequestDetail['state'], AlertProps.Type>> = {
  accepted: 'info',
  'awaiting-approval': 'info',
  approved: 'info',
  executing: 'info',
  succeeded: 'success',
  failed: 'error',
  denied: 'error',
  expired: 'warning',
  cancelled: 'warning',
};

/** Where a request stands, and why this person has nothing to decide on it. */
export function Standing({ request }: { readonly request: RequestDetail }) {
  const { state, approved, quorum, expiresAt, may } = request;
  const over = isOver(expiresAt);
  const waits = state === 'awaiting-approval';
  return (
    <div role="status">
      <Alert
        type={waits && over ? looks.expired : looks[state]}
        header={waits ? 'Waits for its approval' : `It is ${state}`}
      >
        {waits
          ? `${approved} of ${quorum} have approved. It ${over ? 'ended' : 'ends'} ${timeLeft(expiresAt)}, on ${timeText(expiresAt)}. `
          : ''}
        {may.decide ? '' : may.why}
      </Alert>
    </div>
  );
}
