import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import TextContent from '@cloudscape-design/components/text-content';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Decided, RequestDetail } from '../../../lambdas/approvals/portal/contract.ts';
import { api } from '../api.ts';
import { DecisionForm } from '../parts/decision-form.tsx';
import { Evidence } from '../parts/evidence.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { Recorded } from '../parts/recorded.tsx';
import { Waiting } from '../parts/shell.tsx';
import { Standing } from '../parts/standing.tsx';
import { timeText } from '../parts/time.ts';
import { Trouble } from '../parts/trouble.tsx';
import { focusTitle } from '../router.ts';

/** All that somebody has to know to decide a request, and the form to decide it with. */
export function RequestPage({ requestId }: { readonly requestId: string }) {
  const backTo = `requests/${requestId}`;
  const detail = useQuery({ queryKey: ['request', requestId], queryFn: () => api.request(requestId) });
  const [decided, setDecided] = useState<Decided>();
  const trouble = detail.isError ? <Trouble error={detail.error} backTo={backTo} /> : undefined;
  // What is shown already stays while it cannot be asked for anew: somebody may be typing.
  const request = detail.data;
  if (request === undefined) {
    return (
      <SpaceBetween size="l">
        <PageTitle>Request</PageTitle>
        {trouble ?? <Waiting />}
      </SpaceBetween>
    );
  }
  return (
    <SpaceBetween size="l">
      <PageTitle description={request.alias}>{`${request.operation} ${request.key}`}</PageTitle>
      {trouble}
      {decided === undefined ? undefined : <Recorded decided={decided} />}
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
      {request.may.decide ? <DecisionForm request={request} onDecided={setDecided} /> : undefined}
      {request.may.cancel ? <CancelForm requestId={requestId} /> : undefined}
      <ExpandableSection headerText="History" variant="container">
        <TextContent>
          <ol>
            {request.history.map(({ at, event, actor, text }) => (
              <li key={`${at} ${event} ${actor}`}>
                {timeText(at)}: <strong>{event}</strong>, {actor}
                {text === '' ? '' : `. ${text}`}
              </li>
            ))}
          </ol>
        </TextContent>
      </ExpandableSection>
    </SpaceBetween>
  );
}

function Decisions({ request: { decisions } }: { readonly request: RequestDetail }) {
  return (
    <Container header={<Header variant="h2">Decisions</Header>}>
      {decisions.length === 0 ? <Box variant="p">Nobody has decided yet.</Box> : undefined}
      <SpaceBetween size="m">
        {decisions.map(({ person, verdict, reason, channel, mfa, passkey, behalf, decidedAt, counts }) => (
          <div key={`${person} ${decidedAt}`}>
            <StatusIndicator type={!counts ? 'stopped' : verdict === 'approve' ? 'success' : 'error'}>
              <bdi>{person}</bdi> {verdict === 'approve' ? 'approved' : 'denied'}
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
    onSuccess: (request) => {
      // The button goes, and what has become of the request stands below the title.
      focusTitle();
      queries.setQueryData(['request', requestId], request);
    },
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
