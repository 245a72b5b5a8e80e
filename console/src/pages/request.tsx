import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { RequestDetail } from '../../../lambdas/approvals/portal/contract.ts';
import { api } from '../api.ts';
import { DecisionForm } from '../parts/decision-form.tsx';
import { Evidence } from '../parts/evidence.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { Waiting } from '../parts/shell.tsx';
import { timeLeft, timeText } from '../parts/time.ts';
import { Trouble } from '../parts/trouble.tsx';

/** All that somebody has to know to decide a request, and the form to decide it with. */
export function RequestPage({ requestId }: { readonly requestId: string }) {
  const backTo = `requests/${requestId}`;
  const detail = useQuery({ queryKey: ['request', requestId], queryFn: () => api.request(requestId) });
  if (detail.isPending) return <Waiting />;
  if (detail.isError) {
    return (
      <SpaceBetween size="l">
        <PageTitle>Request</PageTitle>
        <Trouble error={detail.error} backTo={backTo} />
      </SpaceBetween>
    );
  }
  const request = detail.data;
  return (
    <SpaceBetween size="l">
      <PageTitle description={request.alias}>{`${request.operation} ${request.key}`}</PageTitle>
      <Standing request={request} />
      <Container header={<Header variant="h2">What is asked</Header>}>
        <KeyValuePairs columns={2} items={[...request.asked]} />
      </Container>
      <Evidence evidence={request.evidence} />
      <Container header={<Header variant="h2">Who decides</Header>}>
        <SpaceBetween size="m">
          <KeyValuePairs columns={2} items={request.rule.filter(({ label }) => label !== 'Digest')} />
          <div>
            <Box variant="awsui-key-label">Digest: compare it with the one in the mail or in Slack</Box>
            <span className="digest">{request.shortDigest}</span>
            <ExpandableSection headerText="The whole digest">
              <CopyToClipboard
                variant="inline"
                textToCopy={request.digest}
                copyButtonAriaLabel="Copy the digest"
                copySuccessText="Copied"
                copyErrorText="Not copied"
              />
            </ExpandableSection>
          </div>
        </SpaceBetween>
      </Container>
      <Decisions request={request} />
      {request.may.decide ? <DecisionForm request={request} /> : undefined}
      {request.may.cancel ? <CancelForm requestId={requestId} /> : undefined}
      <ExpandableSection headerText="History" variant="container">
        <ol>
          {request.history.map(({ at, event, actor, text }) => (
            <li key={`${at} ${event} ${actor}`}>
              {timeText(at)}: <strong>{event}</strong>, {actor}
              {text === '' ? '' : `. ${text}`}
            </li>
          ))}
        </ol>
      </ExpandableSection>
    </SpaceBetween>
  );
}

function Standing({ request }: { readonly request: RequestDetail }) {
  const waits = request.state === 'awaiting-approval';
  return (
    <div role="status">
      <Alert
        type={waits ? 'info' : 'success'}
        header={waits ? 'Waits for its approval' : `It is ${request.state}`}
      >
        {waits
          ? `${request.approved} of ${request.quorum} have approved. It ends ${timeLeft(request.expiresAt)}, on ${timeText(request.expiresAt)}. `
          : ''}
        {request.may.decide ? '' : request.may.why}
      </Alert>
    </div>
  );
}

function Decisions({ request: { decisions } }: { readonly request: RequestDetail }) {
  return (
    <Container header={<Header variant="h2">Decisions</Header>}>
      {decisions.length === 0 ? <p>Nobody has decided yet.</p> : undefined}
      <SpaceBetween size="m">
        {decisions.map(({ person, verdict, reason, channel, mfa, passkey, behalf, decidedAt, counts }) => (
          <div key={`${person} ${decidedAt}`}>
            <StatusIndicator type={!counts ? 'stopped' : verdict === 'approve' ? 'success' : 'error'}>
              {person} {verdict === 'approve' ? 'approved' : 'denied'}
              {behalf === undefined ? '' : ` in the place of ${behalf}`}
              {counts ? '' : ', on an earlier digest: it no longer counts'}
            </StatusIndicator>
            <Box color="text-body-secondary">
              {timeText(decidedAt)}, {channel}, {mfa ? 'second factor' : 'no second factor'}
              {passkey ? ', signed with a passkey' : ''}
            </Box>
            <div>{reason}</div>
          </div>
        ))}
      </SpaceBetween>
    </Container>
  );
}

function CancelForm({ requestId }: { readonly requestId: string }) {
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => api.cancel(requestId),
    onSuccess: (request) => queries.setQueryData(['request', requestId], request),
  });
  return (
    <SpaceBetween size="s">
      {cancel.isError ? <Trouble error={cancel.error} backTo={`requests/${requestId}`} /> : undefined}
      <Button loading={cancel.isPending} onClick={() => cancel.mutate()}>
        Take the request back
      </Button>
    </SpaceBetween>
  );
}
